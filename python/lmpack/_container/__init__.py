"""Containers: header, blocks and index <-> bytes. Knows no model; docs/format.md is its spec.

Writing: :class:`ContainerWriter`. Reading forward, from a pipe too: :func:`read_blocks`
of a :class:`ByteReader`. Reading a container that comes in pieces: :class:`FedReader`.
Finding blocks in a seekable file: :func:`read_indexes`, then :func:`read_block`; in a damaged one
:func:`salvage.find_remnants`, which few programs need to load.
"""

from lmpack._container._fed import FedReader
from lmpack._container._forward import read_blocks
from lmpack._container._header import (
    FINGERPRINT_SIZE,
    MAGIC,
    VERSION,
    Fingerprints,
    Header,
    Names,
)
from lmpack._container._index import BlockEntry, ContainerIndex
from lmpack._container._records import (
    MAXIMUM_LANES_LOG2,
    MAXIMUM_PLAIN_LENGTH,
    Block,
    BlockKind,
    header_of_only,
)
from lmpack._container._seek import read_block, read_indexes
from lmpack._container._source import ByteReader, Source, encode_varint
from lmpack._container._waiting import follows_io_rules, is_blocking, wait_to_write
from lmpack._container._writer import ContainerWriter, Sink

__all__ = [
    "FINGERPRINT_SIZE",
    "MAGIC",
    "MAXIMUM_LANES_LOG2",
    "MAXIMUM_PLAIN_LENGTH",
    "VERSION",
    "Block",
    "BlockEntry",
    "BlockKind",
    "ByteReader",
    "ContainerIndex",
    "ContainerWriter",
    "FedReader",
    "Fingerprints",
    "Header",
    "Names",
    "Sink",
    "Source",
    "encode_varint",
    "follows_io_rules",
    "header_of_only",
    "is_blocking",
    "read_block",
    "read_blocks",
    "read_indexes",
    "wait_to_write",
]

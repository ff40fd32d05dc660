"""Fuzz target: any bytes as a file of containers.

Input: a byte that says whether checksums are put right, then the file. Without that, no mutation
would get past the first checksum.
"""

from __future__ import annotations

import io
import zlib

from containers import ShortReads, fed_blocks

from lmpack._blocks.codec import decode_block
from lmpack._container import (
    Block,
    ByteReader,
    ContainerWriter,
    Header,
    read_block,
    read_blocks,
    read_indexes,
)
from lmpack._container._header import LONGEST_HEADER, header_size
from lmpack._files.description import describe
from lmpack.errors import DamagedError, FormatError, ModelError

NAME = "container"

LONGEST_DECODED = 64
"""Plain bytes of the longest block that is decoded: enough to be one, few enough to be fast."""

_CHECKSUM = 4
"""Bytes of one."""

Blocks = list[tuple[Header, Block]]


def run(data: bytes) -> None:
    """All ways to read agree, writing gives the same bytes, blocks decode or are refused."""
    file = with_checksums(data[1:]) if data[:1] == b"\x01" else data[1:]
    forward = read_forward(file)
    assert read_by_index(file) == forward, "both ways to read must find the same blocks"
    assert read_fed(file) == forward, "pieces must give the same blocks"
    assert describes(file) == (forward is not None), "describe() must refuse the same files"
    if forward is None:
        return
    padded = rewritten(file, forward).ljust(len(file), b"\0")
    assert padded == file, "blocks must determine their container"
    for _, block in forward:
        decode(block)


def with_checksums(file: bytes) -> bytes:
    """The file with right checksums of its first header and its last index."""
    if len(file) < LONGEST_HEADER:
        return file
    checked = file[: header_size(file) - _CHECKSUM]
    header = checked + _checksum(checked)
    rest = file[len(header) : -_CHECKSUM]
    size = len(rest) - rest[-1] - 1 if rest else 0
    return header + rest + _checksum(rest[max(0, size) :])


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_CHECKSUM, "little")


def read_forward(file: bytes) -> Blocks | None:
    """The blocks as a pipe gives them; None if the file is refused."""
    try:
        return list(read_blocks(ByteReader(ShortReads(file))))
    except FormatError:
        return None


def read_fed(file: bytes) -> Blocks | None:
    """The blocks from pieces that are brought; None if the file is refused."""
    try:
        return list(fed_blocks(file, 5))
    except FormatError:
        return None


def read_by_index(file: bytes) -> Blocks | None:
    """The blocks as the index finds them; None if the file is refused."""
    source = io.BytesIO(file)
    try:
        return [
            (index.header, read_block(source, entry))
            for index in read_indexes(source)
            for entry in index.blocks
        ]
    except FormatError:
        return None


def describes(file: bytes) -> bool:
    try:
        containers = describe(io.BytesIO(file))
    except FormatError:
        return False
    padding = file[sum(container.compressed_length for container in containers) :]
    assert not padding.strip(b"\0")
    return True


def rewritten(file: bytes, blocks: Blocks) -> bytes:
    """The containers of a file, written anew from their blocks."""
    sink = io.BytesIO()
    remaining = iter(blocks)
    for index in read_indexes(io.BytesIO(file)):
        writer = ContainerWriter(sink, index.header)
        for _ in index.blocks:
            writer.write(next(remaining)[1])
        writer.finish()
    return sink.getvalue()


def decode(block: Block) -> None:
    """A block that needs no model gives its bytes or is damaged; one that needs one says so."""
    if block.plain_length > LONGEST_DECODED:
        return
    try:
        plain = decode_block(None, block)
    except (DamagedError, ModelError):
        return
    assert len(plain) == block.plain_length
    assert zlib.crc32(plain) == block.checksum

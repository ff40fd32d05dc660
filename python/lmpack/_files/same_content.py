"""Whether a container holds exactly what is in a file, without decoding it."""

from __future__ import annotations

import os
import stat
import zlib
from typing import BinaryIO

from lmpack._container import read_block, read_indexes
from lmpack._files.disk.system import WITHOUT_WAITING
from lmpack._files.remote.source import Place, remote_source
from lmpack.errors import FormatError


def is_compressed_form(container: Place, plain: Place, max_memory: int | None = None) -> bool:
    """Whether a file is whole containers whose blocks have the checksums of another file's content.

    The payloads are not decoded: what a disk has done to them since they were written is not seen.
    Pipes and devices are no such files.

    Args:
        container: the containers.
        plain: the content.
        max_memory: bytes that their indexes may need in memory; None for any number.

    Raises:
        UsageError: one that was met in a folder was replaced.
        LimitError: the indexes need more memory.
        OSError: one of them cannot be read.
    """
    with container.open(WITHOUT_WAITING) as packed, plain.open(WITHOUT_WAITING) as content:
        if not (_is_regular(packed) and _is_regular(content)):
            return False
        try:
            return _is_compressed_form(packed, content, max_memory)
        except FormatError:
            return False


def names_another_prefix(
    container: Place, digest: bytes | None, max_memory: int | None = None
) -> bool:
    """Whether a file has a container that needs another prefix than the one with this digest.

    Raises:
        UsageError: one that was met in a folder was replaced.
        LimitError: the indexes need more memory than `max_memory`, if that is a number.
        OSError: it cannot be read.
    """
    with container.open(WITHOUT_WAITING) as packed:
        if not _is_regular(packed):
            return False
        try:
            names = {index.header.prefix for index in read_indexes(packed, max_memory)}
        except FormatError:
            return False
    return not names <= {None, digest}


def _is_regular(file: BinaryIO) -> bool:
    return remote_source(file) is not None or stat.S_ISREG(os.fstat(file.fileno()).st_mode)


def _is_compressed_form(packed: BinaryIO, content: BinaryIO, max_memory: int | None) -> bool:
    for index in read_indexes(packed, max_memory):
        for entry in index.blocks:
            plain = content.read(entry.plain_length)
            if len(plain) != entry.plain_length:
                return False
            if read_block(packed, entry).checksum != zlib.crc32(plain):
                return False
    return not content.read(1)

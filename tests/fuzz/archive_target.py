"""Fuzz target: any bytes as a tar archive.

Input: a byte of flags, then the archive, which lies in a `.lmp` file as it is.
"""

from __future__ import annotations

import atexit
import io
import itertools
import os
import shutil
import tempfile
from pathlib import Path

from containers import container, raw_block

from lmpack import Options
from lmpack._files.archive.extraction import Extraction
from lmpack._files.archive.listener import Listener
from lmpack._files.archive.reading import open_archive
from lmpack._files.archive.selection import Selection
from lmpack.errors import FormatError, LimitError

NAME = "archive"

SIGNED, ENDED = 1, 2
"""Flags: the checksums of headers are put right; two blocks of zeros come at the end."""

LARGEST = 1 << 16
"""Bytes that the unpacked files may have: those of sparse ones cost nothing in the archive."""

_BLOCK = 512
_CHECKSUM = slice(148, 156)
_MAGIC = slice(257, 262)

_home = Path(tempfile.mkdtemp(prefix="lmpack-fuzz-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)
_numbers = itertools.count()
_SILENCE = Listener(*(lambda name, said: None for _ in range(4)))

Members = list[tuple[str, bytes, int]]


def run(data: bytes) -> None:
    """Both ways to read agree; what is unpacked lies below its folder, and leads nowhere else."""
    tar = archive(data)
    file = container([raw_block(tar)] if tar else [])
    assert members(file, whole=True) == members(file, whole=False), "both ways must agree"
    top = _home / str(next(_numbers))
    top.mkdir()
    try:
        for whole in (True, False):
            unpack(file, top / "unpacked", whole)
        assert os.listdir(top) in (["unpacked"], [])
        for path in top.rglob("*"):
            assert Path(os.path.realpath(path)).is_relative_to(os.path.realpath(top / "unpacked"))
    finally:
        shutil.rmtree(top)


def archive(data: bytes) -> bytes:
    """The archive that an input stands for."""
    flags, tar = data[0] if data else 0, bytearray(data[1:])
    if flags & SIGNED:
        for start in range(0, len(tar) - _BLOCK + 1, _BLOCK):
            block = tar[start : start + _BLOCK]
            if block[_MAGIC] == b"ustar":
                block[_CHECKSUM] = b" " * 8
                block[_CHECKSUM] = b"%06o\0 " % sum(block)
                tar[start : start + _BLOCK] = block
    return bytes(tar) + bytes(2 * _BLOCK if flags & ENDED else 0)


def members(file: bytes, *, whole: bool) -> Members | None:
    """What is in the archive; None if it is refused."""
    options = Options(max_size=LARGEST)
    try:
        with open_archive(io.BytesIO(file), options, whole=whole) as opened:
            return [(one.name, one.type, one.size) for one in opened.members()]
    except FormatError:
        return None


def unpack(file: bytes, folder: Path, whole: bool) -> None:
    """Unpack all that can be; a second time over what is there."""
    options = Options(max_size=LARGEST)
    try:
        with open_archive(io.BytesIO(file), options, whole=whole) as opened:
            Extraction(opened, folder, force=True, max_size=LARGEST, listener=_SILENCE).run(
                Selection(())
            )
    except (FormatError, LimitError):
        pass

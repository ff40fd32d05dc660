"""General compressors that need no model, with the settings that they are measured with."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Mapping, Sequence

from lmpack._extras import import_extra
from lmpack.evaluation.protocol import Compressor

PPMD_SETTINGS: Mapping[str, int] = {"max_order": 16, "mem_size": 256 << 20}
"""Arguments of pyppmd: the order, and bytes of memory."""


class Classical:
    """A compressor without a model, made of two functions.

    Args:
        name: as in tables.
        compress: bytes to bytes.
        decompress: the way back.
    """

    parameters = 0
    model_bytes = 0
    fingerprint = ""

    def __init__(
        self, name: str, compress: Callable[[bytes], bytes], decompress: Callable[[bytes], bytes]
    ) -> None:
        self.name = name
        self._compress = compress
        self._decompress = decompress

    @property
    def header_bytes(self) -> int:
        """The length of one compressed zero, as in the paper's code."""
        return len(self._compress(b"\0"))

    def compress(self, data: bytes) -> bytes:
        """See :class:`Compressor`."""
        return self._compress(data)

    def decompress(self, packed: bytes) -> bytes:
        """See :class:`Compressor`."""
        return self._decompress(packed)

    def compress_chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """See :class:`Compressor`."""
        return [self._compress(chunk) for chunk in chunks]

    def decompress_chunks(self, packed: Sequence[bytes], lengths: Sequence[int]) -> list[bytes]:
        """See :class:`Compressor`."""
        return [self._decompress(part) for part in packed]


def _gzip() -> Compressor:
    return Classical("gzip", lambda data: gzip.compress(data, 9, mtime=0), gzip.decompress)


def _lzma2() -> Compressor:
    return Classical("LZMA2", lzma.compress, lzma.decompress)


def _bzip2() -> Compressor:
    return Classical("bzip2", bz2.compress, bz2.decompress)


def _zstd() -> Compressor:
    zstandard = import_extra("zstandard", "zstandard")
    return Classical("zstd", zstandard.ZstdCompressor(19).compress, zstandard.decompress)


def _brotli() -> Compressor:
    brotli = import_extra("brotli", "brotli")
    return Classical("brotli", brotli.compress, brotli.decompress)


def _ppmd() -> Compressor:
    pyppmd = import_extra("pyppmd", "pyppmd")
    return Classical(
        "PPMd",
        lambda data: bytes(pyppmd.compress(data, **PPMD_SETTINGS)),
        lambda packed: bytes(pyppmd.decompress(packed, **PPMD_SETTINGS)),
    )


FACTORIES: Mapping[str, Callable[[], Compressor]] = {
    "gzip": _gzip,
    "lzma2": _lzma2,
    "bzip2": _bzip2,
    "zstd": _zstd,
    "brotli": _brotli,
    "ppmd": _ppmd,
}
"""By the names of :func:`lmpack.evaluation.compressors.find_compressor`."""

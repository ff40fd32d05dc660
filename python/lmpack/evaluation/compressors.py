"""Compressors behind one protocol, by name; those that others register, too.

Whoever has another one gives it the methods of :class:`Compressor` and calls :func:`register`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from lmpack._extras import needed
from lmpack.errors import UsageError


class Compressor(Protocol):
    """What is measured. All of it is lossless: what does not come back is an error.

    Attributes:
        name: as in tables.
        parameters: how many numbers a model has that the receiver must have; 0 for none.
        model_bytes: bytes of the files that the receiver must have; 0 for none.
        fingerprint: tells compressors of one name apart, in hexadecimal: that of the model; empty
            for none.
        header_bytes: bytes at the start of each compressed chunk that say nothing about its
            content. They are counted once for all chunks, as the paper does.
    """

    name: str
    parameters: int
    model_bytes: int
    fingerprint: str

    @property
    def header_bytes(self) -> int:
        """See above."""

    def compress(self, data: bytes) -> bytes:
        """The compressed form of at least one byte."""

    def decompress(self, packed: bytes) -> bytes:
        """Inverse of :meth:`compress`."""

    def compress_chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """The compressed forms of chunks, each coded without the others.

        They have the same length, but for the last one, which may be shorter. Chunks may share a
        part of the result.
        """

    def decompress_chunks(self, packed: Sequence[bytes], lengths: Sequence[int]) -> list[bytes]:
        """Inverse of :meth:`compress_chunks`, given the lengths of the chunks."""


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


def _png() -> Compressor:
    image = needed("PIL.Image", "pillow")

    def compress(data: bytes) -> bytes:
        buffer = io.BytesIO()
        size = closest_factors(len(data))
        # Not `optimize`, as the paper's code: Pillow then tries the filter "average", too, by a
        # measure that misleads it on text.
        image.frombytes("L", size, data).save(buffer, format="PNG", compress_level=9)
        return buffer.getvalue()

    def decompress(packed: bytes) -> bytes:
        pixels: bytes = image.open(io.BytesIO(packed)).tobytes()
        return pixels

    return Classical("PNG", compress, decompress)


def closest_factors(number: int) -> tuple[int, int]:
    """The two factors whose product is `number` and that are closest, the smaller one first.

    They are width and height of the grey image that the paper's code makes of bytes.
    """
    smaller = math.isqrt(number)
    while number % smaller:
        smaller -= 1
    return smaller, number // smaller


def _flac() -> Compressor:
    numpy = needed("numpy", "numpy")
    zero = 128

    def compress(data: bytes) -> bytes:
        samples = numpy.frombuffer(data, numpy.uint8).astype(numpy.int16) - zero
        # soundfile takes the upper 8 of 16 bits for a file of 8-bit samples.
        return _write_flac(samples << 8, "PCM_S8")

    def decompress(packed: bytes) -> bytes:
        plain: bytes = ((_read_flac(packed) >> 8) + zero).astype(numpy.uint8).tobytes()
        return plain

    return Classical("FLAC", compress, decompress)


def _flac16() -> Compressor:
    numpy = needed("numpy", "numpy")

    def compress(data: bytes) -> bytes:
        # The first byte of an odd number is no part of a sample: it stands in front.
        odd = len(data) % 2
        samples = numpy.frombuffer(data[odd:], "<i2").astype(numpy.int16)
        # There is no FLAC file without samples.
        return bytes([odd]) + data[:odd] + (_write_flac(samples, "PCM_16") if len(samples) else b"")

    def decompress(packed: bytes) -> bytes:
        start = 1 + packed[0]
        if start == len(packed):
            return packed[1:]
        samples: bytes = _read_flac(packed[start:]).astype("<i2").tobytes()
        return packed[1:start] + samples

    return Classical("FLAC 16", compress, decompress)


def _write_flac(samples: Any, subtype: str) -> bytes:
    buffer = io.BytesIO()
    options = {"format": "FLAC", "subtype": subtype, "compression_level": 1.0}
    needed("soundfile", "soundfile").write(buffer, samples, 16_000, **options)
    return buffer.getvalue()


def _read_flac(packed: bytes) -> Any:
    """The samples, int16 [n]."""
    samples, _ = needed("soundfile", "soundfile").read(io.BytesIO(packed), dtype="int16")
    return samples


def _zstd() -> Compressor:
    zstandard = needed("zstandard", "zstandard")
    return Classical("zstd", zstandard.ZstdCompressor(19).compress, zstandard.decompress)


def _brotli() -> Compressor:
    brotli = needed("brotli", "brotli")
    return Classical("brotli", brotli.compress, brotli.decompress)


def _ppmd() -> Compressor:
    pyppmd = needed("pyppmd", "pyppmd")
    settings = {"max_order": 16, "mem_size": 256 << 20}
    return Classical(
        "PPMd",
        lambda data: bytes(pyppmd.compress(data, **settings)),
        lambda packed: bytes(pyppmd.decompress(packed, **settings)),
    )


_factories: dict[str, Callable[[], Compressor]] = {
    "gzip": _gzip,
    "lzma2": _lzma2,
    "png": _png,
    "flac": _flac,
    "flac16": _flac16,
    "bzip2": _bzip2,
    "zstd": _zstd,
    "brotli": _brotli,
    "ppmd": _ppmd,
}


def register(name: str, factory: Callable[[], Compressor]) -> None:
    """Make a compressor known under a name, in place of an earlier one of that name."""
    _factories[name] = factory


def compressor_names() -> list[str]:
    """The names that :func:`find_compressor` knows; models come on top of these."""
    return list(_factories)


def find_compressor(name: str) -> Compressor:
    """The compressor of a name.

    Args:
        name: one of :func:`compressor_names`; "model:NAME" or "model:FOLDER" for a Transformer
            alone, as in the paper, over bytes or tokens; "level:1" to "level:9" for what
            `lmpack compress` does.

    Raises:
        UsageError: there is none of that name.
        EvaluationError: it needs a package that is not installed.
        ModelError: the model cannot be used.
    """
    from lmpack._models.bundle import load_bundle
    from lmpack.evaluation.model_compressors import Adaptive, Transformer
    from lmpack.evaluation.token_compressor import TokenTransformer

    kind, _, rest = name.partition(":")
    if kind == "model" and rest:
        return Transformer(rest) if load_bundle(rest).tokenizer is None else TokenTransformer(rest)
    if kind == "level" and rest.isdecimal() and rest.isascii():
        return Adaptive(int(rest))
    if name not in _factories:
        known = ", ".join([*_factories, "model:NAME", "level:N"])
        raise UsageError(f"there is no compressor {name!r}: choose from {known}")
    return _factories[name]()

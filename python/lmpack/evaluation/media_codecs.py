"""PNG and FLAC as compressors of any bytes, as in the paper's code."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from lmpack._extras import import_extra
from lmpack.evaluation.audio import SAMPLE_RATE
from lmpack.evaluation.classical import Classical
from lmpack.evaluation.protocol import Compressor

ZERO = 128
"""The unsigned byte that is silence."""

Samples = npt.NDArray[np.int16]


def _png() -> Compressor:
    image = import_extra("PIL.Image", "pillow")

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
    def compress(data: bytes) -> bytes:
        samples = np.frombuffer(data, np.uint8).astype(np.int16) - ZERO
        # soundfile takes the upper 8 of 16 bits for a file of 8-bit samples.
        return _write_flac(samples << 8, "PCM_S8")

    def decompress(packed: bytes) -> bytes:
        plain: bytes = ((_read_flac(packed) >> 8) + ZERO).astype(np.uint8).tobytes()
        return plain

    return Classical("FLAC", compress, decompress)


def _flac16() -> Compressor:
    def compress(data: bytes) -> bytes:
        # The first byte of an odd number is no part of a sample: it is stored in front.
        odd = len(data) % 2
        samples = np.frombuffer(data[odd:], "<i2").astype(np.int16)
        # There is no FLAC file without samples.
        return bytes([odd]) + data[:odd] + (_write_flac(samples, "PCM_16") if len(samples) else b"")

    def decompress(packed: bytes) -> bytes:
        start = 1 + packed[0]
        if start == len(packed):
            return packed[1:]
        samples: bytes = _read_flac(packed[start:]).astype("<i2").tobytes()
        return packed[1:start] + samples

    return Classical("FLAC 16", compress, decompress)


def _write_flac(samples: Samples, subtype: str) -> bytes:
    buffer = io.BytesIO()
    options = {"format": "FLAC", "subtype": subtype, "compression_level": 1.0}
    import_extra("soundfile", "soundfile").write(buffer, samples, SAMPLE_RATE, **options)
    return buffer.getvalue()


def _read_flac(packed: bytes) -> Samples:
    """The samples, int16 [n]."""
    samples: Samples
    samples, _ = import_extra("soundfile", "soundfile").read(io.BytesIO(packed), dtype="int16")
    return samples


FACTORIES: Mapping[str, Callable[[], Compressor]] = {
    "png": _png,
    "flac": _flac,
    "flac16": _flac16,
}
"""By the names of :func:`lmpack.evaluation.compressors.find_compressor`."""

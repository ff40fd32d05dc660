"""Compression rates: raw and adjusted, whole and in chunks, with the round trip verified."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from lmpack.errors import EvaluationError
from lmpack.evaluation.protocol import Compressor
from lmpack.evaluation.results import Row

BYTES_PER_PARAMETER = 2
"""The paper counts a parameter as float16."""

Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What a compressor made of data, which came back.

    Attributes:
        raw_bytes: of the data.
        compressed_bytes: of its compressed form; headers of chunks are counted once.
        compress_seconds: wall time.
        decompress_seconds: wall time.
        parameters: of the model.
        model_bytes: of the files of the model.
    """

    raw_bytes: int
    compressed_bytes: int
    compress_seconds: float
    decompress_seconds: float
    parameters: int
    model_bytes: int

    @classmethod
    def of_row(cls, row: Row) -> Measurement:
        """That of a row of a result file, which may have more fields."""
        return cls(**{field.name: row[field.name] for field in dataclasses.fields(cls)})

    @property
    def rate(self) -> float:
        """Compressed bytes over raw bytes."""
        return self.compressed_bytes / self.raw_bytes

    @property
    def rate_with_files(self) -> float:
        """The rate with the bytes that the model's files really have."""
        return self.rate + self.model_bytes / self.raw_bytes

    @property
    def speeds(self) -> tuple[float, float]:
        """Bytes per second of compression and of decompression."""
        return self.raw_bytes / self.compress_seconds, self.raw_bytes / self.decompress_seconds

    def adjusted_rate(self, data_bytes: int) -> float:
        """The rate with the parameters of the model at 2 bytes each, as in the paper's section 2.

        Args:
            data_bytes: size of the data that the model is counted against.
        """
        return adjusted(self.rate, self.parameters, data_bytes)


def adjusted(rate: float, parameters: int, data_bytes: int) -> float:
    """A rate with the parameters of the model at 2 bytes each, over data of this many bytes."""
    return rate + BYTES_PER_PARAMETER * parameters / data_bytes


def measure_whole(compressor: Compressor, data: bytes) -> Measurement:
    """Compress the data in one piece, and check that it comes back.

    Raises:
        EvaluationError: it does not.
    """
    packed, compress_seconds = _timed(lambda: compressor.compress(data))
    plain, decompress_seconds = _timed(lambda: compressor.decompress(packed))
    _check(compressor, plain == data)
    return _measurement(compressor, len(data), len(packed), compress_seconds, decompress_seconds)


def measure_chunks(compressor: Compressor, chunks: Sequence[bytes]) -> Measurement:
    """Compress chunks, each without the others, and check that they come back.

    Args:
        compressor: what is measured.
        chunks: of equal length, of which only the last may be shorter; at least one.

    Raises:
        EvaluationError: a chunk does not come back.
    """
    lengths = [len(chunk) for chunk in chunks]
    packed, compress_seconds = _timed(lambda: compressor.compress_chunks(chunks))
    plain, decompress_seconds = _timed(lambda: compressor.decompress_chunks(packed, lengths))
    _check(compressor, plain == list(chunks))
    size = sum(map(len, packed)) - compressor.header_bytes * (len(packed) - 1)
    return _measurement(compressor, sum(lengths), size, compress_seconds, decompress_seconds)


def _measurement(
    compressor: Compressor, raw: int, compressed: int, compress: float, decompress: float
) -> Measurement:
    return Measurement(
        raw_bytes=raw,
        compressed_bytes=compressed,
        compress_seconds=compress,
        decompress_seconds=decompress,
        parameters=compressor.parameters,
        model_bytes=compressor.model_bytes,
    )


def _check(compressor: Compressor, came_back: bool) -> None:
    if not came_back:
        raise EvaluationError(f"{compressor.name} did not give the bytes back: it is not lossless")


def _timed(function: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = function()
    return result, time.perf_counter() - started

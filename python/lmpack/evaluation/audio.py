"""Recordings: samples of 16 and 8 bits, and files."""

from __future__ import annotations

import io
import math
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lmpack._extras import import_extra
from lmpack.errors import EvaluationError, UsageError
from lmpack.evaluation.paper import CHUNK

SAMPLE_RATE = 16_000
"""Hz, of LibriSpeech."""

MOST_SAMPLES = 10**9
"""Of a recording at the rate of 16 kHz: a wrong rate in a file must not take all memory."""

Samples = npt.NDArray[np.int16]


def read_speech(path: Path) -> Samples:
    """All samples of a recording such as those of LibriSpeech.

    Raises:
        EvaluationError: it cannot be read, or is not mono of 16 kHz.
    """
    samples, rate = _read(path)
    if rate != SAMPLE_RATE or samples.shape[1] != 1:
        raise EvaluationError(f"{path} is not mono of {SAMPLE_RATE} Hz, as LibriSpeech is")
    return samples[:, 0]


def _read(path: Path) -> tuple[Samples, int]:
    """Samples int16 [n, channels], and their rate in Hz."""
    soundfile = import_extra("soundfile", "soundfile")
    try:
        samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    except (RuntimeError, TypeError) as error:  # a name ending in .raw is no kind that it knows
        raise EvaluationError(f"{path} cannot be read as audio: {error}") from error
    return samples, rate


def eight_bits(samples: npt.NDArray[np.int16]) -> bytes:
    """The upper 8 bits of 16-bit samples, with 128 as zero, in whole chunks."""
    upper = ((samples >> 8) + 128).astype(np.uint8)
    return upper[: len(upper) // CHUNK * CHUNK].tobytes()


def sixteen_bits(samples: npt.NDArray[np.int16]) -> bytes:
    """16-bit samples, little-endian, in whole chunks."""
    whole = len(samples) // (CHUNK // 2) * (CHUNK // 2)
    return samples[:whole].astype("<i2").tobytes()


def read_audio(path: Path, seconds: float | None = None) -> bytes:
    """The start of a recording of any rate and number of channels, as 8-bit samples of 16 kHz.

    Samples are dropped or repeated to reach that rate; channels are averaged.

    Args:
        path: of a file of a kind that libsndfile knows.
        seconds: how much of it; None for all.

    Raises:
        UsageError: the seconds are not above 0.
        EvaluationError: it cannot be read.
    """
    if seconds is not None and not 0 < seconds < math.inf:
        raise UsageError(f"the seconds must be above 0, not {seconds}")
    samples, rate = _read(path)
    mono = samples.astype(np.int32).mean(axis=1).astype(np.int64)
    count = len(mono) * SAMPLE_RATE // rate
    if seconds is not None:
        count = min(count, int(seconds * SAMPLE_RATE))
    if count > MOST_SAMPLES:
        raise EvaluationError(f"{path} would have {count:,} samples, at most {MOST_SAMPLES:,}")
    taken = mono[np.arange(count) * rate // SAMPLE_RATE]
    upper: npt.NDArray[np.uint8] = ((taken >> 8) + 128).astype(np.uint8)
    return upper.tobytes()


def wav(samples: bytes) -> bytes:
    """8-bit samples of 16 kHz as a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples)
    return buffer.getvalue()

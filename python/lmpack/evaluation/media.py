"""Text, images and audio: how they are continued, read and written."""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lmpack._extras import needed
from lmpack.errors import EvaluationError, UsageError
from lmpack.evaluation.data_sets import SAMPLE_RATE

TEXT_PROMPT, TEXT_DRAWN = 1948, 100
"""Bytes, as in the paper."""

MOST_SAMPLES = 10**9
"""Of a recording at the rate of 16 kHz: a wrong rate in a file must not take all memory."""

Continue = Callable[[Sequence[bytes], int], list[bytes]]
"""Continues prompts of equal length by so many bytes."""


def continue_text(text: bytes, count: int, extend: Continue) -> bytes:
    """What comes after the end of a text.

    Raises:
        EvaluationError: the text is empty.
    """
    if not text:
        raise EvaluationError("the text is empty: give some to go on from")
    return extend([text[-TEXT_PROMPT:]], count)[0]


def continue_image(image: npt.NDArray[np.uint8], extend: Continue) -> npt.NDArray[np.uint8]:
    """An image [H, W] whose rows are drawn anew from their middle on, each from its first half.

    Raises:
        EvaluationError: it is too narrow.
    """
    half = image.shape[1] // 2
    if half == 0:
        raise EvaluationError("the image is narrower than 2 pixels: there is no half of it")
    rows = extend([row[:half].tobytes() for row in image], image.shape[1] - half)
    drawn = np.frombuffer(b"".join(rows), np.uint8).reshape(len(image), -1)
    return np.concatenate([image[:, :half], drawn], axis=1)


def continue_audio(samples: bytes, extend: Continue) -> bytes:
    """8-bit samples that are drawn anew from their middle on.

    Raises:
        EvaluationError: they are too few.
    """
    half = len(samples) // 2
    if half == 0:
        raise EvaluationError("the recording is shorter than 2 samples: there is no half of it")
    return samples[:half] + extend([samples[:half]], len(samples) - half)[0]


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Grey values [H, W] as a PNG file."""
    buffer = io.BytesIO()
    needed("PIL.Image", "pillow").fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


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
    soundfile = needed("soundfile", "soundfile")
    try:
        samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    except (RuntimeError, TypeError) as error:  # a name ending in .raw is no kind that it knows
        raise EvaluationError(f"{path} cannot be read as audio: {error}") from error
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


def spectrograms(named: dict[str, bytes]) -> bytes:
    """A PNG file of the spectrograms of 8-bit samples, one above another."""
    needed("matplotlib", "matplotlib").use("agg")
    pyplot = needed("matplotlib.pyplot", "matplotlib")
    figure, axes = pyplot.subplots(
        len(named), squeeze=False, sharex=True, figsize=(8, 2.5 * len(named)), layout="constrained"
    )
    for axis, (name, samples) in zip(axes[:, 0], named.items(), strict=True):
        # Without a little noise, silence has no logarithm.
        values = np.frombuffer(samples, np.uint8) - 128.0
        values += np.random.default_rng(0).uniform(-0.01, 0.01, len(values))
        window = min(256, len(values) // 2)  # at least two columns
        axis.specgram(values, NFFT=window, Fs=SAMPLE_RATE, noverlap=window // 2)
        axis.axvline(len(samples) / 2 / SAMPLE_RATE, color="white", lw=1)
        axis.set_title(name)
        axis.set_ylabel("Hz")
    axes[-1, 0].set_xlabel("seconds")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    pyplot.close(figure)
    return buffer.getvalue()

"""The paper's prompts: how a text, a picture and a recording are continued."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from lmpack.errors import EvaluationError

TEXT_PROMPT, TEXT_DRAWN = 1948, 100
"""Bytes, as in the paper."""

Continue = Callable[[Sequence[bytes], int], list[bytes]]
"""Continues prompts of equal length by this many bytes."""


def continue_text(text: bytes, count: int, extend: Continue) -> bytes:
    """What comes after the end of a text.

    Raises:
        EvaluationError: the text is empty.
    """
    if not text:
        raise EvaluationError("the text is empty: give some to go on from")
    return extend([text[-TEXT_PROMPT:]], count)[0]


def continue_image(image: npt.NDArray[np.uint8], extend: Continue) -> npt.NDArray[np.uint8]:
    """An image [H, W] whose rows are drawn from their middle on, each from its first half.

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
    """8-bit samples that are drawn from their middle on.

    Raises:
        EvaluationError: they are too few.
    """
    half = len(samples) // 2
    if half == 0:
        raise EvaluationError("the recording is shorter than 2 samples: there is no half of it")
    return samples[:half] + extend([samples[:half]], len(samples) - half)[0]

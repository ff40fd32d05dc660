"""Pictures: grey values, the paper's patches, and files."""

from __future__ import annotations

import contextlib
import io
import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lmpack._extras import import_extra
from lmpack.errors import EvaluationError

PATCH_ROWS, PATCH_COLUMNS = 32, 64


def read_grey_image(path: Path) -> npt.NDArray[np.uint8]:
    """A picture as grey values [H, W]; of 16 bits the upper 8.

    Raises:
        EvaluationError: it cannot be read, or is so large that it may be a trap.
    """
    image = import_extra("PIL.Image", "pillow")
    try:
        with contextlib.ExitStack() as closing, warnings.catch_warnings():
            warnings.simplefilter("error", image.DecompressionBombWarning)
            # Opened here: not all that fails in image.open closes the file.
            opened = closing.enter_context(image.open(closing.enter_context(path.open("rb"))))
            if opened.mode.startswith("I;16"):
                return (np.asarray(opened) >> 8).astype(np.uint8)
            return grey(np.asarray(opened.convert("RGB")))
    except (
        OSError, ValueError, image.DecompressionBombError, image.DecompressionBombWarning,
    ) as error:  # fmt: skip
        raise EvaluationError(f"{path} cannot be read as an image: {error}") from error


def grey(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The mean over the colours [..., 3], rounded down, as in the paper's code."""
    means: npt.NDArray[np.uint8] = np.mean(pixels, axis=-1).astype(np.uint8)
    return means


def patches(image: npt.NDArray[np.uint8]) -> Iterator[bytes]:
    """The patches of a grey image [H, W], row by row; what is left over at its edges is dropped."""
    rows, columns = image.shape[0] // PATCH_ROWS, image.shape[1] // PATCH_COLUMNS
    for row, column in itertools.product(range(rows), range(columns)):
        top, left = row * PATCH_ROWS, column * PATCH_COLUMNS
        yield image[top : top + PATCH_ROWS, left : left + PATCH_COLUMNS].tobytes()


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Grey values [H, W] as a PNG file."""
    buffer = io.BytesIO()
    import_extra("PIL.Image", "pillow").fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()

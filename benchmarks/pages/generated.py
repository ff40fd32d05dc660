"""The pictures of what compressors made of the paper's prompts."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lmpack._extras import import_extra
from lmpack.evaluation.pictures import spectrograms

COLOURS = 64
"""Of the spectrograms, which have few: it makes their file a third as large."""


def draw_images(path: Path, drawn: Mapping[str, str]) -> None:
    """Draw square grey images, in base64 by name, side by side."""
    import_extra("matplotlib", "matplotlib").use("agg")
    pyplot = import_extra("matplotlib.pyplot", "matplotlib")
    figure, axes = pyplot.subplots(1, len(drawn), figsize=(10, 2.4), layout="constrained")
    for axis, (name, text) in zip(axes, drawn.items(), strict=True):
        pixels = base64.b64decode(text)
        side = math.isqrt(len(pixels))
        axis.imshow(np.frombuffer(pixels, np.uint8).reshape(side, side), cmap="gray", vmax=255)
        axis.set_title(name)
        axis.set_axis_off()
    figure.savefig(path, dpi=100, metadata={"Software": None})
    pyplot.close(figure)


def draw_recordings(path: Path, drawn: Mapping[str, str]) -> None:
    """Draw the spectrograms of recordings, in base64 by name, one above another."""
    picture = spectrograms({name: base64.b64decode(text) for name, text in drawn.items()})
    with import_extra("PIL.Image", "pillow").open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS).save(path, optimize=True)

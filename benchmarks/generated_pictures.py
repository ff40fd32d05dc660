"""Draws docs/pictures/generated_image.png and generated_audio.png.

    python benchmarks/generated_pictures.py

Their content is that of benchmarks/results/generation.json. Needs lmpack[eval].
"""

from __future__ import annotations

import base64
import json
import math
import sys

import matplotlib
import numpy as np
from environment import RESULTS, ROOT

from lmpack.evaluation.media import spectrograms

matplotlib.use("agg")

from matplotlib import pyplot  # after the choice of the backend

PICTURES = ROOT / "docs" / "pictures"


def main() -> int:
    result = json.loads((RESULTS / "generation.json").read_text())
    images = {name: base64.b64decode(text) for name, text in result["image"].items()}
    figure, axes = pyplot.subplots(1, len(images), figsize=(10, 2.4), layout="constrained")
    for axis, (name, pixels) in zip(axes, images.items(), strict=True):
        side = math.isqrt(len(pixels))
        axis.imshow(np.frombuffer(pixels, np.uint8).reshape(side, side), cmap="gray", vmax=255)
        axis.set_title(name)
        axis.set_axis_off()
    figure.savefig(PICTURES / "generated_image.png", dpi=100, metadata={"Software": None})
    sounds = {name: base64.b64decode(text) for name, text in result["audio"].items()}
    (PICTURES / "generated_audio.png").write_bytes(spectrograms(sounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())

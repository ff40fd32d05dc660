"""What compressors make of the paper's prompts: a text, a picture and a recording are continued.

    python benchmarks/generation.py

Writes benchmarks/results/generation.json; generated_pictures.py draws what is in it. The picture
is matplotlib's example, a portrait by the US Navy in the public domain; text and recording are of
the shared data. Needs lmpack[eval].
"""

from __future__ import annotations

import base64
import lzma
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from environment import ROOT, environment, require_shared, write_result
from matplotlib import cbook
from PIL import Image

from lmpack.evaluation import media
from lmpack.evaluation.data_sets import grey
from lmpack.evaluation.generation import continuation_of, generate

SEED = 0
SMALLEST = f"model:{ROOT / 'benchmarks' / 'models' / '200k'}"

TEXT = {"gzip": "gzip", "LZMA2": "lzma2", "PPMd": "ppmd", "Transformer 200K": SMALLEST}
TEXT["Transformer base"] = "model:base"
IMAGE = {"gzip": "gzip", "PNG": "png", "Transformer base": "model:base"}
AUDIO = {"gzip": "gzip", "FLAC": "flac", "Transformer base": "model:base"}
"""Compressors by their names in tables."""

TEXT_START = 100_000
SOUND_START, SOUND_SAMPLES = 24_000, 4096
FACE, SIDE = (50, 10, 434, 394), 64
"""Left, top, right and bottom of a square of the portrait, and the pixels a side that it gets."""


def extend_with(name: str) -> media.Continue:
    """Continues as a compressor would."""

    def extend(prompts: Sequence[bytes], count: int) -> list[bytes]:
        return generate(continuation_of(name, prompts), len(prompts), count, seed=SEED)

    return extend


def text_prompt(data: Path) -> tuple[bytes, bytes]:
    """The prompt, and what follows it in truth."""
    with lzma.open(data / "text" / "enwik8_prefix.valid.xz") as file:
        text = file.read()
    middle = TEXT_START + media.TEXT_PROMPT
    return text[TEXT_START:middle], text[middle : middle + media.TEXT_DRAWN]


def picture() -> npt.NDArray[np.uint8]:
    """Grey values, [64, 64]."""
    with Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as opened:
        return grey(np.asarray(opened.convert("RGB").crop(FACE).resize((SIDE, SIDE))))


def recording(data: Path) -> bytes:
    """Samples of 8 bits out of the middle of speech."""
    samples = media.read_audio(data / "audio" / "flac" / "103-1240-0000.flac")
    return samples[SOUND_START : SOUND_START + SOUND_SAMPLES]


def main() -> int:
    data = require_shared()
    prompt, truth = text_prompt(data)
    image, sound = picture(), recording(data)

    def text(extend: media.Continue) -> bytes:
        return media.continue_text(prompt, media.TEXT_DRAWN, extend)

    def rows(extend: media.Continue) -> bytes:
        return media.continue_image(image, extend).tobytes()

    def samples(extend: media.Continue) -> bytes:
        return media.continue_audio(sound, extend)

    result: dict[str, Any] = {"environment": environment(), "seed": SEED}
    for kind, true, sources, draw in (
        ("text", truth, TEXT, text),
        ("image", image.tobytes(), IMAGE, rows),
        ("audio", sound, AUDIO, samples),
    ):
        result[kind] = {"true": written(true)}
        for name, source in sources.items():
            print(kind, name, flush=True)
            result[kind][name] = written(draw(extend_with(source)))
    write_result("generation", result)
    return 0


def written(data: bytes) -> str:
    """Bytes as JSON can hold them."""
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    sys.exit(main())

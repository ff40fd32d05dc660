"""What compressors make of the paper's prompts: a text, a picture and a recording are continued.

    scripts/bench generation

Writes benchmarks/results/generation.json, whose pictures `scripts/docs --pictures` draws. The image
is matplotlib's example, a portrait by the US Navy in the public domain; text and recording are of
the data (CONTRIBUTING.md). Needs lmpack[eval].
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import cbook
from PIL import Image

from benchmarks.data import ENWIK, require_shared, start_of
from benchmarks.places import MODELS
from benchmarks.record import environment, write_result
from lmpack.evaluation import prompts
from lmpack.evaluation.audio import read_audio
from lmpack.evaluation.generation import continue_prompts
from lmpack.evaluation.images import grey

SEED = 0
SMALLEST = f"model:{MODELS / '200k'}"

TEXT = {"gzip": "gzip", "LZMA2": "lzma2", "PPMd": "ppmd", "Transformer 200K": SMALLEST}
TEXT["Transformer base"] = "model:base"
IMAGE = {"gzip": "gzip", "PNG": "png", "Transformer base": "model:base"}
AUDIO = {"gzip": "gzip", "FLAC": "flac", "Transformer base": "model:base"}
"""Compressors by their names in tables."""

TEXT_START = 100_000
SOUND_START, SOUND_SAMPLES = 24_000, 4096
FACE, SIDE = (50, 10, 434, 394), 64
"""Left, top, right and bottom of a square of the portrait, and the pixels a side that it gets."""


def extend_with(name: str) -> prompts.Continue:
    """Continues as a compressor would."""

    def extend(prompts: Sequence[bytes], count: int) -> list[bytes]:
        return continue_prompts(name, prompts, count, seed=SEED)

    return extend


def text_prompt() -> tuple[bytes, bytes]:
    """The prompt, and what follows it in truth."""
    middle = TEXT_START + prompts.TEXT_PROMPT
    text = start_of(ENWIK, middle + prompts.TEXT_DRAWN)
    return text[TEXT_START:middle], text[middle:]


def picture() -> npt.NDArray[np.uint8]:
    """Grey values, [64, 64]."""
    with Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as opened:
        return grey(np.asarray(opened.convert("RGB").crop(FACE).resize((SIDE, SIDE))))


def recording(data: Path) -> bytes:
    """Samples of 8 bits out of the middle of speech."""
    samples = read_audio(data / "audio" / "flac" / "103-1240-0000.flac")
    return samples[SOUND_START : SOUND_START + SOUND_SAMPLES]


def main() -> int:
    prompt, truth = text_prompt()
    image, sound = picture(), recording(require_shared())

    def text(extend: prompts.Continue) -> bytes:
        return prompts.continue_text(prompt, prompts.TEXT_DRAWN, extend)

    def rows(extend: prompts.Continue) -> bytes:
        return prompts.continue_image(image, extend).tobytes()

    def samples(extend: prompts.Continue) -> bytes:
        return prompts.continue_audio(sound, extend)

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

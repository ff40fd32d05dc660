"""Writes tests/golden/NAME.json: exact bytes that no change may alter by accident.

    python tests/make_golden.py [NAME...] [--again]

Without names all files are written. A function registered under a name gives the content. The name
`files` stands for the folder of frozen files: those that are there stay as they are, unless
--again is given.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import coding
import inputs
from ruled_decoder import RuledDecoder

import lmpack
from lmpack._blocks.coding import Coding, no_progress
from lmpack._container import BlockKind
from lmpack._executors.mixing import Predictor
from lmpack._native import odds_to_frequencies

FOLDER = Path(__file__).with_name("golden")

Content = dict[str, Any]
Maker = Callable[[], Content]

MAKERS: dict[str, Maker] = {}

FROZEN = "files"
"""The name of the folder that is no JSON file."""

CODER_CASES = {
    "one symbol": (1, 1, 1, 2),
    "two symbols": (2, 9, 9, 2),
    "lanes": (3, 100, 13, 32),
    "bytes": (4, 300, 64, 256),
    "large vocabulary": (5, 12, 5, 65536),
}
"""Seed, length, lane length and vocabulary."""

CONTAINER_OPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "level 1": {"level": 1},
    "level 8": {"level": 8},
    "model alone": {"mixing": False},
    "two models": {"model": ("tiny", "small")},
}


TOKEN_WAYS = {
    "tokens": Coding(BlockKind.TOKENS, 2),
    "mixed": Coding(BlockKind.MIXED_TOKENS, 1),
    "mixed records": Coding(BlockKind.MIXED_TOKENS, 0, 12, predictor=Predictor.FULL),
    "mixed, strong": Coding(BlockKind.MIXED_TOKENS, 1, predictor=Predictor.STRONG),
}


def golden(name: str) -> Callable[[Maker], Maker]:
    """Registers the function that makes the content of tests/golden/NAME.json."""

    def register(maker: Maker) -> Maker:
        MAKERS[name] = maker
        return maker

    return register


@golden("coder")
def coder() -> Content:
    """For each case the payload, and the SHA-256 of its frequencies as little-endian uint32."""
    content = {}
    for name, (seed, length, lane_length, vocabulary) in CODER_CASES.items():
        block = coding.seeded_block(seed, length, lane_length, vocabulary)
        frequencies = odds_to_frequencies(block.weights.reshape(-1, vocabulary))
        content[name] = {
            "payload": coding.encode(block).hex(),
            "frequencies": hashlib.sha256(frequencies.astype("<u4").tobytes()).hexdigest(),
        }
    return content


@golden("containers")
def containers() -> Content:
    """For each way to compress and each input the length and SHA-256 of the container."""
    content: Content = {"header": lmpack.compress(b"")[:18].hex()}
    for way, options in CONTAINER_OPTIONS.items():
        content[way] = {}
        for name, plain in inputs.CONTAINER_INPUTS.items():
            packed = lmpack.compress(plain, **options)
            digest = hashlib.sha256(packed).hexdigest()
            content[way][name] = {"bytes": len(packed), "sha256": digest}
    return content


@golden("tokens")
def tokens() -> Content:
    """For each way to code tokens and each segmentation the length and SHA-256 of the payload."""
    bytes_alone = {bytes([value]) for value in range(256)}
    starts = range(0, len(inputs.TEXT) - 8, 5)
    vocabulary = sorted(bytes_alone | {inputs.TEXT[i : i + 2 + i % 7] for i in starts})
    likely = RuledDecoder(vocabulary, context=50).likely_content(500)
    content: Content = {}
    for way, coding_of_tokens in TOKEN_WAYS.items():
        content[way] = {}
        for seed in (None, 1):
            executor = RuledDecoder(vocabulary, context=50, seed=seed)
            # Of text, too: where the likeliest tokens are all of it, the mixing has little to say.
            plain = likely + inputs.TEXT
            payload = coding_of_tokens.encode(executor, plain, no_progress)
            digest = hashlib.sha256(payload).hexdigest()
            name = "likeliest" if seed is None else f"seed {seed}"
            content[way][name] = {"bytes": len(payload), "sha256": digest}
    return content


def main(arguments: Sequence[str]) -> int:
    """Writes the named files, or all."""
    known = sorted({*MAKERS, FROZEN})
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {known}")
    parser.add_argument(
        "--again",
        action="store_true",
        help=f"make {FROZEN} anew: never after 0.1.0",
    )
    options = parser.parse_args(arguments)
    names = options.names or known
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"there is no {', '.join(unknown)}; choose from {', '.join(known)}")
    FOLDER.mkdir(exist_ok=True)
    for name in names:
        if name == FROZEN:
            from frozen_files import write_files  # needs more than the tests of a bare wheel have

            write_files(again=options.again)
            continue
        text = json.dumps(MAKERS[name](), indent=2) + "\n"
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

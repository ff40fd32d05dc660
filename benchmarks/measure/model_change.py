"""What another bundle of a model brings: bits per byte of files that both have coded.

    scripts/bench model_change LEVEL BEFORE AFTER [--bytes N]

BEFORE and AFTER are bundles, by name or folder. Each codes the start of every validation split, by
itself and with mixing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

import lmpack
from benchmarks.data import require_shared
from benchmarks.record import environment, write_result
from lmpack._models.bundle import load_bundle
from lmpack.cli.train import RECIPES
from lmpack.training.config import read_recipe
from lmpack.training.data import read_source

RESULT = "model_change"


def rates(model: str, level: int, texts: dict[str, bytes], mixing: bool) -> dict[str, float]:
    """Bits per byte of each text."""
    found = {}
    for name, text in texts.items():
        packed = lmpack.compress(text, level=level, model=model, mixing=mixing, threads=1)
        found[name] = round(8 * len(packed) / len(text), 4)
    print(model, "with mixing" if mixing else "alone", statistics.mean(found.values()), flush=True)
    return found


def row(model: str, level: int, texts: dict[str, bytes]) -> dict[str, Any]:
    """What a bundle is, and what it comes to."""
    bundle = load_bundle(model)
    return {
        "name": bundle.name,
        "fingerprint": bundle.fingerprint.hex(),
        "symbols": bundle.manifest["training"]["symbols"],
        "alone": rates(model, level, texts, mixing=False),
        "mixed": rates(model, level, texts, mixing=True),
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("level", type=int)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--bytes", type=int, default=100_000, help="of each split")
    options = parser.parse_args(arguments)
    folder: Path = require_shared()
    texts = {
        source.name: read_source(folder, source)[: options.bytes].tobytes()
        for source in read_recipe(RECIPES / "general.json", architecture="base").valid
    }
    rows = [row(model, options.level, texts) for model in (options.before, options.after)]
    result = {"level": options.level, "bytes": options.bytes, "rows": rows}
    write_result(RESULT, {"environment": environment(), **result})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

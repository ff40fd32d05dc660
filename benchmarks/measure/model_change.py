"""What another bundle of a model brings: bits per byte and time of files that both have coded.

    scripts/bench model_change LEVEL BEFORE AFTER [--bytes N] [--rounds N]

BEFORE and AFTER are bundles of one model, by name or folder. Each codes the start of every
validation split, by itself and with mixing. The times are CPU seconds of coding one of them, by
turns, with one thread. The result has one row for each model: a later one takes its place.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lmpack
from benchmarks.data import WIKIPEDIA, require_shared, title_of
from benchmarks.record import environment, read_result, timed, write_result
from benchmarks.state import DIGITS
from lmpack._models.bundle import load_bundle
from lmpack.cli.train import RECIPES
from lmpack.training.config import read_recipe
from lmpack.training.data import read_source

RESULT = "model_change"
WAYS = {"alone": False, "mixed": True}
"""Whether mixing takes part."""

Texts = Mapping[str, bytes]


def rates(model: str, level: int, texts: Texts, mixing: bool) -> dict[str, float]:
    """Bits per byte of each text."""
    found = {}
    for name, text in texts.items():
        packed = lmpack.compress(text, level=level, model=model, mixing=mixing, threads=1)
        found[name] = round(8 * len(packed) / len(text), 4)
    print(model, "with mixing" if mixing else "alone", statistics.mean(found.values()), flush=True)
    return found


def facts(model: str, level: int, texts: Texts) -> dict[str, Any]:
    """What a bundle is, and what it comes to."""
    bundle = load_bundle(model)
    return {
        "fingerprint": bundle.fingerprint.hex(),
        "symbols": bundle.manifest["training"]["symbols"],
        **{way: rates(model, level, texts, mixing) for way, mixing in WAYS.items()},
    }


def times(models: Mapping[str, str], level: int, text: bytes, rounds: int) -> dict[str, Any]:
    """By way and side, CPU microseconds for each byte that is encoded: the medians of turns."""
    found: dict[str, Any] = {}
    for way, mixing in WAYS.items():
        turns: dict[str, list[float]] = {side: [] for side in models}
        for _ in range(rounds):
            for side, model in models.items():
                _, taken = timed(
                    lmpack.compress, text, level=level, model=model, mixing=mixing, threads=1
                )
                turns[side].append(1e6 * taken["cpu"] / len(text))
        found[way] = {side: round(statistics.median(turns[side]), 3) for side in models}
        print(way, "encode, us a byte", found[way], flush=True)
    return found


def measure(models: Mapping[str, str], level: int, texts: Texts, rounds: int) -> dict[str, Any]:
    """The row of a model; its state is that with the bundle which comes after."""
    sides = {side: facts(model, level, texts) for side, model in models.items()}
    name = load_bundle(models["after"]).name
    here = environment()
    shipped = {**here["state"]["models"], name: sides["after"]["fingerprint"][:DIGITS]}
    here["state"] = {**here["state"], "models": shipped}
    return {
        "model": name,
        "models": [name],
        "level": level,
        "bytes": max(map(len, texts.values())),
        **sides,
        "encode_us_per_byte": times(models, level, texts[title_of(WIKIPEDIA)], rounds),
        "environment": here,
    }


def add(row: Mapping[str, Any]) -> None:
    """Write a row into the result, in the place of an earlier one of the same model."""
    old = (read_result(RESULT) or {"rows": []})["rows"]
    rows = [*(other for other in old if other["model"] != row["model"]), dict(row)]
    write_result(RESULT, {"rows": rows})


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("level", type=int)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--bytes", type=int, default=100_000, help="of each split")
    parser.add_argument("--rounds", type=int, default=3, help="turns of which times are medians")
    options = parser.parse_args(arguments)
    models = {"before": options.before, "after": options.after}
    names = {load_bundle(model).name for model in models.values()}
    if len(names) > 1:
        sys.exit(f"these are bundles of several models: {', '.join(sorted(names))}")
    folder: Path = require_shared()
    texts = {
        source.name: read_source(folder, source)[: options.bytes].tobytes()
        for source in read_recipe(RECIPES / "general.json", architecture="base").valid
    }
    add(measure(models, options.level, texts, options.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The tables of docs/models.md about training."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.pages.tables import conditions, standing
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table

SHARES = ("products", "attention", "optimizers")
"""What the time of training goes to, as far as it is told apart."""
MIXING = {"alone": "no", "mixed": "yes"}
SIDES = ("before", "after")


def parts(splits: Mapping[str, str]) -> dict[str, str]:
    """The tables by the name of their markers; `splits` names the columns of validation files."""
    sections: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
        "experiments": ("training_experiments", functools.partial(experiments, splits=splits)),
        "training_speed": ("training_speed", speed),
        "living_layers": ("living_layers", living_layers),
        "model_change": ("model_change", functools.partial(model_change, splits=splits)),
    }
    return {
        part: "" if (result := read_result(name)) is None else section(result)
        for part, (name, section) in sections.items()
    }


def experiments(result: dict[str, Any], splits: Mapping[str, str]) -> str:
    """What a small model gains from its parts."""
    rows = [
        [
            row["name"],
            f"{row['products_per_byte']:,}",
            f"{row['parameters'] / 1e6:.2f}",
            f"{row['mean']:.3f}",
            *(f"{row['bits_per_byte'][split]:.3f}" for split in splits),
        ]
        for row in result["rows"]
    ]
    header = ["run", "products", "million parameters", "mean", *splits.values()]
    note = f"{result['symbols']:,} symbols a run, one thread. {_origins(result['rows'])}"
    return table(header, rows) + "\n\n" + f"{note} {standing(result)}".rstrip()


def _origins(rows: list[dict[str, Any]]) -> str:
    """What rows were measured with, and where it was not the same for all, which of them."""
    names: dict[str, list[str]] = {}
    for row in rows:
        names.setdefault(conditions(row), []).append(row["name"])
    origins = sorted(names, key=lambda origin: len(names[origin]), reverse=True)
    others = [f"{', '.join(names[origin])}: {origin}" for origin in origins[1:]]
    return " ".join([*origins[:1], *others])


def speed(result: dict[str, Any]) -> str:
    """How fast models train, and what the time goes to."""
    rows = [
        [
            row["preset"],
            row["products"],
            "yes" if row["compiled"] else "no",
            f"{row['symbols_per_second']:,}",
            f"{row['gflops']:.1f}",
            *(f"{100 * row[f'share_{part}']:.0f}" for part in SHARES),
        ]
        for row in result["rows"]
    ]
    header = ["model", "products in", "compiled", "symbols a second", "billion operations a second"]
    header += [f"% {part}" for part in SHARES]
    note = (
        f"A large float32 matrix product reaches {result['peak_gflops']:.0f} billion operations a "
        f"second. torch {result['torch']} with {result['instructions']}. " + conditions(result)
    )
    return table(header, rows) + "\n\n" + note


def model_change(result: dict[str, Any], splits: Mapping[str, str]) -> str:
    """Models beside the ones before them: sizes, and what coding takes."""
    changes = result["rows"]
    header = ["model", "symbols it has seen", "mixing", "mean", *splits.values()]
    sizes = [
        [
            change["model"],
            f"{change[side]['symbols']:,}",
            how,
            f"{statistics.mean(change[side][way].values()):.3f}",
            *(f"{change[side][way][split]:.3f}" for split in splits),
        ]
        for change in changes
        for way, how in MIXING.items()
        for side in SIDES
    ]
    times = [
        [change["model"], how, *_times(change, way)]
        for change in changes
        for way, how in MIXING.items()
    ]
    notes = [
        f"{change['model']}: bits per byte of the first {change['bytes']:,} bytes, level "
        f"{change['level']}. {conditions(change)}"
        for change in changes
    ]
    return "\n\n".join(
        [
            table(header, sizes),
            "Microseconds of CPU time for each byte that is encoded, by turns, with the model "
            "before and the one after:",
            table(["model", "mixing", "before", "after", "ratio"], times),
            " ".join([*notes, standing(result)]).rstrip(),
        ]
    )


def _times(change: Mapping[str, Any], way: str) -> list[str]:
    """Before, after, and how many times as long it takes now."""
    if "encode_us_per_byte" not in change:
        return ["not measured"] * 2 + [""]
    before, after = (change["encode_us_per_byte"][way][side] for side in SIDES)
    return [f"{before:.2f}", f"{after:.2f}", f"{after / before:.2f}"]


def living_layers(result: dict[str, Any]) -> str:
    """Why hidden units stop firing."""
    rows = [
        [
            row["name"],
            f"{row['mean']:.3f}",
            *(
                ", ".join(f"{100 * share:.0f}" for share in row[field])
                for field in ("living", "zeros", "constant")
            ),
            f"{row['growth']:.1f}",
        ]
        for row in result["rows"]
    ]
    header = ["run", "mean", "% living units", "% zeros", "% constant", "growth"]
    note = f"{result['symbols']:,} symbols a run, one thread. {_origins(result['rows'])}"
    return table(header, rows) + "\n\n" + f"{note} {standing(result)}".rstrip()

"""The command `lmpack models`."""

from __future__ import annotations

from typing import Any

import click

import lmpack
from lmpack import Bundle
from lmpack.cli.failures import Failures
from lmpack.cli.options import json_option, traceback_option
from lmpack.cli.printing import say, say_json

Rates = dict[str, dict[str, float]]


@click.command()
@json_option
@traceback_option
def models(as_json: bool) -> None:
    """List the models that come with lmpack, the fastest first, and what they reach.

    Bits per byte are those of the model's own probabilities on text it was not trained on, next
    to those of classical compressors on the same bytes.
    """
    from lmpack._models.bundle import classical_rates

    failures = Failures()
    with failures.of("models"):
        records = [_record(bundle) for bundle in lmpack.list_models()]
        classical = classical_rates()
        if as_json:
            say_json({"models": records, "classical": classical})
        else:
            say(*_lines(records, classical))
    failures.exit_if_any()


def _record(bundle: Bundle) -> dict[str, Any]:
    from lmpack._blocks.levels import DEFAULT_MODEL

    return {
        "name": bundle.name,
        "default": bundle.name == DEFAULT_MODEL,
        "fingerprint": bundle.fingerprint.hex(),
        "parameters": bundle.architecture.parameters,
        "products_per_byte": bundle.architecture.products_per_symbol,
        "bundle_bytes": bundle.size,
        "trained_on_bytes": bundle.manifest.get("training", {}).get("symbols"),
        "bits_per_byte": dict(bundle.manifest.get("evaluation", {})),
    }


def _lines(records: list[dict[str, Any]], classical: Rates) -> list[str]:
    header = ["", "parameters", "products a byte", "bundle bytes", "trained on bytes"]
    fields = ("parameters", "products_per_byte", "bundle_bytes", "trained_on_bytes")
    facts = [
        [record["name"] + " (default)" * record["default"], *(_number(record[f]) for f in fields)]
        for record in records
    ]
    sources = list(dict.fromkeys(s for record in records for s in record["bits_per_byte"]))
    others = list(dict.fromkeys(name for rates in classical.values() for name in rates))
    rates = [
        [
            source,
            *(_rate(record["bits_per_byte"].get(source)) for record in records),
            *(_rate(classical.get(source, {}).get(name)) for name in others),
        ]
        for source in sources
    ]
    names = ["bits per byte", *(record["name"] for record in records), *others]
    return [*_aligned([header, *facts]), "", *_aligned([names, *rates])]


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _aligned(rows: list[list[str]]) -> list[str]:
    """Lines of a table, the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]

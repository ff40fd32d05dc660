"""The command `lmpack models`."""

from __future__ import annotations

from typing import Any

import click

import lmpack
from lmpack import AddedModel, Bundle
from lmpack.cli.failures import Failures
from lmpack.cli.options import json_option, traceback_option
from lmpack.cli.printing import one_line, say, say_json
from lmpack.cli.table import aligned

Rates = dict[str, dict[str, float]]

SHOWN_DIGITS = 16
"""Of a fingerprint: those that files have."""


@click.command()
@click.option("--list", "is_listing", is_flag=True, help="List the models (default).")
@click.option("--add", "bundle", metavar="BUNDLE", help="Copy a bundle into the folder of models.")
@click.option("--name", help="With --add: its name in there. [default: that of the folder BUNDLE]")
@click.option("--remove", metavar="NAME", help="Delete a model from the folder of models.")
@click.option("--verify", is_flag=True, help="Check all bytes of the models in the folder.")
@json_option
@traceback_option
def models(
    *,
    is_listing: bool,
    bundle: str | None,
    name: str | None,
    remove: str | None,
    verify: bool,
    as_json: bool,
) -> None:
    """List the models, or add one to the folder of models or remove it from there.

    The models that come with lmpack are listed first, the fastest of them at the top. Their bits
    per byte are those of the model's own probabilities on text it was not trained on, next to those
    of classical compressors on the same bytes.

    A model in the folder is found by its name, and files that were made with it are decompressed
    without naming it. The folder is ~/.local/share/lmpack/models, or what LMPACK_MODELS names.
    """
    if sum((is_listing or verify, bundle is not None, remove is not None)) > 1:
        raise click.UsageError("--list or --verify, --add and --remove exclude one another")
    if name is not None and bundle is None:
        raise click.UsageError("--name needs --add")
    failures = Failures()
    with failures.of(bundle or remove or "models"):
        if bundle is not None:
            added = lmpack.add_model(bundle, name=name)
            _say_done(as_json, "added", added.name, _added_record(added))
        elif remove is not None:
            lmpack.remove_model(remove)
            _say_done(as_json, "removed", remove, {"name": remove})
        else:
            _list(as_json, verify)
    failures.exit_if_any()


def _say_done(as_json: bool, done: str, name: str, record: dict[str, Any]) -> None:
    if as_json:
        say_json({done: record})
    else:
        say(f"{done}: {name}")


def _list(as_json: bool, verify: bool) -> None:
    from lmpack._models.added import models_folder
    from lmpack._models.bundle import classical_rates

    records = [_record(bundle) for bundle in lmpack.list_models()]
    classical = classical_rates()
    added = [_added_record(model) for model in lmpack.added_models(verify=verify)]
    folder = str(models_folder())
    if as_json:
        say_json({"models": records, "classical": classical, "folder": folder, "added": added})
    else:
        say(*_lines(records, classical), "", *_added_lines(folder, added))


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


def _added_record(model: AddedModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "path": str(model.path),
        "calls_itself": model.calls_itself,
        "family": model.family,
        "fingerprint": None if model.fingerprint is None else model.fingerprint.hex(),
        "parameters": model.parameters,
        "products_per_symbol": model.products_per_symbol,
        "bundle_bytes": model.size,
        "source": model.source,
        "problem": model.problem,
    }


def _added_lines(folder: str, records: list[dict[str, Any]]) -> list[str]:
    """What is in the folder of models: a table of those that are bundles, then what is wrong."""
    if not records:
        return [f"in {folder}: none; lmpack models --add BUNDLE adds one"]
    header = [f"in {folder}", "family", "parameters", "products a symbol", "bundle bytes"]
    fields = ("parameters", "products_per_symbol", "bundle_bytes")
    lines = [
        [
            one_line(record["name"]),
            record["family"] or "-",
            *(_number(record[field]) for field in fields),
            (record["fingerprint"] or "-")[:SHOWN_DIGITS],
            one_line(record["source"] or "-"),
        ]
        for record in records
    ]
    problems = [f"{r['name']} cannot be used: {r['problem']}" for r in records if r["problem"]]
    header += ["fingerprint", "from"]
    return aligned([header, *lines], left=header[:1]) + problems


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
    return [*aligned([header, *facts], left=header[:1]), "", *aligned([names, *rates], names[:1])]


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

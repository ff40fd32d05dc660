"""The command `lmpack models`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

import lmpack
from lmpack.cli.failures import Failures
from lmpack.cli.options import json_option

if TYPE_CHECKING:
    from lmpack.bundle import Bundle


@click.command()
@json_option
def models(as_json: bool) -> None:
    """List the models that come with lmpack, the fastest first."""
    failures = Failures()
    with failures.of("models"):
        records = [_record(bundle) for bundle in lmpack.list_models()]
        click.echo(json.dumps(records, indent=2) if as_json else _text(records))
    failures.exit_if_any()


def _record(bundle: Bundle) -> dict[str, Any]:
    return {
        "name": bundle.name,
        "fingerprint": bundle.fingerprint.hex(),
        "parameters": bundle.architecture.parameters,
        "products_per_byte": bundle.architecture.products_per_symbol,
        "bundle_bytes": bundle.size,
        "bits_per_byte": dict(bundle.manifest.get("evaluation", {})),
    }


def _text(records: list[dict[str, Any]]) -> str:
    return "\n".join(line for record in records for line in _lines(record)) or "no models"


def _lines(record: dict[str, Any]) -> list[str]:
    lines = [
        record["name"],
        f"  fingerprint       {record['fingerprint']}",
        f"  parameters        {record['parameters']:,}",
        f"  products per byte {record['products_per_byte']:,}",
        f"  bundle            {record['bundle_bytes']:,} bytes",
    ]
    figures = record["bits_per_byte"].items()
    return lines + [f"  {name}: {value:.4f} bits per byte" for name, value in figures]

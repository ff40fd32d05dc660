"""The command `lmpack info`."""

from __future__ import annotations

import collections
import dataclasses
import json
from typing import Any

import click

import lmpack
from lmpack import ContainerInfo
from lmpack._container import NO_MODEL
from lmpack.cli.failures import Failures, display_name
from lmpack.cli.options import json_option, verbose_option
from lmpack.cli.report import bits_per_byte
from lmpack.cli.standard import open_regular


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@verbose_option
@json_option
def info(files: tuple[str, ...], verbose: int, as_json: bool) -> None:
    """Say what each FILE is made of, without decompressing it; with -v each block."""
    failures = Failures()
    records = []
    for name in files:
        with failures.of(name):
            with open_regular(name) as file:
                containers = lmpack.describe(file)
            records.append({"file": name, "containers": [_record(one) for one in containers]})
            if not as_json:
                click.echo(_text(name, containers, verbose))
    if as_json:
        click.echo(json.dumps(records + failures.records, indent=2))
    failures.exit_if_any()


def _record(container: ContainerInfo) -> dict[str, Any]:
    fields = dataclasses.asdict(container)
    figure = bits_per_byte(container.content_length, container.compressed_length)
    return {**fields, "fingerprint": container.fingerprint.hex(), "bits_per_byte": figure}


def _text(name: str, containers: list[ContainerInfo], verbose: int) -> str:
    lines = [display_name(name)]
    for number, container in enumerate(containers):
        lines.append(f"  container {number} at byte {container.offset}")
        lines += [f"    {label:<11} {value}" for label, value in _facts(container)]
        if verbose:
            lines += _block_lines(container)
    return "\n".join(lines)


def _facts(container: ContainerInfo) -> list[tuple[str, str]]:
    kinds = collections.Counter(block.kind for block in container.blocks)
    blocks = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    return [
        ("version", str(container.version)),
        ("model", _model(container)),
        ("content", f"{container.content_length:,} bytes"),
        ("compressed", f"{container.compressed_length:,} bytes"),
        ("ratio", _ratio(container)),
        ("blocks", blocks),
    ]


def _model(container: ContainerInfo) -> str:
    if container.fingerprint == NO_MODEL:
        return "none"
    return f"{container.model or 'unknown'} ({container.fingerprint.hex()})"


def _ratio(container: ContainerInfo) -> str:
    figure = bits_per_byte(container.content_length, container.compressed_length)
    if figure is None:
        return "none, there is no content"
    ratio = container.content_length / container.compressed_length
    return f"{ratio:.3f} ({figure:.3f} bits per byte)"


def _block_lines(container: ContainerInfo) -> list[str]:
    lines = [f"    {'offset':>12} {'kind':<8} {'lanes':>5} {'content':>10} {'payload':>10}"]
    for block in container.blocks:
        lengths = f"{block.plain_length:>10} {block.payload_length:>10}"
        lines.append(f"    {block.offset:>12} {block.kind:<8} {block.lanes:>5} {lengths}")
    return lines

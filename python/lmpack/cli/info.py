"""The command `lmpack info`."""

from __future__ import annotations

import collections
import dataclasses
from typing import Any

import click

import lmpack
from lmpack import BlockInfo, ContainerInfo, Options
from lmpack.cli.failures import Failures, display_name
from lmpack.cli.given_name import Name
from lmpack.cli.options import (
    json_option,
    max_memory_option,
    model_option,
    threads_option,
    verbose_option,
)
from lmpack.cli.printing import say, say_json
from lmpack.cli.report import bits_per_byte
from lmpack.cli.sizes import readable_size
from lmpack.cli.standard import open_regular


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=Name())
@model_option
@threads_option
@max_memory_option
@verbose_option
@json_option
def info(
    files: tuple[str, ...],
    model: tuple[str, ...] | None,
    threads: int | None,
    max_memory: int | None,
    verbose: int,
    as_json: bool,
) -> None:
    """Say what each FILE is made of, without decompressing it; with -v each block.

    The memory is what decompressing needs for one block at a time; -M limits what the index takes
    here.
    """
    options = Options(model=model, threads=threads, max_memory=max_memory)
    failures = Failures()
    records = []
    for name in files:
        with failures.of(name):
            with open_regular(name) as file:
                containers = lmpack.describe(file, options=options)
            records.append({"file": name, "containers": [_record(one) for one in containers]})
            if not as_json:
                say(*_lines(name, containers, verbose))
    if as_json:
        say_json(records + failures.records)
    failures.exit_if_any()


def _record(container: ContainerInfo) -> dict[str, Any]:
    fields = dataclasses.asdict(container)
    figure = bits_per_byte(container.content_length, container.compressed_length)
    fingerprints = [fingerprint.hex() for fingerprint in container.fingerprints]
    prefix = container.prefix and container.prefix.hex()
    return {**fields, "fingerprints": fingerprints, "prefix": prefix, "bits_per_byte": figure}


def _lines(name: str, containers: list[ContainerInfo], verbose: int) -> list[str]:
    lines = [display_name(name)]
    for number, container in enumerate(containers):
        lines.append(f"  container {number} at byte {container.offset}")
        lines += [f"    {label:<11} {value}" for label, value in _facts(container)]
        if verbose:
            lines += _block_lines(container)
    return lines


def _facts(container: ContainerInfo) -> list[tuple[str, str]]:
    kinds = collections.Counter(block.kind for block in container.blocks)
    blocks = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    prefix = [("prefix", container.prefix.hex())] if container.prefix else []
    return [
        ("version", str(container.version)),
        ("model", _models(container)),
        *prefix,
        ("content", f"{container.content_length:,} bytes"),
        ("compressed", f"{container.compressed_length:,} bytes"),
        ("ratio", _ratio(container)),
        ("blocks", blocks),
        ("memory", _memory(container.memory)),
    ]


def _memory(memory: int | None) -> str:
    """What decoding needs, one block at a time."""
    return "unknown" if memory is None else readable_size(memory)


def _models(container: ContainerInfo) -> str:
    names = [
        f"{model or 'unknown'} ({fingerprint.hex()})"
        for model, fingerprint in zip(container.models, container.fingerprints, strict=True)
    ]
    return " + ".join(names) or "none"


def _ratio(container: ContainerInfo) -> str:
    figure = bits_per_byte(container.content_length, container.compressed_length)
    if figure is None:
        return "none, there is no content"
    ratio = container.content_length / container.compressed_length
    return f"{ratio:.3f} ({figure:.3f} bits per byte)"


def _block_lines(container: ContainerInfo) -> list[str]:
    names = ("offset", "kind", "lanes", "content", "payload", "memory", "predictor", "what else")
    rows = [names, *map(_cells, container.blocks)]
    widths = (12, -12, 5, 10, 10, 12, -9)
    lines = []
    for *cells, what_else in rows:
        padded = [
            f"{cell:<{-width}}" if width < 0 else f"{cell:>{width}}"
            for cell, width in zip(cells, widths, strict=True)
        ]
        lines.append("    " + " ".join([*padded, what_else]).rstrip())
    return lines


def _cells(block: BlockInfo) -> tuple[str, ...]:
    copied = "copies" if block.copied is None else f"{block.copied} bytes copied"
    what_else = [
        "" if block.copied == 0 else copied,
        block.filter or "",
        f"stride {block.stride}" if block.stride else "",
    ]
    return (
        str(block.offset),
        block.kind,
        str(block.lanes),
        str(block.plain_length),
        str(block.payload_length),
        _memory(block.memory),
        block.predictor or "",
        "; ".join(filter(None, what_else)),
    )

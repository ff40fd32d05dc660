"""The command `lmpack test`."""

from __future__ import annotations

import json
from typing import Any

import click

import lmpack
from lmpack.cli.conversion import open_input, regular_size, size_line, size_record
from lmpack.cli.failures import Failures, display_name
from lmpack.cli.options import coding_options, files_argument
from lmpack.cli.progress import progress_bar


@click.command()
@files_argument
@coding_options
def test(
    files: tuple[str, ...], quiet: bool, verbose: int, as_json: bool, **coding: str | int | None
) -> None:
    """Decompress each FILE without writing it, to see that it is whole."""
    failures = Failures(verbose)
    records = []
    for name in files or ("-",):
        with failures.of(name):
            records.append(_test_file(name, quiet, coding))
            if verbose:
                click.echo(f"{display_name(name)}: {size_line(records[-1])}", err=True)
    if as_json:
        click.echo(json.dumps(records + failures.records, indent=2))
    failures.exit_if_any()


def _test_file(name: str, quiet: bool, coding: dict[str, Any]) -> dict[str, Any]:
    with (
        open_input(name) as source,
        progress_bar(display_name(name), regular_size(source), quiet) as progress,
    ):
        sizes = lmpack.verify_stream(source, progress=progress, **coding)
    return size_record(name, sizes.written, sizes.read)

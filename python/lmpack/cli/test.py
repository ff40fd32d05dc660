"""The command `lmpack test`."""

from __future__ import annotations

from typing import Any

import click

import lmpack
from lmpack import Options, Sizes
from lmpack.cli.bar import progress_bar
from lmpack.cli.failures import display_name
from lmpack.cli.options import coding_options, files_argument, take_options
from lmpack.cli.report import Report
from lmpack.cli.standard import input_size, open_input


@click.command()
@files_argument
@coding_options
def test(files: tuple[str, ...], quiet: bool, verbose: int, as_json: bool, **coding: Any) -> None:
    """Decompress each FILE without writing it, to see that it is whole."""
    options = take_options(coding)
    report = Report(is_compression=False, verbose=verbose, as_json=as_json)
    for name in files or ("-",):
        with report.failures.of(name):
            report.done(name, _verify(name, quiet, options))
    report.finish()


def _verify(name: str, quiet: bool, options: Options) -> Sizes:
    with (
        open_input(name) as source,
        progress_bar(display_name(name), input_size(source), quiet) as progress,
    ):
        return lmpack.verify_stream(source, progress=progress, options=options)

"""The command `lmpack test`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import lmpack
from lmpack import Options, Sizes
from lmpack.cli.bar import progress_bar
from lmpack.cli.failures import display_name
from lmpack.cli.options import DecodingArguments, coding_options, decoding_choice, files_argument
from lmpack.cli.report import Report
from lmpack.cli.standard import input_size, open_input

if TYPE_CHECKING:
    from typing_extensions import Unpack


@click.command()
@files_argument
@coding_options
def test(
    files: tuple[str, ...],
    quiet: bool,
    verbose: int,
    as_json: bool,
    **coding: Unpack[DecodingArguments],
) -> None:
    """Decompress each FILE without writing it, to see that it is whole."""
    options = decoding_choice(**coding)
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

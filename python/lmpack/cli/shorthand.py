"""The program without a command: gzip's spellings."""

from __future__ import annotations

from typing import Any

import click

from lmpack.cli.convert import compress, decompress
from lmpack.cli.options import coding_options, files_argument, level_options, output_options
from lmpack.cli.test import test


@click.command("gzip-style", hidden=True)
@click.option("-d", "--decompress", "is_decompression", is_flag=True, help="Decompress.")
@click.option("-t", "--test", "is_test", is_flag=True, help="Test, write nothing; -d or not.")
@files_argument
@level_options
@output_options
@coding_options
@click.pass_context
def shorthand(
    context: click.Context, /, is_decompression: bool, is_test: bool, **options: Any
) -> None:
    """Compress each FILE, or decompress or test it, as gzip does; but FILE is kept."""
    chosen = test if is_test else decompress if is_decompression else compress
    taken = {parameter.name for parameter in chosen.params}
    context.invoke(chosen, **{name: value for name, value in options.items() if name in taken})

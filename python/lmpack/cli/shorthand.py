"""The program without a command: gzip's spellings."""

from __future__ import annotations

from typing import Any

import click

from lmpack.cli.compress import compress
from lmpack.cli.decompress import decompress
from lmpack.cli.options import coding_options, files_argument, level_options, output_options
from lmpack.cli.test import test


@click.command("gzip-style", hidden=True)
@click.option("-d", "--decompress", "command", flag_value="decompress", help="Decompress.")
@click.option("-t", "--test", "command", flag_value="test", help="Test, write nothing.")
@files_argument
@level_options
@output_options
@coding_options
@click.pass_context
def shorthand(context: click.Context, /, command: str | None, **options: Any) -> None:
    """Compress each FILE, or decompress or test it, as gzip does; but FILE is kept."""
    commands = {None: compress, "decompress": decompress, "test": test}
    chosen = commands[command]
    taken = {parameter.name for parameter in chosen.params}
    context.invoke(chosen, **{name: value for name, value in options.items() if name in taken})

"""The program without a command: gzip's spellings."""

from __future__ import annotations

import os
from typing import Any

import click

from lmpack.cli.catalog import nearest_command
from lmpack.cli.convert import compress, decompress
from lmpack.cli.file_options import (
    checked_files,
    exclude_compressed_option,
    files_options,
    output_options,
    tar_options,
)
from lmpack.cli.level_option import LevelCommand
from lmpack.cli.options import coding_options, level_options
from lmpack.cli.resume_option import ResumeCommand


class _ProgramContext(click.Context):
    """Messages name the program alone: nobody has named a command."""

    @property
    def command_path(self) -> str:
        """As in messages."""
        return self.parent.command_path if self.parent else super().command_path


class _Shorthand(ResumeCommand, LevelCommand):
    context_class = _ProgramContext


@click.command("gzip-style", cls=_Shorthand, hidden=True)
@click.option("-d", "--decompress", "is_decompression", is_flag=True, help="Decompress.")
@click.option("-t", "--test", "is_test", is_flag=True, help="Test, write nothing; -d or not.")
@click.option("-l", "--list", "is_list", is_flag=True, help="Print a line on each FILE.lmp.")
@files_options
@level_options
@output_options
@exclude_compressed_option
@tar_options
@coding_options
@click.pass_context
def shorthand(
    context: click.Context,
    /,
    is_decompression: bool,
    is_test: bool,
    is_list: bool,
    **options: Any,
) -> None:
    """Compress each FILE, or decompress, test or list it, as gzip does; but FILE is kept."""
    if options["tar"] and (is_decompression or is_test or is_list):
        raise click.UsageError("--tar packs; lmpack extract unpacks, and lists with --list")
    if is_list:
        _list(options)
        return
    _refuse_mistyped_command(options["files"])
    if is_test:
        from lmpack.cli.test import test as chosen
    else:
        chosen = decompress if is_decompression else compress
    taken = {parameter.name for parameter in chosen.params}
    context.invoke(chosen, **{name: value for name, value in options.items() if name in taken})


def _list(options: dict[str, Any]) -> None:
    from lmpack.cli.listing import list_files

    checked_files(options["files"], options["listed"])
    files = options["files"] if options["listed"] is None else options["listed"]
    if not files and options["listed"] is None:
        raise click.UsageError("-l needs a FILE, of which it reads the index")
    list_files(files, as_json=options["as_json"], max_memory=options["max_memory"])


def _refuse_mistyped_command(files: tuple[str, ...]) -> None:
    """Refuse a first FILE that is not there, and nearly is the name of a command."""
    if not files or not files[0].isalpha() or os.path.lexists(files[0]):
        return
    near = nearest_command(files[0])
    if near is not None:
        raise click.UsageError(
            f"there is no command and no file {files[0]!r}: did you mean lmpack {near}?"
        )

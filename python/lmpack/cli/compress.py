"""The command `lmpack compress`."""

from __future__ import annotations

from typing import Any

import click

import lmpack
from lmpack.cli.batch import convert
from lmpack.cli.conversion import Direction, Request
from lmpack.cli.options import coding_options, files_argument, level_options, output_options
from lmpack.cli.output import refuse_terminal
from lmpack.errors import UsageError

SUFFIX = ".lmp"


@click.command()
@files_argument
@level_options
@output_options
@coding_options
def compress(**options: Any) -> None:
    """Compress each FILE to FILE.lmp, or standard input to standard output.

    A FILE named - is standard input. Input files are kept. With -r a FILE may be a folder; what is
    in it is done in one go, and -o makes the same tree elsewhere.
    """
    request = Request.of(options)
    if request.to_stdout:
        refuse_terminal(request.force)
    direction = Direction(
        convert=lmpack.compress_stream,
        convert_many=lmpack.compress_files,
        output_name=_output_name,
        plain_and_compressed=lambda sizes: (sizes.read, sizes.written),
    )
    convert(direction, request)


def _output_name(name: str, force: bool) -> str:
    if name.endswith(SUFFIX) and not force:
        raise UsageError(f"it ends in {SUFFIX} already: nothing was done; -f compresses it again")
    return name + SUFFIX

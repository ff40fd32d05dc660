"""The command `lmpack decompress`."""

from __future__ import annotations

import os
from typing import Any

import click

import lmpack
from lmpack.cli.batch import convert
from lmpack.cli.compress import SUFFIX
from lmpack.cli.conversion import Direction, Request
from lmpack.cli.options import coding_options, files_argument, output_options
from lmpack.errors import UsageError


@click.command()
@files_argument
@output_options
@coding_options
def decompress(**options: Any) -> None:
    """Decompress each FILE.lmp to FILE, or standard input to standard output.

    A FILE named - is standard input. Input files are kept. With -r a FILE may be a folder, of
    which the files that end in .lmp are taken. The model is found by what stands in the file;
    --model is needed only where it is not a built-in one.
    """
    direction = Direction(
        convert=lmpack.decompress_stream,
        convert_many=lmpack.decompress_files,
        output_name=_output_name,
        plain_and_compressed=lambda sizes: (sizes.written, sizes.read),
    )
    convert(direction, Request.of(options))


def _output_name(name: str, force: bool) -> str:
    base = os.path.basename(name)
    if not base.endswith(SUFFIX) or base == SUFFIX:
        raise UsageError(f"it does not end in {SUFFIX}: name the output with -o, or use -c")
    return name.removesuffix(SUFFIX)

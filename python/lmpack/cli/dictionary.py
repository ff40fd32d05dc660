"""The command `lmpack dictionary`."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from lmpack._container import ByteReader
from lmpack._files.replacement import refuse_existing, refuse_same
from lmpack._files.sinks import CountingSink
from lmpack.cli.failures import Failures, display_name
from lmpack.cli.file_options import all_bytes, checked_files, files_options
from lmpack.cli.given_name import Name
from lmpack.cli.help_lists import ExampleCommand
from lmpack.cli.options import traceback_option
from lmpack.cli.output import is_stream, open_output
from lmpack.cli.printing import say_error
from lmpack.cli.report import count_of_files
from lmpack.cli.sizes import limit_of
from lmpack.cli.standard import is_terminal, open_input
from lmpack.errors import UsageError

MOST = 1 << 30
"""Bytes of all samples: only some of them are looked at, and a device may have no end."""


@click.command(cls=ExampleCommand)
@files_options
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DICTIONARY",
    type=Name(),
    help="What is written; - is standard output.",
)
@click.option(
    "--size",
    metavar="SIZE",
    default="128KiB",
    show_default=True,
    callback=limit_of,
    help="Of DICTIONARY, at most. Of more than 128KiB only long stretches are found again.",
)
@click.option("--lines", is_flag=True, help="Each line of a FILE is a sample, not each FILE.")
@click.option("-f", "--force", is_flag=True, help="Overwrite an existing file.")
@traceback_option
def dictionary(
    files: Sequence[str],
    listed: Sequence[str] | None,
    output: str,
    size: int | None,
    lines: bool,
    force: bool,
) -> None:
    """Choose what many small files have in common, for -D.

    Each FILE is a sample, such as those that are to be compressed; - is standard input. What stands
    in DICTIONARY are those samples, or parts of them, that have most in common with the others.
    Whoever compresses and decompresses with -D needs the same DICTIONARY, byte for byte: keep it.
    """
    from lmpack import train_prefix

    checked_files(files, listed)
    names = files if listed is None else listed
    if not names:
        raise click.UsageError("name the FILEs that are samples, or - for standard input")
    if size is None:
        raise click.UsageError("--size: a dictionary has at least 1 byte")
    failures = Failures()
    samples: list[bytes] = []
    left = MOST
    for name in names:
        with failures.of(name):
            content = _content(name, output, left)
            left -= len(content)
            samples += content.splitlines(keepends=True) if lines else [content]
    # Of some samples alone it would be another dictionary than the one that was asked for.
    failures.exit_if_any()
    with failures.of(output):
        if not is_stream(output):
            refuse_existing(Path(output), force)
        if not any(samples):
            raise UsageError(f"the samples are empty ({count_of_files(len(names))})")
        chosen = train_prefix(samples, size)
        warn = functools.partial(failures.warn, output)
        with open_output(output, force=force, like=None, warn=warn) as sink:
            CountingSink(sink).write(chosen)
        if is_terminal(sys.stderr):
            count = f"{len(samples):,} sample{'s' * (len(samples) != 1)}"
            say_error(f"{display_name(output)}: {len(chosen):,} bytes of {count}")
    failures.exit_if_any()


def _content(name: str, output: str, most: int) -> bytes:
    """What a file holds.

    Raises:
        UsageError: it is the output, or has more bytes than `most`.
    """
    if name != "-" and not is_stream(output):
        refuse_same(os.stat(name), Path(output))
    with open_input(name) as opened:
        return all_bytes(ByteReader(opened), most)

"""Options of commands that say which files are read, and where what is made of them goes."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from lmpack._container import ByteReader
from lmpack._files.names import SUFFIX, checked_suffix
from lmpack._files.shard import Shard, checked_shard
from lmpack.cli.given_name import Name
from lmpack.cli.options import Command, apply_all
from lmpack.cli.report_file import report_option
from lmpack.cli.resume_option import resume_option
from lmpack.cli.standard import open_input
from lmpack.errors import UsageError

MOST_NAMES = 1 << 30
"""Bytes of a list of names: a device may have no end."""


def _suffix(context: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        return checked_suffix(value)
    except UsageError as error:
        raise click.BadParameter(str(error)) from error


def _listed(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """The names in a file, each of which ends with a NUL; the last one need not."""
    if value is None or context.resilient_parsing:
        return None
    try:
        with open_input(value) as opened:
            content = all_bytes(ByteReader(opened), MOST_NAMES)
    except (OSError, UsageError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise click.BadParameter(f"{value}: {reason}") from error
    if not content:
        return ()
    names = content.removesuffix(b"\0").split(b"\0")
    if b"" in names:
        raise click.BadParameter(f"{value}: name {names.index(b'') + 1} is empty")
    # In a list - is a file like any other.
    return tuple("./-" if name == b"-" else os.fsdecode(name) for name in names)


def all_bytes(reader: ByteReader, most: int | None = None) -> bytes:
    """What comes until the end.

    Raises:
        UsageError: that is more than `most` bytes.
    """
    pieces = []
    length = 0
    while piece := reader.at_most(1 << 16):
        pieces.append(piece)
        length += len(piece)
        if most is not None and length > most:
            raise UsageError(f"it has more than {most:,} bytes: give a part of it")
    return b"".join(pieces)


def checked_files(files: Sequence[str], listed: Sequence[str] | None) -> None:
    """Refuse names that come in two ways.

    Raises:
        click.UsageError: they do.
    """
    if files and listed is not None:
        raise click.UsageError("--files0-from takes the place of FILEs: name them in one way")


def files_options(command: Command) -> Command:
    """The files, named as arguments or in a list."""
    options = (
        click.argument("files", nargs=-1, metavar="[FILE]...", type=Name()),
        click.option(
            "--files0-from",
            "listed",
            metavar="LIST",
            type=Name(),
            callback=_listed,
            help="Take the names of the files from LIST, in which each ends with a NUL, as those "
            "from find -print0; - is standard input.",
        ),
    )
    return apply_all(options, command)


def _shard(context: click.Context, parameter: click.Parameter, value: str | None) -> Shard | None:
    """A number and the count of all, with a slash between them."""
    if value is None:
        return None
    number, _, count = value.partition("/")
    if not (value.isascii() and number.isdecimal() and count.isdecimal() and len(value) <= 40):
        raise click.BadParameter(f"{value!r} is no shard: give K/N, such as 3/64")
    try:
        return checked_shard((int(number), int(count)))
    except UsageError as error:
        raise click.BadParameter(str(error)) from error


shard_option = click.option(
    "--shard",
    metavar="K/N",
    callback=_shard,
    help="Of the files do only the part K of N, 1 to N: for N processes or machines, each of which "
    "gets another K. The path of a file alone decides.",
)
exclude_compressed_option = click.option(
    "--exclude-compressed",
    is_flag=True,
    help="With -r or --tar: leave out what is compressed already, by its name and its first bytes, "
    "such as archives, pictures and videos.",
)


def output_options(command: Command) -> Command:
    """Options of commands that write a file for each file."""
    options = (
        click.option(
            "-o",
            "--output",
            type=Name(),
            metavar="OUT",
            help="Write to OUT; - is standard output. With several FILEs or -r a folder.",
        ),
        click.option(
            "-S",
            "--suffix",
            metavar="SUF",
            default=SUFFIX,
            show_default=True,
            callback=_suffix,
            help="What compressed files are called: FILE and SUF.",
        ),
        click.option(
            "-r", "--recursive", is_flag=True, help="Go through folders, hidden ones, too."
        ),
        click.option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            help="With -r or --tar: leave out files and folders of such names, or with a slash in "
            "GLOB of such paths below FILE. Repeat for several.",
        ),
        resume_option,
        shard_option,
        report_option,
        click.option("-c", "--stdout", is_flag=True, help="Write to standard output."),
        click.option(
            "-f",
            "--force",
            is_flag=True,
            help="Overwrite existing files; with --rm delete links, too; with -dc pass on what is "
            "no lmpack file as it is.",
        ),
        click.option(
            "--rm/--keep",
            " /-k",
            "remove",
            default=False,
            help="Delete each input file when its output is complete, or keep it (default).",
        ),
        click.option(
            "-n",
            "--no-name",
            is_flag=True,
            expose_value=False,
            help="Does nothing, as a .lmp file has no name and time; programs call gzip with it.",
        ),
    )
    return apply_all(options, command)


def tar_options(command: Command) -> Command:
    """Options of the command that may write one archive of all files."""
    options = (
        click.option(
            "--tar",
            is_flag=True,
            help="Write one tar archive of all FILEs and folders: OUT, or FILE.tar.lmp if there is "
            "one FILE.",
        ),
        click.option(
            "--reproducible",
            is_flag=True,
            help="With --tar: the same files give the same bytes on every machine: no owners, all "
            "times are SOURCE_DATE_EPOCH of the environment or 0, permissions are 755 or 644.",
        ),
    )
    return apply_all(options, command)

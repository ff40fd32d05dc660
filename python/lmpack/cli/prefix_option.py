"""The option --prefix, -D and --patch-from: a file that both sides have."""

from __future__ import annotations

import os
import stat
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO

import click

from lmpack.errors import UsageError

if TYPE_CHECKING:
    from lmpack import Prefix


def prefix_of(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> Prefix | None:
    """The prefix whose file was named; None if none was.

    Raises:
        click.BadParameter: there are several, or the file cannot be read, is empty or a device.
    """
    if not value or context.resilient_parsing:
        return None
    if len(value) > 1:
        raise click.BadParameter(
            "there is one prefix: give one FILE, by one of -D, --prefix and --patch-from"
        )
    if value[0] == "-":
        raise click.BadParameter(
            "a prefix is a file, as both sides read it: write what comes by standard input to one"
        )
    from lmpack import Prefix  # needs the C++ core, which --help does without

    try:
        with _opened(value[0]) as file:
            return Prefix(file.read())
    except (OSError, UsageError, MemoryError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error) or "no memory for it"
        raise click.BadParameter(f"{value[0]}: {reason}") from error


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    from lmpack._files.remote.source import open_url
    from lmpack._files.remote.url import is_url

    if is_url(name):
        return open_url(name)
    if stat.S_ISCHR(os.stat(name).st_mode):
        raise UsageError("it is a device, which may have no end: a prefix is a file")
    return open(name, "rb")

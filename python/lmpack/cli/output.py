"""Where output goes: a file that appears only when it is complete, a device, standard output."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from lmpack import Options
from lmpack._files.disk.location import Location
from lmpack._files.kinds import descriptor_of, kind_of
from lmpack._files.needed import Needed
from lmpack._files.remote.target import remote_target
from lmpack._files.remote.url import is_url
from lmpack._files.replacement import NamedSink, refuse_same, replacement
from lmpack.cli.standard import is_terminal, open_shared, standard_output
from lmpack.cli.waiting_file import WaitingFile

STANDARD_OUTPUT = "standard output"


@contextlib.contextmanager
def open_output(
    name: str, *, force: bool, like: os.stat_result | None, warn: Callable[[str], None]
) -> Iterator[NamedSink]:
    """A sink for what is to stand in `name` when the block has ended without an error.

    Args:
        name: path of a file, or of a stream, which is written where it is; - is standard output.
        force: whether an existing file is overwritten.
        like: the file that is read, whose permissions and time of change are taken over; None if it
            is no regular one.
        warn: called with a sentence about each attribute that is lost.

    Raises:
        UsageError: the file exists already, or is the one that is read.
        OSError: it cannot be written.
    """
    if name == "-":
        yield NamedSink(standard_output(), STANDARD_OUTPUT)
    elif is_url(name):
        with remote_target(name, force=force) as target:
            yield NamedSink(target, name)
    elif is_stream(name):
        with open(name, "wb", buffering=0, opener=_open_stream) as stream:
            yield NamedSink(WaitingFile(stream), name)
    else:
        refuse_same(like, Path(name))
        with replacement(Path(name), force=force, like=like, warn=warn) as sink:
            yield sink


def refuse_needed(name: str, options: Options) -> None:
    """Refuse an output in the place of what decompressing it needs: the prefix, or a model.

    Raises:
        UsageError: so it is.
        OSError: the file that is there cannot be read.
    """
    if not (is_url(name) or is_stream(name)):
        Needed.of(options).refuse_to_replace(Location(Path(name)))


def is_stream(name: str | None) -> bool:
    """Whether a name stands for a pipe, a device, an open descriptor: something that is no file."""
    if name is None or name == "-":
        return name is not None
    kind = kind_of(name)
    return kind is not None and kind.is_stream


def refuse_terminal(output: str, force: bool) -> None:
    """Refuse to write compressed bytes to a terminal.

    Args:
        output: a path, or - for standard output. A terminal that is named itself is meant.
        force: whether it is allowed.

    Raises:
        click.UsageError: the output is standard output or another open descriptor, and a terminal.
    """
    if _is_terminal(output) and not force:
        raise click.UsageError(
            "compressed data do not go to a terminal: name a file with -o, redirect, or use -f"
        )


def _is_terminal(output: str) -> bool:
    if output == "-":
        return is_terminal(sys.stdout)
    descriptor = descriptor_of(output)
    return descriptor is not None and descriptor.is_own and os.isatty(descriptor.number)


def _open_stream(name: str, flags: int) -> int:
    """For the built-in open: makes and empties nothing.

    What another program has open may be a file, which only gets longer.
    """
    flags &= ~(os.O_CREAT | os.O_TRUNC)
    flags |= getattr(os, "O_NOCTTY", 0)
    if os.path.isfile(name):
        flags |= os.O_APPEND
    return open_shared(name, flags)

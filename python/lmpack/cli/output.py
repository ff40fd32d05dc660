"""Where output goes: a file that appears only when it is complete, a device, standard output."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import click

from lmpack._files.replacement import NamedSink, replacement
from lmpack.cli.printing import say_error
from lmpack.cli.standard import is_terminal, standard_output

STANDARD_OUTPUT = "standard output"


@contextlib.contextmanager
def open_output(
    name: str, *, force: bool, like: os.stat_result | None, warn: Callable[[str], None]
) -> Iterator[NamedSink]:
    """A sink for what is to stand in `name` when the block has ended without an error.

    Args:
        name: path of a file or device; - is standard output.
        force: whether an existing file is overwritten.
        like: the file whose permissions and time of change are taken over; None for new ones.
        warn: called with a sentence about each attribute that is lost.

    Raises:
        UsageError: the file exists already.
        OSError: it cannot be written.
    """
    if name == "-":
        yield NamedSink(standard_output(), STANDARD_OUTPUT)
    elif is_stream(name):
        with open(name, "wb", buffering=0) as device:
            yield NamedSink(device, name)
    else:
        target = Path(name)
        with exit_on_termination(), replacement(target, force=force, like=like, warn=warn) as sink:
            yield sink


def is_stream(name: str | None) -> bool:
    """Whether an output is standard output, or exists and is no regular file."""
    return name == "-" or (name is not None and os.path.exists(name) and not os.path.isfile(name))


def refuse_terminal(force: bool) -> None:
    """Refuse to write compressed bytes to a terminal.

    Raises:
        click.UsageError: standard output is one.
    """
    if is_terminal(sys.stdout) and not force:
        raise click.UsageError(
            "compressed data do not go to a terminal: name a file with -o, redirect, or use -f"
        )


@contextlib.contextmanager
def exit_on_termination() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exit that cleans up, as Python does with SIGINT."""

    def leave(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            say_error("lmpack: terminated")
        raise SystemExit(1)

    # What is ignored (nohup) stays so.
    signals = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]
    before = {number: signal.signal(number, leave) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

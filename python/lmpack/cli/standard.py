"""Standard streams, which whoever starts the program may have closed."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from lmpack._files.replacement import regular_status
from lmpack.errors import UsageError


def standard_input() -> BinaryIO:
    """Standard input as bytes.

    Raises:
        UsageError: it is closed.
    """
    if sys.stdin is None:
        raise UsageError("standard input is closed: name a file")
    return sys.stdin.buffer


def standard_output() -> BinaryIO:
    """Standard output as bytes, unbuffered: a full disk is noticed here and not at the end.

    Raises:
        UsageError: it is closed.
    """
    if sys.stdout is None:
        raise UsageError("standard output is closed: name a file with -o")
    stream = sys.stdout.buffer
    unbuffered: BinaryIO = getattr(stream, "raw", stream)
    return unbuffered


@contextlib.contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """A file for reading; - is standard input, which stays open."""
    if name == "-":
        yield standard_input()
    else:
        with open(name, "rb") as file:
            yield file


def input_size(source: BinaryIO) -> int | None:
    """Bytes of a regular file; None for everything else."""
    status = regular_status(source)
    return None if status is None else status.st_size


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a standard stream is open and a terminal."""
    return stream is not None and stream.isatty()


def reserve_descriptors() -> None:
    """Put the null device in the place of closed standard streams.

    Otherwise the next file that is opened would take it, and get what libraries print.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def give_up_output() -> None:
    """Let nothing more be written to standard output: what it still holds cannot be written."""
    if sys.stdout is not None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())

"""Standard streams, which whoever starts the program may have closed."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO, TextIO

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

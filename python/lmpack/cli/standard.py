"""Standard streams, which whoever starts the program may have closed."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from lmpack._container import ByteReader
from lmpack._files.kinds import Kind, descriptor_of, kind_of, require_regular
from lmpack._files.remote.source import open_url, remote_source
from lmpack._files.remote.url import is_url
from lmpack._files.replacement import regular_status
from lmpack.cli.waiting_file import raw_file
from lmpack.errors import UsageError

_PIECE = 1 << 16


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
    return raw_file(sys.stdout.buffer)


@contextlib.contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """A file for reading; - is standard input, which stays open.

    Raises:
        UsageError: it is a folder, or standard input is closed.
        OSError: it cannot be opened.
    """
    if name == "-":
        yield standard_input()
        return
    if is_url(name):
        with open_url(name) as remote:
            yield remote
        return
    if kind_of(name) is Kind.FOLDER:
        raise UsageError("it is a folder: name the files in it")
    with open(name, "rb", opener=open_shared) as file:
        yield file


@contextlib.contextmanager
def open_regular(name: str) -> Iterator[BinaryIO]:
    """The same where a whole file is needed; does not wait for whoever writes into a pipe.

    Raises:
        UsageError: it is a stream or a folder, or standard input is closed.
        OSError: it cannot be opened.
    """
    if name != "-":
        require_regular(name)
    with open_input(name) as file:
        yield file


def open_shared(name: str, flags: int) -> int:
    """For the built-in open: what the program has open already is shared and not opened again.

    So it goes on where it is, as with - , and works with what cannot be opened twice.
    """
    descriptor = descriptor_of(name)
    if descriptor is not None and descriptor.is_own:
        return os.dup(descriptor.number)
    return os.open(name, flags)


def last_bytes(source: BinaryIO, size: int) -> bytes:
    """The last `size` bytes of a source, or all; reads it to its end and keeps no more of it."""
    reader = ByteReader(source)
    kept = b""
    while piece := reader.at_most(_PIECE):
        kept = (kept + piece)[-size:]
    return kept


def input_size(source: BinaryIO) -> int | None:
    """Bytes of a regular file; None for everything else, and where a server does not say."""
    if (remote := remote_source(source)) is not None:
        return remote.size
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

"""Where output goes: a file that appears only when it is complete, a device, standard output."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import click

from lmpack.errors import UsageError

STANDARD_OUTPUT = "standard output"
_PERMISSIONS = 0o777


class NamedSink:
    """Writes to an unbuffered file; its errors say which file it was.

    Args:
        file: has `write`.
        name: of the file, for errors.
    """

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        self._name = name

    def write(self, data: memoryview, /) -> int | None:
        """Write some of `data`; the number of bytes, None for all."""
        try:
            written: int | None = self._file.write(data)
            return written
        except OSError as error:
            error.filename = error.filename or self._name
            raise


@contextlib.contextmanager
def open_output(name: str, *, force: bool, like: os.stat_result | None) -> Iterator[NamedSink]:
    """A sink for what is to stand in `name` when the block has ended without an error.

    Args:
        name: path of a file or device; - is standard output.
        force: whether an existing file is overwritten.
        like: the file whose permissions and time of change are taken over; None for new ones.

    Raises:
        UsageError: the file exists already.
        OSError: it cannot be written.
    """
    target = Path(name)
    if name == "-":
        # Unbuffered, so that a full disk is noticed here and not when the program has ended.
        stream = sys.stdout.buffer
        yield NamedSink(getattr(stream, "raw", stream), STANDARD_OUTPUT)
    elif target.exists() and not target.is_file():
        with target.open("wb", buffering=0) as device:
            yield NamedSink(device, name)
    else:
        with _replacement(target, force, like) as sink:
            yield sink


def refuse_terminal(force: bool) -> None:
    """Refuse to write compressed bytes to a terminal.

    Raises:
        click.UsageError: standard output is one.
    """
    if sys.stdout.isatty() and not force:
        raise click.UsageError(
            "compressed data do not go to a terminal: name a file with -o, redirect, or use -f"
        )


@contextlib.contextmanager
def _replacement(target: Path, force: bool, like: os.stat_result | None) -> Iterator[NamedSink]:
    """A temporary file beside `target` that takes its place at the end, or vanishes."""
    _refuse_existing(target, force)
    with _exit_on_termination():
        # Named before it is created: there is no moment in which a signal could leave it behind.
        temporary = target.parent / f".lmpack-{secrets.token_hex(8)}.tmp"
        try:
            with open(temporary, "xb", buffering=0, opener=_opener(like)) as file:
                yield NamedSink(file, str(target))
                os.fsync(file.fileno())  # before the name is given, and before --rm
            if like is not None:
                temporary.chmod(like.st_mode & _PERMISSIONS)
                os.utime(temporary, ns=(like.st_atime_ns, like.st_mtime_ns))
            _give_name(temporary, target, force)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _refuse_existing(target: Path, force: bool) -> None:
    if target.exists() and not force:
        raise UsageError(f"{target} exists already: nothing was written; use -f to overwrite it")


def _give_name(temporary: Path, target: Path, force: bool) -> None:
    """Rename; without `force` not even over a file that has just appeared."""
    if not force:
        try:
            os.link(temporary, target)
        except FileExistsError:
            _refuse_existing(target, force)
        except OSError:  # a file system without hard links
            _refuse_existing(target, force)
        else:
            temporary.unlink()
            return
    temporary.replace(target)


def _opener(like: os.stat_result | None) -> Callable[[str, int], int]:
    """For the built-in open: nobody else may read the file before it has its permissions."""
    permissions = 0o666 if like is None else 0o600
    return functools.partial(os.open, mode=permissions)


@contextlib.contextmanager
def _exit_on_termination() -> Iterator[None]:
    """Turn SIGTERM into an exit that cleans up, as Python does with SIGINT."""

    def leave(number: int, frame: FrameType | None) -> None:
        click.echo("lmpack: terminated", err=True)
        raise SystemExit(1)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

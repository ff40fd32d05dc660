"""Everything that the commands print, and what keeps foreign texts from steering a terminal.

Names of files, manifests of bundles and messages of other programs may hold any character. All of
it goes through here, and control characters, marks that turn the direction of writing and
separators of lines leave as escapes.
"""

from __future__ import annotations

import contextlib
import errno
import sys
from collections.abc import Iterator
from typing import Any

import click


class PrintingError(OSError):
    """What was to be printed cannot be: no error of the file that it is about."""


def one_line(text: str) -> str:
    """A text on one line; what is not printable stands there as Python's escape of it."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def say(*lines: str) -> None:
    """Print lines on standard output; a line break inside one of them is escaped."""
    _print(lines, err=False)


def say_error(*lines: str) -> None:
    """The same on standard error."""
    _print(lines, err=True)


def say_json(value: Any) -> None:
    """Print a value as JSON, in ASCII."""
    import json

    say(*json.dumps(value, indent=2).split("\n"))


@contextlib.contextmanager
def harmless_usage_errors() -> Iterator[None]:
    """Let what click says of arguments, and thereby the arguments, go through here, too."""
    try:
        yield
    except click.ClickException as error:
        # Line by line: a command without its subcommand raises its whole help.
        lines = map(one_line, error.message.split("\n"))
        error.message = "\n".join(lines)  # type: ignore[misc]  # final, but read at the end
        raise


def _print(lines: tuple[str, ...], *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    if stream is None and not err:
        raise PrintingError(errno.EBADF, "it is closed")
    encoding = getattr(stream, "encoding", None) or "utf-8"
    text = "\n".join(map(one_line, lines))
    # What the stream's encoding lacks would be an error in the middle of a message.
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=err)
    except BrokenPipeError:
        raise  # nobody reads any more, which ends the program in another way
    except OSError as error:
        raise PrintingError(error.errno, error.strerror) from error

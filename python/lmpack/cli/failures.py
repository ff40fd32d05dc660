"""Errors as one line each; the files after a bad one are still handled."""

from __future__ import annotations

import contextlib
import re
import traceback
from collections.abc import Iterator
from typing import Any

import click

from lmpack.cli.printing import one_line, say_error
from lmpack.errors import LmpackError

TRACEBACK_VERBOSITY = 2
STANDARD_INPUT = "standard input"


class Failures:
    """Collects what went wrong.

    Attributes:
        records: for every file that failed its name and the message, for JSON.

    Args:
        verbose: how often -v was given.
    """

    def __init__(self, verbose: int = 0) -> None:
        self.records: list[dict[str, Any]] = []
        self._verbose = verbose
        self._has_warned = False

    def warn(self, name: str, sentence: str) -> None:
        """Say what is to be known of an output that is there all the same."""
        self._has_warned = True
        click.echo(f"lmpack: {display_name(name)}: warning: {display_name(sentence)}", err=True)

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Report an error of lmpack or the system inside the block, and go on behind it."""
        try:
            yield
        except BrokenPipeError:
            raise  # nobody reads any more: click ends the program quietly with 1
        except (LmpackError, OSError) as error:
            message = _message(error, name)
            self.records.append({"file": name, "error": message})
            if self._verbose >= TRACEBACK_VERBOSITY:
                say_error(*traceback.format_exc().splitlines())
            say_error(f"lmpack: {display_name(name)}: {message}")

    def exit_if_any(self) -> None:
        """End the program with 1 if something failed, with 2 if there was a warning."""
        if self.records:
            click.get_current_context().exit(1)
        if self._has_warned:
            click.get_current_context().exit(2)


def display_name(name: str) -> str:
    """How a file is called in messages, on one line that can be printed."""
    if name == "-":
        return STANDARD_INPUT
    return one_line(name)


def _flag(match: re.Match[str]) -> str:
    return "the option --" + match[1].replace("_", "-")


def _message(error: LmpackError | OSError, name: str) -> str:
    if isinstance(error, LmpackError) or error.strerror is None:
        # The library names its arguments, which the command spells as flags.
        return re.sub(r"the option (\w+)", _flag, " ".join(str(error).split()))
    if error.filename is None or str(error.filename) == name:
        return error.strerror
    return f"{display_name(str(error.filename))}: {error.strerror}"

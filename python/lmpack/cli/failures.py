"""Errors as one line each; the files after a bad one are still handled."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import click

from lmpack.cli.explanations import explanation
from lmpack.cli.printing import PrintingError, one_line, say_error

TRACEBACK_VERBOSITY = 2
STANDARD_INPUT = "standard input"
_VERBOSITY = "lmpack.verbosity"


class Failures:
    """Collects what went wrong.

    Attributes:
        records: for every file that failed its name and the message, for JSON.
    """

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self._has_warned = False

    def warn(self, name: str, sentence: str) -> None:
        """Say what is to be known of an output that is there all the same."""
        self._has_warned = True
        say_error(f"lmpack: {display_name(name)}: warning: {sentence}")

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Report an error of any kind inside the block, and go on behind it."""
        try:
            yield
        except (BrokenPipeError, PrintingError):
            raise
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise  # how the program ends, and no error of the file
        except Exception as error:
            message = self.record(name, error)
            print_error(f"{display_name(name)}: {message}")

    def record(self, name: str, error: Exception) -> str:
        """Count an error of a file, and give its message, which somebody else has to print."""
        message = message_of(error, name)
        self.records.append({"file": name, "error": message})
        return message

    def exit_if_any(self) -> None:
        """End the program with 1 if something failed, with 2 if there was a warning."""
        if self.records:
            click.get_current_context().exit(1)
        if self._has_warned:
            click.get_current_context().exit(2)


def print_error(message: str) -> None:
    """Print the error that is being handled as one line, after its traceback if that is wanted."""
    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get(_VERBOSITY, 0) >= TRACEBACK_VERBOSITY:
        import traceback

        say_error(*traceback.format_exc().splitlines())
    say_error(f"lmpack: {message}")


def keep_verbosity(context: click.Context, parameter: click.Parameter, value: int) -> int:
    """For the option -v: remembers how often it was given, wherever an error is printed."""
    context.meta[_VERBOSITY] = value
    return value


def display_name(name: str) -> str:
    """How a file is called in messages, on one line that can be printed."""
    if name == "-":
        return STANDARD_INPUT
    return one_line(name)


def message_of(error: Exception, name: str) -> str:
    """What is said of an error of a file, without the name of that file."""
    message = explanation(error)
    if not isinstance(error, OSError) or error.filename is None or str(error.filename) == name:
        return message
    return f"{display_name(str(error.filename))}: {message}"

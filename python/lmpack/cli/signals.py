"""Signals that end the program: it cleans up, and then dies by the signal.

Whoever started it sees by that how it ended. A shell, for example, leaves its loop only if what
runs in it has died by Ctrl-C.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

_ENDING = ("SIGTERM", "SIGHUP")
"""The signals that end a program, as far as the system has them; Python itself raises Ctrl-C."""


class SignalEnd(BaseException):
    """The program is to end by a signal. Like KeyboardInterrupt it is no error.

    Args:
        name: of the signal. Not all systems have all.
        state: what is to be said of what is done and what is not.
    """

    def __init__(self, name: str, state: str | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.state = state


@contextlib.contextmanager
def raised_signals() -> Iterator[None]:
    """Raise :class:`SignalEnd` inside the block when a signal comes that ends the program.

    What whoever started the program has told it to ignore (nohup) stays ignored.
    """

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise SignalEnd(signal.Signals(number).name)

    with contextlib.ExitStack() as restored:
        if threading.current_thread() is threading.main_thread():  # others cannot set handlers
            for number in (getattr(signal, name) for name in _ENDING if hasattr(signal, name)):
                if signal.getsignal(number) is signal.SIG_DFL:
                    restored.callback(signal.signal, number, signal.signal(number, end))
        yield


@contextlib.contextmanager
def ends_as_signals() -> Iterator[None]:
    """Turn what Python makes of SIGINT and SIGPIPE into a :class:`SignalEnd`."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise SignalEnd("SIGINT") from error
    except BrokenPipeError as error:
        # Python ignores the signal; nobody reads any more, so there is nobody to tell.
        raise SignalEnd("SIGPIPE") from error


@contextlib.contextmanager
def state_at_interruption(state: Callable[[], str]) -> Iterator[None]:
    """Let whoever presses Ctrl-C inside the block know what is done and what is not.

    Args:
        state: says it.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        raise SignalEnd("SIGINT", state()) from error


def die_by(name: str) -> NoReturn:
    """End the program as the signal does that nobody handles."""
    number = getattr(signal, name, None)
    if number is not None:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
    sys.exit(1)  # there is no such signal here, or it is blocked

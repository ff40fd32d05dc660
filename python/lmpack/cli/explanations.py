"""What an error means and what to do about it, in one line."""

from __future__ import annotations

import errno
import re

from lmpack.errors import LmpackError

_NO_MEMORY = (
    "there is not enough memory: choose fewer threads (-T 1), a lower level or a smaller model"
)
_NO_THREAD = "the system gives no more threads: choose fewer (-T 1), or end other programs"
_TOO_DEEP = "what it holds is nested too deeply to be read: it is damaged, or not what it should be"

_AS_PEOPLE_WRITE = {"recursive": "-r", "prefix": "-D, --prefix or --patch-from"}


def explanation(error: Exception) -> str:
    """One line for an error of any kind; without the name of the file, which stands before it."""
    if isinstance(error, LmpackError):
        # The library names its arguments, which the command spells as flags.
        return re.sub(r"the option (\w+)", _flag, _one_line(error))
    if isinstance(error, OSError):
        return _NO_MEMORY if error.errno == errno.ENOMEM else error.strerror or _one_line(error)
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    if isinstance(error, RecursionError):
        return _TOO_DEEP
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return _NO_THREAD
    return (
        f"{type(error).__name__}: {_one_line(error)}: this is a bug in lmpack: "
        "run it again with -vv and report what it prints"
    )


def _flag(match: re.Match[str]) -> str:
    if match[1] in _AS_PEOPLE_WRITE:
        return _AS_PEOPLE_WRITE[match[1]]
    return "the option --" + match[1].replace("_", "-")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())

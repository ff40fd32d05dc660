"""What is said of single files while an archive is made or unpacked, which goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lmpack.errors import LmpackError


class Listener(NamedTuple):
    """Functions that take the name of a file, and what there is to say of it.

    Attributes:
        failed: it is not in the archive, or was not unpacked, or not with all of its content.
        warned: it is there, but something of it may not be as it was.
        skipped: it was left out on purpose.
        done: it is there; the second argument is a regular file's size in bytes, else 0.
    """

    failed: Callable[[str, LmpackError | OSError], None]
    warned: Callable[[str, str], None]
    skipped: Callable[[str, str], None]
    done: Callable[[str, int], None]

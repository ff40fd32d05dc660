"""Names of files: which ones can be, and those of compressed ones."""

from __future__ import annotations

import os
from typing import TypeVar

from lmpack.errors import UsageError

SUFFIX = ".lmp"

PathText = TypeVar("PathText", bound=str | bytes)


def usable_path(path: PathText) -> PathText:
    """A path as it was given, if the system can have one like it.

    Raises:
        UsageError: it cannot.
    """
    try:
        encoded = os.fsencode(path)
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{path!r} is no path: this system cannot encode its character {error.start}"
        ) from error
    if b"\0" in encoded:
        raise UsageError(f"{path!r} is no path: it holds a character 0")
    return path


def compressed_name(name: str, force: bool) -> str:
    """The name of what a file is compressed to.

    Raises:
        UsageError: the file is named like a compressed one, and not `force`.
    """
    if name.endswith(SUFFIX) and not force:
        raise UsageError(
            f"it ends in {SUFFIX} already: nothing was done; the option force compresses it again"
        )
    return name + SUFFIX


def plain_name(name: str) -> str:
    """The name of what a file is decompressed to.

    Raises:
        UsageError: the file is not named like a compressed one.
    """
    if not name.endswith(SUFFIX) or name == SUFFIX:
        raise UsageError(f"it does not end in {SUFFIX}: name the output file")
    return name.removesuffix(SUFFIX)

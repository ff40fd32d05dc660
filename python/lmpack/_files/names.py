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


def checked_suffix(suffix: object) -> str:
    """A suffix as it was given, if names of files can end in it.

    Raises:
        UsageError: they cannot.
    """
    if not isinstance(suffix, str) or not suffix:
        raise UsageError(f"{suffix!r} is no suffix: give a text with letters, such as {SUFFIX}")
    if os.sep in suffix or (os.altsep and os.altsep in suffix):
        raise UsageError(f"{suffix!r} is no suffix: it holds a character that separates folders")
    return usable_path(suffix)


def compressed_name(name: str, force: bool, suffix: str = SUFFIX) -> str:
    """The name of what a file is compressed to: with the suffix behind it.

    Raises:
        UsageError: the file is named like a compressed one, and not `force`.
    """
    if name.endswith(suffix) and not force:
        raise UsageError(
            f"it ends in {suffix} already: nothing was done; the option force compresses it again"
        )
    return name + suffix


def plain_name(name: str, suffix: str = SUFFIX) -> str:
    """The name of what a file is decompressed to: without the suffix.

    Raises:
        UsageError: the file is not named like a compressed one, or no file can have that name.
    """
    plain = name.removesuffix(suffix)
    if plain in (name, ""):
        raise UsageError(f"it does not end in {suffix}: name the output file")
    if plain in (os.curdir, os.pardir):
        raise UsageError(f"{plain} is no name of a file: name the output file")
    return plain

"""Names of compressed files."""

from __future__ import annotations

from lmpack.errors import UsageError

SUFFIX = ".lmp"


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

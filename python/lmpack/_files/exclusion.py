"""What is left out of folders: by patterns, or because it is compressed already."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lmpack._files.disk.location import Location
from lmpack._files.planned import Refusal, nothing_refused
from lmpack.errors import UsageError


def left_out(patterns: Iterable[str], *, compressed: bool) -> Refusal:
    """What leaves out the files and folders that match a pattern, and maybe compressed files.

    Args:
        patterns: as of :mod:`fnmatch`, upper and lower case told apart. One without a slash is for
            names, one with a slash for paths below the folder that was asked for. A slash at the
            end means nothing.
        compressed: whether files that are compressed already are left out, too.

    Raises:
        UsageError: a pattern is none.
    """
    if isinstance(patterns, str | bytes):
        raise UsageError("the patterns of exclude must be several, in a list: ['*.iso']")
    chosen = list(patterns)
    if not all(isinstance(pattern, str) and pattern.strip("/") for pattern in chosen):
        raise UsageError(f"each pattern of exclude must be a text that is not empty: {chosen!r}")
    if not chosen and not compressed:
        return nothing_refused
    from fnmatch import fnmatchcase

    def refused(path: Path, below: Path) -> str | None:
        for pattern in chosen:
            stripped = pattern.strip("/")
            subject = below.as_posix() if "/" in stripped or pattern[0] == "/" else below.name
            if fnmatchcase(subject, stripped):
                return f"it is excluded by {pattern}"
        return _compressed(path, below) if compressed and _is_regular(path) else None

    return refused


def _is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _compressed(path: Path, below: Path) -> str | None:
    from lmpack._files.compressed_kinds import compressed_kind

    kind = compressed_kind(Location(path, path.parents[len(below.parts) - 1]))
    return None if kind is None else f"it is compressed already: {kind}"

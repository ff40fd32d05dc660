"""What is left out of folders: by patterns, or because it is compressed already."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lmpack._files.disk.location import Location
from lmpack._files.planned import Refusal, nothing_refused
from lmpack.errors import UsageError


def left_out(patterns: Iterable[str | Path], *, compressed: bool) -> Refusal:
    """What leaves out the files and folders that match a pattern, and maybe compressed files.

    Args:
        patterns: as of :mod:`fnmatch`, upper and lower case told apart. One without a slash is for
            names, one with a slash for paths below the folder that was asked for. A slash at the
            end means nothing. A :class:`pathlib.Path` leaves out that very file or folder.
        compressed: whether files that are compressed already are left out, too.

    Raises:
        UsageError: a pattern is none.
    """
    if isinstance(patterns, str | bytes):
        raise UsageError("the patterns of exclude must be several, in a list: ['*.iso']")
    chosen = list(patterns)
    paths = [pattern for pattern in chosen if isinstance(pattern, Path)]
    texts = [pattern for pattern in chosen if not isinstance(pattern, Path)]
    if not all(isinstance(pattern, str) and pattern.strip("/") for pattern in texts):
        raise UsageError(
            f"each pattern of exclude must be a text that is not empty, or a Path: {chosen!r}"
        )
    if not chosen and not compressed:
        return nothing_refused
    from fnmatch import fnmatchcase

    def refused(path: Path | None, below: Path) -> str | None:
        if path is not None and any(_is_same(path, other) for other in paths):
            return "it is excluded"
        for pattern in texts:
            stripped = pattern.strip("/")
            subject = below.as_posix() if "/" in stripped or pattern[0] == "/" else below.name
            if fnmatchcase(subject, stripped):
                return f"it is excluded by {pattern}"
        if path is None or not (compressed and _is_regular(path)):
            return None
        return _compressed(path, below)

    return refused


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # one of them is not there
        return False


def _is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _compressed(path: Path, below: Path) -> str | None:
    from lmpack._files.compressed_kinds import compressed_kind

    kind = compressed_kind(Location(path, path.parents[len(below.parts) - 1]))
    return None if kind is None else f"it is compressed already: {kind}"

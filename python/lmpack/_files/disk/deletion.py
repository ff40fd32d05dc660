"""The only place where files of the user are deleted."""

from __future__ import annotations

import os
import stat

from lmpack._files.disk.location import Location
from lmpack._files.disk.system import errors_name
from lmpack.errors import UsageError


def refuse_undeletable(source: Location, force: bool) -> None:
    """Refuse, before any work, a file that :func:`delete_source` would not delete.

    Args:
        source: the file.
        force: whether links are deleted.

    Raises:
        UsageError: it is no regular file; or, without `force`, a link or one of several names.
        OSError: there is none.
    """
    entry = source.entry()
    if not stat.S_ISREG(_followed(source, entry).st_mode):
        raise UsageError("it is no regular file: it cannot be removed afterwards, leave that out")
    if force:
        return
    if stat.S_ISLNK(entry.st_mode):
        raise UsageError(
            "it is a symbolic link: nothing was done; the option force removes it, "
            "but not the file that it leads to"
        )
    if entry.st_nlink > 1:
        raise UsageError(
            f"it is one of {entry.st_nlink} names of a file: nothing was done; the option force "
            "removes this name"
        )


def delete_source(source: Location, like: os.stat_result) -> None:
    """Delete a file that was converted, if it is the one that was read and has not changed since.

    Of a link the link is deleted.

    Args:
        source: the file.
        like: its status when it was opened.

    Raises:
        UsageError: another file is there now, or it was changed; it is kept.
        OSError: it cannot be deleted.
    """
    name = source.path.name
    with errors_name(source.path), source.folder() as folder:
        now = _followed(source, folder.status(name))
        if not stat.S_ISREG(now.st_mode) or _version(now) != _version(like):
            raise UsageError("it was changed while it was read: it is kept")
        folder.delete(name)
        folder.sync()


def has_changed(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether the content of an open file was changed between two looks at it."""
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


def _followed(source: Location, entry: os.stat_result) -> os.stat_result:
    if source.top is None and stat.S_ISLNK(entry.st_mode):
        return os.stat(source.path)
    return entry


def _version(status: os.stat_result) -> tuple[int, ...]:
    """Differs after any change: the time of the last one (ctime) cannot be set back."""
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )

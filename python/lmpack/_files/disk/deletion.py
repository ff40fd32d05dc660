"""The only place where files of the user are deleted."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lmpack._files.disk.folder import Folder
from lmpack._files.disk.system import errors_name
from lmpack.errors import UsageError


def refuse_undeletable(path: str, force: bool) -> None:
    """Refuse, before any work, a file that :func:`delete_source` would not delete.

    Args:
        path: of the file.
        force: whether links are deleted.

    Raises:
        UsageError: it is no regular file; or, without `force`, a link or one of several names.
        OSError: there is none.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise UsageError("it is no regular file: it cannot be removed afterwards, leave that out")
    if force:
        return
    entry = os.lstat(path)
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


def delete_source(path: str, like: os.stat_result) -> None:
    """Delete a file that was converted, if it is the one that was read and has not changed since.

    Of a link the link is deleted.

    Args:
        path: of the file.
        like: its status when it was opened.

    Raises:
        UsageError: another file is there now, or it was changed; it is kept.
        OSError: it cannot be deleted.
    """
    place = Path(path)
    with errors_name(path), Folder(place.parent) as folder:
        entry = folder.status(place.name)
        now = os.stat(path) if stat.S_ISLNK(entry.st_mode) else entry
        if not stat.S_ISREG(now.st_mode) or _version(now) != _version(like):
            raise UsageError("it was changed while it was read: it is kept")
        folder.delete(place.name)
        folder.sync()


def has_changed(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether the content of an open file was changed between two looks at it."""
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


def _version(status: os.stat_result) -> tuple[int, ...]:
    """Differs after any change: the time of the last one (ctime) cannot be set back."""
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )

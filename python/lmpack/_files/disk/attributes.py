"""Owner, group, permissions and times of an open file or folder: kept as far as may be."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Any, NamedTuple

_PERMISSIONS = 0o777


class Opened(NamedTuple):
    """A file or folder whose attributes are set.

    Attributes:
        descriptor: of the file; None on a system without descriptors of folders.
        path: of the file, for what a system cannot do by descriptors.
    """

    descriptor: int | None
    path: str

    def by(self, function: Callable[..., Any]) -> int | str:
        """What a function of `os` takes."""
        if self.descriptor is None or function not in os.supports_fd:
            return self.path
        return self.descriptor

    @property
    def status(self) -> os.stat_result:
        """Its attributes now."""
        return os.stat(self.by(os.stat))


class Recorded(NamedTuple):
    """Attributes that an archive has recorded of a file.

    Attributes:
        mode: its permissions.
        mtime_ns: the time of its last change, in nanoseconds since 1970.
    """

    mode: int
    mtime_ns: int


def restore_attributes(file: Opened, recorded: Recorded) -> list[str]:
    """Give a file the attributes that were recorded of one.

    Returns:
        As for :func:`keep_attributes`.
    """
    lost = _set_permissions(file, recorded.mode & _PERMISSIONS)
    return lost + restore_time(file, recorded.mtime_ns)


def restore_time(file: Opened, mtime_ns: int) -> list[str]:
    """Give a file or folder a time of its last change, in nanoseconds since 1970; as the above."""
    return _attempt("time", os.utime, file, ns=(mtime_ns, mtime_ns))


def keep_attributes(file: Opened, like: os.stat_result) -> list[str]:
    """Give a file the owner, group, permissions and times of another one.

    Args:
        file: which only its owner can use until now.
        like: status of the other one.

    Returns:
        For each attribute that is lost a sentence about it.
    """
    lost = keep_access(file, like)
    lost += _attempt("times", os.utime, file, ns=(like.st_atime_ns, like.st_mtime_ns))
    # Last: who has given a file away may do nothing more with it.
    return lost + _keep_owner(file, like)


def keep_access(file: Opened, like: os.stat_result, at_least: int = 0) -> list[str]:
    """Give a file the group and the permissions of another one, and nobody more than that.

    Args:
        file: which only its owner can use until now.
        like: status of the other one.
        at_least: permissions that it has in any case.

    Returns:
        As for :func:`keep_attributes`.
    """
    permissions = like.st_mode & _PERMISSIONS
    lost = []
    if not _keep_group(file, like):
        narrowed = _shared_permissions(permissions)
        if narrowed != permissions:
            lost.append(
                "its group could not be kept: the new group and all others "
                "may do only what the old group and all others could"
            )
        permissions = narrowed
    return lost + _set_permissions(file, permissions | at_least)


def narrow_access(file: Opened, like: os.stat_result, at_least: int = 0) -> list[str]:
    """Take from a file the permissions that another one does not give; else as the above."""
    now = file.status
    permissions = like.st_mode & now.st_mode & _PERMISSIONS
    if now.st_gid != like.st_gid:
        permissions = _shared_permissions(permissions)
    return _set_permissions(file, permissions | at_least)


def _set_permissions(file: Opened, permissions: int) -> list[str]:
    if stat.S_IMODE(file.status.st_mode) == permissions:
        return []
    return _attempt("permissions", os.chmod, file, permissions)


def _shared_permissions(permissions: int) -> int:
    """What both the group and all others may do, for both: who is in the group has changed."""
    shared = permissions >> 3 & permissions & 0o7
    return permissions & 0o700 | shared << 3 | shared


def _keep_group(file: Opened, like: os.stat_result) -> bool:
    if file.status.st_gid == like.st_gid:
        return True
    return not _attempt("group", os.chown, file, -1, like.st_gid)


def _keep_owner(file: Opened, like: os.stat_result) -> list[str]:
    if file.status.st_uid == like.st_uid:
        return []
    lost = _attempt("owner", os.chown, file, like.st_uid, -1)
    return lost if os.geteuid() == 0 else []  # that only root can do it surprises nobody


def _attempt(
    what: str, function: Callable[..., None], file: Opened, *values: Any, **more: Any
) -> list[str]:
    try:
        function(file.by(function), *values, **more)
    except OSError as error:
        return [f"its {what} could not be kept: {error.strerror}"]
    except OverflowError:  # the system has no such time
        return [f"its {what} could not be kept: it is out of range"]
    return []

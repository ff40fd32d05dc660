"""What this system has for the work on open files; where it lacks something there is another way.

Descriptors that Python opens are never inherited, so no flag asks for that.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def _flags(*names: str) -> int:
    found = 0
    for name in names:
        found |= getattr(os, name, 0)
    return found


CAREFULLY = _flags("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")
"""For opening what must be a regular file: no link is followed, no pipe or device waited for."""

WITHOUT_WAITING = _flags("O_NONBLOCK", "O_BINARY")
"""The same, where a link may be followed."""

FOLDER = _flags("O_DIRECTORY")
"""For opening a folder."""

FOLDER_TO_PASS = getattr(os, "O_PATH", None)
"""For opening a folder that must not be listed; None where that is not possible."""

HAS_FOLDER_DESCRIPTORS = os.listdir in os.supports_fd and (
    {os.link, os.mkdir, os.open, os.rename, os.stat, os.unlink} <= os.supports_dir_fd
)

CAN_LINK_LINKS = os.link in os.supports_follow_symlinks
"""Whether a second name can be given to a link itself, and not only to what it leads to."""

OPEN_FILES_ARE_FIXED = os.name == "nt"
"""Whether a file that is open can be neither renamed nor deleted."""

_CANNOT_SYNC = {errno.EBADF, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


def sync(descriptor: int) -> None:
    """Have a file or folder on the disk, as far as its file system can do that at all.

    Raises:
        OSError: the disk failed.
    """
    if hasattr(fcntl, "F_FULLFSYNC"):  # macOS, whose fsync leaves it in the cache of the disk
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise


def lock(descriptor: int) -> bool | None:
    """Lock an open file until it is closed, without waiting.

    Returns:
        Whether it was free; None where there are no locks.
    """
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return None
    return True


@contextlib.contextmanager
def errors_name(path: str | os.PathLike[str]) -> Iterator[None]:
    """Errors of the system inside the block are about the file that the user knows.

    Raises:
        OSError: of the same kind, with `path` as the name of the file.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:  # it has a text of ours
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error

"""A file that appears under its name only when it is complete."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from lmpack._files.kinds import kind_of
from lmpack.errors import UsageError

_PREFIX, _SUFFIX = ".lmpack-", ".tmp"
_PERMISSIONS = 0o777


class NamedSink:
    """Writes to an unbuffered file; its errors say which file it was.

    Args:
        file: has `write`.
        name: of the file, for errors.
    """

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        self._name = name

    def write(self, data: memoryview, /) -> int | None:
        """Write some of `data`; the number of bytes, None for all."""
        try:
            written: int | None = self._file.write(data)
            return written
        except OSError as error:
            error.filename = error.filename or self._name
            raise


class Replacement:
    """A temporary file next to `target` that takes its place, or vanishes.

    Attributes:
        sink: takes the content.

    Args:
        target: path of the file.
        force: whether an existing file is replaced.
        like: the file whose permissions and time of change are taken over, and its owner, where
            that is allowed; None for new ones.

    Raises:
        UsageError: the file exists already.
        OSError: it cannot be written.
    """

    def __init__(self, target: Path, *, force: bool, like: os.stat_result | None) -> None:
        refuse_existing(target, force)
        self._target, self._force, self._like = target, force, like
        # Named before it is created: there is no moment in which a signal could leave it behind.
        self._temporary = target.parent / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
        try:
            self._file = open(  # noqa: SIM115 - closed by commit and abandon
                self._temporary, "xb", buffering=0, opener=_opener(like)
            )
            # Tells it from what a killed process has left.
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException as error:
            with contextlib.suppress(OSError):
                self._temporary.unlink()
            if isinstance(error, OSError) and error.filename == str(self._temporary):
                error.filename = str(target)
            raise
        self.sink = NamedSink(self._file, str(target))

    def commit(self) -> None:
        """Give it its name, with all its content on the disk before that."""
        os.fsync(self._file.fileno())
        self._file.close()
        if self._like is not None:
            with contextlib.suppress(OSError):  # only root may give files away
                os.chown(self._temporary, self._like.st_uid, self._like.st_gid)
            self._temporary.chmod(self._like.st_mode & _PERMISSIONS)
            os.utime(self._temporary, ns=(self._like.st_atime_ns, self._like.st_mtime_ns))
        _give_name(self._temporary, self._target, self._force)

    def abandon(self) -> None:
        """Leave no trace of it. After :meth:`commit` this does nothing."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replacement(target: Path, *, force: bool, like: os.stat_result | None) -> Iterator[NamedSink]:
    """The sink of a :class:`Replacement` that is committed if the block ends without an error."""
    new = Replacement(target, force=force, like=like)
    try:
        yield new.sink
        new.commit()
    finally:
        new.abandon()


def refuse_existing(target: Path, force: bool) -> None:
    """Refuse to replace a folder or a stream, and a file without `force`.

    Raises:
        UsageError: it exists.
    """
    if target.is_dir():
        raise UsageError(f"{target} is a folder: name another output")
    kind = kind_of(target)
    if kind is not None and kind.is_stream:
        raise UsageError(f"{target} is a {kind.value}, which is not replaced: name another output")
    # A link that leads nowhere is something, too.
    if os.path.lexists(target) and not force:
        raise UsageError(
            f"{target} exists already: nothing was written; the option force overwrites it"
        )


def regular_status(file: BinaryIO) -> os.stat_result | None:
    """Permissions and times of an open file that is a regular one; None for everything else."""
    try:
        status = os.fstat(file.fileno())
    except OSError:  # it is no file of the system
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def refuse_same(source: os.stat_result | None, target: Path) -> None:
    """Refuse to replace a regular file by what is made of it.

    Args:
        source: status of the file that is read; None if it is no regular one.
        target: path of the output.

    Raises:
        UsageError: they are the same.
    """
    if source is not None and target.exists() and os.path.samestat(source, target.stat()):
        raise UsageError("input and output are the same file: name another output")


def delete_source(path: str, like: os.stat_result) -> None:
    """Delete a file that was converted, if it still is the one that was read.

    Args:
        path: of the file.
        like: its status when it was opened.

    Raises:
        UsageError: another file is there now, or it was changed; it is kept.
        OSError: it cannot be deleted.
    """
    now = os.stat(path)
    if not os.path.samestat(now, like) or now.st_mtime_ns != like.st_mtime_ns:
        raise UsageError("it was changed while it was read: it is kept")
    os.unlink(path)


def remove_leftovers(folder: str | os.PathLike[str]) -> None:
    """Delete the temporary files that killed processes have left in a folder."""
    for path in Path(folder).glob(f"{_PREFIX}*{_SUFFIX}"):
        # Another process may have one of them in work, or be deleting it at this moment.
        with contextlib.suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def is_temporary(path: Path) -> bool:
    """Whether a path is named like the temporary files of this module."""
    return path.name.startswith(_PREFIX) and path.name.endswith(_SUFFIX)


def _give_name(temporary: Path, target: Path, force: bool) -> None:
    """Rename; without `force` not even over a file that has just appeared."""
    if not force:
        try:
            os.link(temporary, target)
        except FileExistsError:
            refuse_existing(target, force)
        except OSError:  # a file system without hard links
            refuse_existing(target, force)
        else:
            temporary.unlink()
            return
    temporary.replace(target)


def _opener(like: os.stat_result | None) -> Callable[[str, int], int]:
    """For the built-in open: nobody else may read the file before it has its permissions."""
    permissions = 0o666 if like is None else 0o600
    return functools.partial(os.open, mode=permissions)

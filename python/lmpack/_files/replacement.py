"""A file that appears under its name only when it is complete."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from lmpack._files.disk import system
from lmpack._files.disk.attributes import (
    Opened,
    Recorded,
    keep_attributes,
    restore_attributes,
)
from lmpack._files.disk.folder import Folder
from lmpack._files.disk.holes import HoleWriter
from lmpack._files.disk.temporary import TemporaryFile, remove_leftovers
from lmpack._files.kinds import kind_of
from lmpack.errors import UsageError


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

    All is done by descriptors of the file and of its folder: who may write to that folder can make
    it fail, but not lead it to other files.

    Attributes:
        sink: takes the content; of long runs of zeros it makes holes.

    Args:
        target: path of the file.
        force: whether an existing file is replaced.
        like: the file whose permissions and times are taken over, and its owner and group, where
            that is allowed; or what an archive has recorded of it; None for new ones.
        top: a folder above it below which no link is followed on the way to it; None if all are.
        temporary: gives the temporary file in a folder, with permissions less the umask if new.

    Raises:
        UsageError: the file exists already.
        OSError: it cannot be written.
    """

    def __init__(
        self,
        target: Path,
        *,
        force: bool,
        like: os.stat_result | Recorded | None,
        top: Path | None = None,
        temporary: Callable[[Folder, int], TemporaryFile] = TemporaryFile,
    ) -> None:
        check_target(target, force)
        self._target, self._force, self._like = target, force, like
        with contextlib.ExitStack() as on_error, system.errors_name(target):
            self._folder = Folder(target.parent, top=top)
            on_error.callback(self._folder.close)
            # Nobody else may read the file before it has its permissions.
            self._file = temporary(self._folder, 0o666 if like is None else 0o600)
            on_error.pop_all()
        self._holes = HoleWriter(self._descriptor)
        self.sink = NamedSink(self._holes, str(target))

    @property
    def _descriptor(self) -> int:
        assert self._file.descriptor is not None
        return self._file.descriptor

    def commit(self) -> tuple[str, ...]:
        """Give it its name, with all its content on the disk before that, and the name after it.

        Returns:
            For each attribute that is lost a sentence about it.

        Raises:
            OSError: it cannot be written whole, or not be named.
            UsageError: a file has appeared in its place meanwhile.
        """
        with system.errors_name(self._target):
            self._holes.finish()
            lost = self._keep_attributes()
            system.sync(self._descriptor)
            # Some network file systems say only when a file is closed that they have lost it. This
            # one stays open until it has its name, or its number might become that of another.
            os.close(os.dup(self._descriptor))
            if system.OPEN_FILES_ARE_FIXED:
                self._file.close()
            self._give_name()
            self._folder.sync()
        return tuple(lost)

    def abandon(self) -> None:
        """Leave no trace of it. After :meth:`commit` this only lets go of it."""
        try:
            with system.errors_name(self._target):
                self._file.discard()
        finally:
            self._folder.close()

    def _keep_attributes(self) -> list[str]:
        if self._like is None:
            return []
        file = Opened(self._descriptor, str(self._target.parent / self._file.name))
        if isinstance(self._like, Recorded):
            return restore_attributes(file, self._like)
        return keep_attributes(file, self._like)

    def _give_name(self) -> None:
        self._check_place(self._file.name)
        if self._force or not self._link():
            self._folder.rename(self._file.name, self._target.name)
        else:
            self._folder.delete(self._file.name)
        self._check_place(self._target.name)

    def _link(self) -> bool:
        """Give it a second name, but not that of a file that has just appeared."""
        try:
            self._folder.link(self._file.name, self._target.name)
        except OSError:  # also if the file system has no hard links
            refuse_existing(self._target, self._force)
            return False
        return True

    def _check_place(self, name: str) -> None:
        if not self._file.is_at(name):
            raise OSError(
                f"{self._target}: another process has put a file in the place of this one while "
                "it was written: choose a folder into which nobody else may write"
            )


@contextlib.contextmanager
def replacement(
    target: Path, *, force: bool, like: os.stat_result | None, warn: Callable[[str], None]
) -> Iterator[NamedSink]:
    """The sink of a :class:`Replacement` that is committed if the block ends without an error.

    Args:
        target: path of the file.
        force: whether an existing file is replaced.
        like: as for :class:`Replacement`.
        warn: called with a sentence about each attribute that is lost.
    """
    remove_leftovers(target.parent)
    new = Replacement(target, force=force, like=like)
    try:
        yield new.sink
        for sentence in new.commit():
            warn(sentence)
    finally:
        new.abandon()


def check_target(target: Path, force: bool) -> None:
    """Refuse what would fail when all is done, as far as it can be known before.

    Raises:
        UsageError: it exists already, or is a folder.
        OSError: its name is too long, or it must not be written.
    """
    with system.errors_name(target):
        refuse_existing(target, force)
        _refuse_forbidden(target)


def refuse_existing(target: Path, force: bool) -> None:
    """Refuse to replace a folder or a stream, and a file without `force`.

    Raises:
        UsageError: it exists.
        OSError: there can be no file of this name.
    """
    if target.is_dir():
        raise UsageError(f"{target} is a folder: name another output")
    kind = kind_of(target)
    if kind is not None and kind.is_stream:
        raise UsageError(f"{target} is a {kind.value}, which is not replaced: name another output")
    try:
        os.lstat(target)  # a link that leads nowhere is something, too
    except (FileNotFoundError, NotADirectoryError):
        return
    if not force:
        raise UsageError(
            f"{target} exists already: nothing was written; the option force overwrites it"
        )


def _refuse_forbidden(target: Path) -> None:
    """Refuse a file that the permissions of its folder do not allow.

    Raises:
        PermissionError: they do not.
    """
    folder = target.parent
    if not folder.is_dir():  # it may be made, or opening it will say what is wrong
        return
    effective = os.access in os.supports_effective_ids
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=effective):
        raise PermissionError(errno.EACCES, "its folder must not be written to")
    if _is_kept_by_sticky_folder(target):
        raise PermissionError(
            errno.EPERM, "it belongs to somebody else, and its folder lets only them replace it"
        )


def _is_kept_by_sticky_folder(target: Path) -> bool:
    if not hasattr(os, "geteuid") or not os.path.lexists(target):
        return False
    folder = target.parent.stat()
    return bool(folder.st_mode & stat.S_ISVTX) and os.geteuid() not in (
        0,
        folder.st_uid,
        target.lstat().st_uid,
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

"""Temporary files: made, told from those of dead processes, and deleted."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from lmpack._files.disk import system
from lmpack._files.disk.folder import Folder

_NAME = re.compile(r"\.lmpack-[0-9a-f]{16}\.tmp")
_ATTEMPTS = 20


_unfinished: set[TemporaryFile] = set()
"""Those of this process that have neither been given a name nor been discarded."""


def temporary_name() -> str:
    """A new name of something that is not complete yet."""
    return f".lmpack-{os.urandom(8).hex()}.tmp"


def is_temporary(name: str) -> bool:
    """Whether a name is exactly like those of :func:`temporary_name`."""
    return _NAME.fullmatch(name) is not None


class TemporaryFile:
    """A new file, locked as long as it is open, so that nobody takes it for a leftover.

    Attributes:
        folder: in which it is.
        name: in that folder.
        descriptor: for writing.

    Args:
        folder: in which it is made.
        mode: its permissions, less the umask.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, folder: Folder, mode: int) -> None:
        self.folder = folder
        for _ in range(_ATTEMPTS):
            self._make(mode)
            if self._is_held():
                return
            self.discard()
        raise OSError(f"{folder.path}: another process takes away each temporary file in there")

    def _make(self, mode: int) -> None:
        # Named before it is created: a signal at any moment of that leaves nothing behind.
        self.name = temporary_name()
        self._status: os.stat_result | None = None
        self.descriptor: int | None = None
        _unfinished.add(self)
        try:
            self.descriptor = self.folder.open(
                self.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode
            )
            self._status = os.fstat(self.descriptor)
        except BaseException:
            with contextlib.suppress(OSError):
                self.discard()
            raise

    def _is_held(self) -> bool:
        """Lock it. Who looked for leftovers may have been quicker, and have deleted it."""
        assert self.descriptor is not None
        return system.lock(self.descriptor) is not False and self.is_at(self.name)

    def is_at(self, name: str) -> bool:
        """Whether a name in the folder is that of this file."""
        return self._status is not None and self.folder.has(name, self._status)

    def close(self) -> None:
        """Close it. A second time this does nothing."""
        descriptor, self.descriptor = self.descriptor, None
        _unfinished.discard(self)
        if descriptor is not None:
            # What a full disk or a network has to say was asked for by syncing it.
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def discard(self) -> None:
        """Close it, and delete it if it still has its temporary name.

        Raises:
            OSError: it cannot be deleted.
        """
        if system.OPEN_FILES_ARE_FIXED:
            self.close()
        try:
            # Without a status a signal came before there was one.
            if self._status is None or self.is_at(self.name):
                self.folder.delete(self.name)
        finally:
            self.close()


def discard_unfinished() -> None:
    """Discard all temporary files of this process, which is about to end.

    A signal may come between the moment in which one is made and that in which somebody has it, who
    would discard it.
    """
    for file in list(_unfinished):
        with contextlib.suppress(OSError):
            file.discard()


def remove_leftovers(path: Path) -> None:
    """Delete the temporary files that killed processes of this user have left in a folder.

    Nothing else is deleted, opened or waited for. What cannot be deleted stays.
    """
    with contextlib.suppress(OSError), Folder(path) as folder:
        for name in filter(is_temporary, folder.names()):
            with contextlib.suppress(OSError):  # others may be deleting it at this moment
                _remove_leftover(folder, name)


def _remove_leftover(folder: Folder, name: str) -> None:
    if system.OPEN_FILES_ARE_FIXED:  # deleting fails as long as somebody works with it
        folder.delete(name)
        return
    opened = folder.open_regular(name, os.O_RDWR)
    if opened is None:
        return
    descriptor, status = opened
    try:
        if status.st_uid == os.geteuid() and system.lock(descriptor) and folder.has(name, status):
            folder.delete(name)
    finally:
        os.close(descriptor)

"""A bundle that comes into being: a folder beside its place, which an interruption only delays."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from lmpack._files.disk.system import lock, sync
from lmpack._models.listing import BUNDLE_FILES
from lmpack.errors import UsageError

SUFFIX = ".partial"
_JOURNAL = "done.txt"
_NAMES = {*BUNDLE_FILES, _JOURNAL}


class PartialBundle:
    """What is complete already of a bundle; see :func:`partial_bundle`.

    Attributes:
        folder: where its files are written.
        is_new: whether nothing of it is there yet.
        is_whole: set once everything is there: then it gets its name.
    """

    def __init__(self, target: Path, journal: IO[str], key: str) -> None:
        self.folder = folder_of(target)
        self._journal = journal
        self.is_whole = False
        journal.seek(0)
        found, *done = journal.read().split("\n")[:-1] or [""]  # a line that was cut is no line
        self.is_new = found != key
        self._done = set() if self.is_new else set(done)
        if self.is_new:
            for path in self.folder.iterdir():
                if path.name != _JOURNAL:
                    path.unlink()
            journal.truncate(0)
            self._write(key)

    def has(self, part: str) -> bool:
        """Whether a part was complete before."""
        return part in self._done

    def complete(self, part: str, file: IO[bytes]) -> None:
        """Remember that a part is written into a file, also if the machine stops now."""
        file.flush()
        sync(file.fileno())
        self._write(part)

    def _write(self, line: str) -> None:
        self._journal.write(f"{line}\n")
        self._journal.flush()
        sync(self._journal.fileno())


def folder_of(target: Path) -> Path:
    """The folder in which a bundle comes into being."""
    return target.with_name(target.name + SUFFIX)


def require_free(target: Path) -> None:
    """Refuse a target that is there already.

    Raises:
        UsageError: it is.
    """
    if os.path.lexists(target):
        raise UsageError(f"{target} is there already: remove it first, or choose another name")


@contextlib.contextmanager
def partial_bundle(target: Path, key: str) -> Iterator[PartialBundle]:
    """Begin a bundle, or go on with one; it gets its name after the block, if it is whole.

    Args:
        target: the folder that it will be.
        key: what it is made from: one with another key is begun anew.

    Raises:
        UsageError: the folder is there already, somebody else is writing it, or the folder beside
            it, in which it would come into being, is somebody's own.
        OSError: it cannot be written.
    """
    require_free(target)
    folder = folder_of(target)
    folder.mkdir(parents=True, exist_ok=True)
    _require_own(folder)
    with (folder / _JOURNAL).open("a+", encoding="utf-8", newline="\n") as journal:
        if lock(journal.fileno()) is False:
            raise UsageError(f"another import is writing {folder}: wait until it has ended")
        if not _is_at(journal, folder / _JOURNAL):
            raise UsageError(f"another import has ended with {folder} meanwhile: do it again")
        bundle = PartialBundle(target, journal, key)
        yield bundle
        if bundle.is_whole:
            for path in folder.iterdir():
                with path.open("rb") as file:
                    sync(file.fileno())
            # The journal last: as long as it is there and locked, no other import begins.
            os.rename(folder, target)
            (target / _JOURNAL).unlink()


def _require_own(folder: Path) -> None:
    """Refuse a folder that no import has made: what is in it is deleted where one begins anew.

    Raises:
        UsageError: it is one.
    """
    others = sorted(path.name for path in folder.iterdir() if path.name not in _NAMES)
    if folder.is_symlink():
        raise UsageError(f"{folder} is a link: remove it, or choose another name")
    if others:
        raise UsageError(
            f"{folder} holds {others[0]}, which no import has written: move it away, or choose "
            "another name"
        )


def _is_at(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False

"""The folders that a batch writes into: freed of leftovers, and made like those they stand for."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lmpack._files.disk import system
from lmpack._files.disk.attributes import Opened, keep_access, keep_attributes, narrow_access
from lmpack._files.disk.folder import Folder, make_folders
from lmpack._files.disk.temporary import remove_leftovers
from lmpack._files.planned import Planned
from lmpack._files.remote.source import RemoteLocation
from lmpack._files.remote.target import make_remote_folder
from lmpack._files.remote.url import Url

_OWNER = 0o700
"""What its owner has to be allowed as long as files are written into a folder."""


class _Pair(NamedTuple):
    """A folder of outputs and the one that it stands for, each with the top of its tree."""

    made: Path
    like: Path
    made_top: Path
    like_top: Path


class _Made(NamedTuple):
    """A folder that was made: what tells it from others, and the one it stands for, if only one."""

    own: os.stat_result
    like: os.stat_result | None


class OutputFolders:
    """Prepares folders when something is first written into them.

    A folder that is made gets group and permissions of the one in which its files were found at
    once, but for what its owner needs, and all other attributes when the last of its files is done.
    One that stands for several has the permissions that all of them give.

    Args:
        planned: the files of the batch.
        may_make: whether folders are made that are not there.
        is_shared: whether other processes, maybe of other machines, write into the same folders.
            Then a folder never gets its last attributes, as others may still have to write into it,
            and leftovers stay, as a lock may not be seen from another machine.
    """

    def __init__(self, planned: Iterable[Planned], may_make: bool, is_shared: bool = False) -> None:
        self._may_make = may_make
        self._is_shared = is_shared
        self._swept: set[Path] = set()
        self._matched: set[_Pair] = set()
        self._made: dict[Path, _Made] = {}
        self._remote: set[Url] = set()
        self._files_left = Counter(pair.made for item in planned for pair in self._pairs(item))

    def sweep(self, item: Planned) -> None:
        """Delete what killed processes have left where the output goes; looks there once."""
        if item.output is not None and not self._is_shared:
            location = item.output_location
            if isinstance(location, RemoteLocation):
                return
            folder = location.path.parent
            if folder not in self._swept:
                self._swept.add(folder)
                with contextlib.suppress(OSError), location.folder():
                    remove_leftovers(folder)

    def prepare(self, item: Planned) -> list[str]:
        """Have the folder of an output there.

        Returns:
            For each attribute of a new folder that is lost a sentence about it.

        Raises:
            OSError: it cannot be made.
        """
        lost = []
        if self._may_make and item.output is not None:
            for pair in reversed(list(self._pairs(item))):
                lost += self._match(pair)
            location = item.output_location
            if isinstance(location, RemoteLocation):
                folder = location.url.parent
                if folder not in self._remote:
                    make_remote_folder(location.url)
                    self._remote.add(folder)
                return lost
            self._make(location.path.parent, 0o777, location.top)
        self.sweep(item)
        return lost

    def done(self, item: Planned) -> list[str]:
        """A file is done, whatever became of it; returns what :meth:`prepare` does."""
        lost: list[str] = []
        if self._is_shared:
            return lost
        for pair in self._pairs(item):
            self._files_left[pair.made] -= 1
            made = self._made.get(pair.made)
            if self._files_left[pair.made] == 0 and made is not None and made.like is not None:
                lost += _said(pair.made, self._finish(pair, made.like))
        return lost

    def _pairs(self, item: Planned) -> Iterator[_Pair]:
        """The folders above an output up to that of the whole tree, innermost first."""
        if not self._may_make or item.output is None:
            return
        to, origin = item.output_location, item.source_location
        if isinstance(to, RemoteLocation) or isinstance(origin, RemoteLocation):
            return  # there is no folder to be made like another one
        (output, made_top), (source, like_top) = to, origin
        if made_top is None or like_top is None:
            return
        made, like = output.parent, source.parent
        while like != like_top:
            yield _Pair(made, like, made_top, like_top)
            made, like = made.parent, like.parent
        yield _Pair(made, like, made_top, like_top)

    def _match(self, pair: _Pair) -> list[str]:
        """Make a folder like the one it stands for, or like that one, too."""
        if pair in self._matched:
            return []
        with system.errors_name(pair.like), Folder(pair.like, top=pair.like_top) as original:
            like = _opened(original).status
        self._make(pair.made.parent, 0o777, pair.made_top)
        if self._make(pair.made, _OWNER, pair.made_top):
            self._made[pair.made] = self._made[pair.made]._replace(like=like)
            change = keep_access
        elif pair.made in self._made:
            self._made[pair.made] = self._made[pair.made]._replace(like=None)
            change = narrow_access
        else:  # it was there before
            self._matched.add(pair)
            return []
        with Folder(pair.made, system.CAREFULLY, pair.made_top) as folder:
            if not self._is_own(folder):
                raise OSError(f"{pair.made}: another process has put a folder in its place")
            lost = change(_opened(folder), like, _OWNER)
        self._matched.add(pair)
        return _said(pair.made, lost)

    def _make(self, path: Path, mode: int, top: Path | None) -> bool:
        """Make a folder, with those above it; whether it was not there."""
        made = make_folders(path, mode, top)
        self._made.update((new, _Made(own, None)) for new, own in made.items())
        return path in made

    def _finish(self, pair: _Pair, like: os.stat_result) -> list[str]:
        try:
            with Folder(pair.made, system.CAREFULLY, pair.made_top) as folder:
                return keep_attributes(_opened(folder), like) if self._is_own(folder) else []
        except OSError as error:
            return [f"its attributes could not be kept: {error.strerror}"]

    def _is_own(self, folder: Folder) -> bool:
        """Whether it is the folder that was made, and not another one that was put there."""
        return os.path.samestat(_opened(folder).status, self._made[folder.path].own)


def _opened(folder: Folder) -> Opened:
    return Opened(folder.descriptor, str(folder.path))


def _said(path: Path, lost: list[str]) -> list[str]:
    return [f"the folder {path}: {sentence}" for sentence in lost]

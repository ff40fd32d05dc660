"""An input of a batch, and where what is made of it goes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lmpack._files.disk.location import Location
from lmpack._files.disk.parts import is_part
from lmpack._files.disk.temporary import is_temporary
from lmpack._files.kinds import Kind, kind_of
from lmpack._files.remote.source import Place, RemoteLocation
from lmpack._files.remote.url import Url, is_url, refuse_chain
from lmpack.errors import UsageError

Rename = Callable[[str], str]
"""The name of an output for that of an input; UsageError for an input that has none."""

Refusal = Callable[[Path | None, Path], str | None]
"""Why a file or folder that was found is left out, if it is; takes its path, None if it is not of
this machine, and its path below the folder that was asked for."""


AnyPath = Path | Url
"""Of this machine, or of a storage."""


def nothing_refused(path: Path | None, below: Path) -> None:
    """The :data:`Refusal` that leaves nothing out."""


class Planned(NamedTuple):
    """An input.

    Attributes:
        source: its path.
        output: the path of what is made of it; None if nothing is.
        size: its bytes, as far as they are known before it is read.
        skipped: why nothing is to be done for it; None if something is.
        error: why nothing can be done for it.
        top: the path that was asked for, if that is a folder in which it was found.
        output_top: the folder in which the tree of that one is made again, then.
    """

    source: str
    output: str | None = None
    size: int = 0
    skipped: str | None = None
    error: UsageError | OSError | None = None
    top: str | None = None
    output_top: str | None = None

    @property
    def source_location(self) -> Place:
        """Where it is read."""
        return _location(self.source, self.top)

    @property
    def relative_source(self) -> str:
        """Its path below the folder that was asked for, or as it was asked for; / separates."""
        if is_url(self.source):
            below = self.source.removeprefix(self.top or "")
            return below if self.top is None else below.lstrip("/")
        path = Path(self.source)
        return (path if self.top is None else path.relative_to(self.top)).as_posix()

    @property
    def output_location(self) -> Place:
        """Where its output goes, which it must have."""
        assert self.output is not None
        return _location(self.output, self.output_top)


class Planner:
    """Names outputs, and notices if two inputs have the same one, or are the same."""

    def __init__(self, rename: Rename) -> None:
        self._rename = rename
        self._taken: dict[str, AnyPath] = {}

    def named(self, path: AnyPath, place: AnyPath) -> Planned:
        """An input that was asked for; `place` is its path where the output goes."""
        try:
            output = str(place.with_name(self._rename(place.name)))
            for url in (str(path), output):
                refuse_chain(url)
        except UsageError as error:
            return Planned(str(path), error=error)
        first = self._taken.setdefault(real_name(output), path)
        if first is not path:
            if real_name(str(first)) == real_name(str(path)):
                return Planned(str(path), skipped=f"it is the same file as {first}")
            message = f"{output} is already what is made of {first}: give them other folders"
            return Planned(str(path), error=UsageError(message))
        return Planned(str(path), output, size_of(path))

    def met(self, path: Path, place: AnyPath, refused: str | None) -> Planned:
        """An input that was found in a folder; `refused` says why it is left out, if it is."""
        if refused is None and path.is_symlink():
            refused = "it is a symbolic link"
        if refused is None and (kind := kind_of(path)) is not Kind.REGULAR:
            refused = f"it is a {kind.value}" if kind else "it is there no more"
        return self.listed(path, place, refused)

    def listed(self, path: AnyPath, place: AnyPath, refused: str | None) -> Planned:
        """The same for what is a regular file."""
        if refused is not None:
            return Planned(str(path), skipped=refused)
        if is_temporary(path.name) or is_part(path.name):
            return Planned(str(path), skipped="it is named like a temporary file of lmpack")
        try:
            self._rename(path.name)
        except UsageError as error:
            return Planned(str(path), skipped=str(error))
        return self.named(path, place)


def _location(path: str, top: str | None) -> Place:
    if is_url(path):
        return RemoteLocation(Url(path))
    return Location(Path(path), None if top is None else Path(top))


def real_name(path: str) -> str:
    """What two names of one file have in common."""
    return path if is_url(path) else os.path.realpath(path)


def size_of(path: AnyPath) -> int:
    """Bytes of a file, as far as they are known before it is read."""
    if isinstance(path, Url):
        return 0
    try:
        return path.stat().st_size
    except OSError:
        return 0  # opening it will say what is wrong

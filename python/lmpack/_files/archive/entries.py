"""Which files an archive gets, under which names, and in which order."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lmpack._files.archive.listener import Listener
from lmpack._files.disk.location import Location
from lmpack._files.disk.parts import is_part
from lmpack._files.disk.temporary import is_temporary
from lmpack._files.names import usable_path
from lmpack._files.planned import Refusal
from lmpack.errors import LmpackError, UsageError


class Entry(NamedTuple):
    """What becomes a member.

    Attributes:
        location: where it is.
        name: of the member, with slashes; empty for a folder that has none.
        status: of itself, if it is a link.
    """

    location: Location
    name: str
    status: os.stat_result

    @property
    def path(self) -> Path:
        """Its path."""
        return self.location.path

    @property
    def is_folder(self) -> bool:
        """Whether there may be others in it."""
        return stat.S_ISDIR(self.status.st_mode)


def collect_entries(
    paths: Iterable[str], refusal: Refusal, output: os.stat_result | None, listener: Listener
) -> list[Entry]:
    """What is in files and folders, in the order in which an archive has it.

    The paths stay in their order. A folder comes before what is in it; of that first the files,
    ordered by suffix and then by name, so that alike ones stand next to each other; then the
    folders in it by name. What is in a folder stays together: GNU tar gives a folder its
    permissions and its time as soon as it meets a file that is elsewhere.

    Args:
        paths: files, links, folders.
        refusal: what is left out of folders; of a folder that it names nothing is looked at.
        output: status of what the archive replaces, which is left out; None if there is nothing.
        listener: hears of what is left out, and of what cannot be looked at.
    """
    taken: dict[str, Entry] = {}
    for path in paths:
        try:
            place = Path(usable_path(path))
            top = Entry(Location(place, place.parent), member_name(path), os.lstat(path))
        except (LmpackError, OSError) as error:
            listener.failed(path, error)
            continue
        for entry in _walked(top, refusal, output, listener):
            first = taken.setdefault(entry.name, entry)
            if first is not entry:
                _refuse_second(first, entry, listener)
    return list(taken.values())


def member_name(path: str) -> str:
    """The name in the archive: what is behind the last `..`, without a slash at its start."""
    parts = os.path.normpath(path).split(os.sep)
    return "/".join(part for part in parts if part not in ("", os.curdir, os.pardir))


def _walked(
    top: Entry, refusal: Refusal, output: os.stat_result | None, listener: Listener
) -> Iterator[Entry]:
    waiting = [top]
    while waiting:
        entry = waiting.pop()
        if reason := _reason_to_skip(entry, output):
            listener.skipped(str(entry.path), reason)
            continue
        if entry.name:
            yield entry
        if not entry.is_folder:
            continue
        found = list(_found(entry, top.path, refusal, listener))
        # The next one is taken from the end.
        waiting += sorted(found, key=_order, reverse=True)


def _found(folder: Entry, top: Path, refusal: Refusal, listener: Listener) -> Iterator[Entry]:
    try:
        names = os.listdir(folder.path)
    except OSError as error:
        listener.failed(str(folder.path), error)
        return
    for name in names:
        path = folder.path / name
        if reason := refusal(path, path.relative_to(top)):
            listener.skipped(str(path), reason)
            continue
        try:
            member = f"{folder.name}/{name}".lstrip("/")
            yield Entry(Location(path, top), member, os.lstat(path))
        except OSError as error:
            listener.failed(str(path), error)


def _order(entry: Entry) -> tuple[bool, str, str]:
    name = entry.path.name
    suffix = "" if entry.is_folder else os.path.splitext(name)[1].lower()
    return entry.is_folder, suffix, name


def _reason_to_skip(entry: Entry, output: os.stat_result | None) -> str | None:
    if stat.S_ISSOCK(entry.status.st_mode):
        return "it is a socket"
    if output is not None and os.path.samestat(entry.status, output):
        return "it is what the archive replaces"
    if is_temporary(entry.path.name) or is_part(entry.path.name):
        return "it is named like a temporary file of lmpack"
    return None


def _refuse_second(first: Entry, second: Entry, listener: Listener) -> None:
    """Two files cannot have the same name; that a folder comes twice changes nothing."""
    if os.path.samestat(first.status, second.status):
        listener.skipped(str(second.path), f"it is in the archive already, from {first.path}")
    elif not (first.is_folder and second.is_folder):
        message = f"{second.name} is in the archive already, from {first.path}: pack it on its own"
        listener.failed(str(second.path), UsageError(message))

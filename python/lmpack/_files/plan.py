"""Which files a batch has, and where what is made of each of them goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lmpack._files.disk.location import Location
from lmpack._files.disk.temporary import is_temporary
from lmpack._files.kinds import Kind, kind_of
from lmpack._files.names import usable_path
from lmpack.errors import UsageError

Rename = Callable[[str], str]
"""The name of an output for that of an input; UsageError for an input that has none."""

Refusal = Callable[[Path, Path], str | None]
"""Why a file or folder that was found is left out, if it is; takes its path and its path below the
folder that was asked for."""


def nothing_refused(path: Path, below: Path) -> None:
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
    def source_location(self) -> Location:
        """Where it is read."""
        return _location(self.source, self.top)

    @property
    def output_location(self) -> Location:
        """Where its output goes, which it must have."""
        assert self.output is not None
        return _location(self.output, self.output_top)


def plan_files(
    paths: Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str] | None,
    recursive: bool,
    rename: Rename,
    refusal: Refusal = nothing_refused,
) -> list[Planned]:
    """What is to be done, in order: that of the paths, and in folders that of their names.

    A symbolic link is followed if it is one of the paths; inside a folder it is skipped, as what
    it leads to may be outside, or be met again; one that is put there later is not followed,
    either. Skipped are also files there that have no name for an output.

    Args:
        paths: files, and folders if `recursive`.
        output: folder of the outputs, in which the tree below each folder is made again; None to
            put each output next to its input.
        recursive: whether folders are gone through.
        rename: names outputs.
        refusal: what is left out of folders; of a folder that it names nothing is looked at.

    Raises:
        UsageError: a path is none.
    """
    target = None if output is None else _checked_path(output)
    planner = _Planner(rename)
    planned: list[Planned] = []
    for path in map(_checked_path, paths):
        kind = kind_of(path)
        if kind is not None and kind.is_stream:
            planned.append(Planned(str(path), error=_is_stream(kind)))
        elif kind is not Kind.FOLDER:
            planned.append(planner.named(path, path if target is None else target / path.name))
        elif recursive:
            planned += _walked(path, target, planner, refusal)
        else:
            planned.append(Planned(str(path), error=_is_folder()))
    return _without_read_outputs(planned)


def plan_file(
    paths: Sequence[str | os.PathLike[str]], output: str | os.PathLike[str]
) -> list[Planned]:
    """One file, whatever its name, and the path of its output.

    Raises:
        UsageError: there are several files, or none, or a path is none.
    """
    if len(paths) != 1:
        raise UsageError(f"an output file needs one file to be made of, not {len(paths)}")
    path = _checked_path(paths[0])
    if kind_of(path) is Kind.FOLDER:
        return [Planned(str(path), error=_is_folder())]
    return [Planned(str(path), str(_checked_path(output)), _size(path))]


def _checked_path(given: object) -> Path:
    path = os.fspath(given) if isinstance(given, str | os.PathLike) else given
    if not isinstance(path, str):
        raise UsageError(f"{given!r} is no path: give a str or a pathlib.Path")
    return Path(usable_path(path))


def _is_folder() -> UsageError:
    return UsageError("it is a folder: use the option recursive, or tar -I lmpack")


def _is_stream(kind: Kind) -> UsageError:
    return UsageError(
        f"it is a {kind.value}, whose name says nothing of an output: do it alone, with -c or -o "
        "(in Python by compress_stream or decompress_stream)"
    )


def _without_read_outputs(planned: list[Planned]) -> list[Planned]:
    """Refuse outputs in the place of files that are to be read: which came first would decide."""
    read = {os.path.realpath(item.source) for item in planned if item.output is not None}

    def checked(item: Planned) -> Planned:
        if item.output is None or os.path.realpath(item.output) not in read:
            return item
        message = f"{item.output}, its output, is to be read, too: give the files another folder"
        return Planned(item.source, error=UsageError(message))

    return [checked(item) for item in planned]


class _Planner:
    """Names outputs, and notices if two inputs have the same one, or are the same."""

    def __init__(self, rename: Rename) -> None:
        self._rename = rename
        self._taken: dict[str, Path] = {}

    def named(self, path: Path, place: Path) -> Planned:
        """An input that was asked for; `place` is its path where the output goes."""
        try:
            output = str(place.with_name(self._rename(place.name)))
        except UsageError as error:
            return Planned(str(path), error=error)
        first = self._taken.setdefault(os.path.realpath(output), path)
        if first is not path:
            if os.path.realpath(first) == os.path.realpath(path):
                return Planned(str(path), skipped=f"it is the same file as {first}")
            message = f"{output} is already what is made of {first}: give them other folders"
            return Planned(str(path), error=UsageError(message))
        return Planned(str(path), output, _size(path))

    def met(self, path: Path, place: Path, refused: str | None) -> Planned:
        """An input that was found in a folder; `refused` says why it is left out, if it is."""
        if refused is not None:
            return Planned(str(path), skipped=refused)
        if path.is_symlink():
            return Planned(str(path), skipped="it is a symbolic link")
        kind = kind_of(path)
        if kind is not Kind.REGULAR:
            what = f"a {kind.value}" if kind else "there no more"
            return Planned(str(path), skipped=f"it is {what}")
        if is_temporary(path.name):
            return Planned(str(path), skipped="it is named like a temporary file of lmpack")
        try:
            self._rename(path.name)
        except UsageError as error:
            return Planned(str(path), skipped=str(error))
        return self.named(path, place)


def _walked(
    top: Path, target: Path | None, planner: _Planner, refusal: Refusal
) -> Iterator[Planned]:
    errors: list[OSError] = []
    for folder, folders, files in os.walk(top, onerror=errors.append):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        below_top = here.relative_to(top)
        left_out = {
            name: reason
            for name in folders
            if name not in links and (reason := refusal(here / name, below_top / name))
        }
        yield from (Planned(str(here / name), skipped=left_out[name]) for name in sorted(left_out))
        # Also decides the order in which the folders are gone through.
        folders[:] = sorted(
            name for name in folders if name not in left_out and not _is_same(here / name, target)
        )
        for name in sorted([*files, *links]):
            path = here / name
            below = below_top / name
            place = path if target is None else target / below
            met = planner.met(path, place, refusal(path, below))
            yield met._replace(top=str(top), output_top=str(target or top))
    yield from (Planned(str(error.filename), error=error) for error in errors)


def _location(path: str, top: str | None) -> Location:
    return Location(Path(path), None if top is None else Path(top))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # opening it will say what is wrong


def _is_same(path: Path, other: Path | None) -> bool:
    return other is not None and other.exists() and path.samefile(other)

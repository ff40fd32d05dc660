"""Which files a batch has, and where what is made of each of them goes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lmpack._files.kinds import Kind, kind_of
from lmpack._files.names import usable_path
from lmpack._files.plan_urls import planned_urls
from lmpack._files.planned import (
    AnyPath,
    Planned,
    Planner,
    Refusal,
    Rename,
    nothing_refused,
    real_name,
    size_of,
)
from lmpack._files.remote.url import Url, is_url
from lmpack._files.shard import Shard
from lmpack.errors import UsageError


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
    planner = Planner(rename)
    planned: list[Planned] = []
    for path in map(_checked_path, paths):
        if isinstance(path, Url):
            planned += planned_urls(path, target, recursive, planner, refusal)
            continue
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


def files_of_shard(planned: Sequence[Planned], shard: Shard) -> list[Planned]:
    """Those that are in a shard, and folders that cannot be read, which every shard has to say."""
    return [
        item
        for item in planned
        if isinstance(item.error, OSError) or shard.holds(item.relative_source)
    ]


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
    if isinstance(path, Path) and kind_of(path) is Kind.FOLDER:
        return [Planned(str(path), error=_is_folder())]
    return [Planned(str(path), str(_checked_path(output)), size_of(path))]


def _checked_path(given: object) -> AnyPath:
    path = os.fspath(given) if isinstance(given, str | os.PathLike) else given
    if not isinstance(path, str):
        raise UsageError(f"{given!r} is no path: give a str or a pathlib.Path")
    if not path:
        raise UsageError("'' is no path: it is empty: name a file, or . for this folder")
    return Url(usable_path(path)) if is_url(path) else Path(usable_path(path))


def _is_folder() -> UsageError:
    return UsageError("it is a folder: use the option recursive, or lmpack compress --tar")


def _is_stream(kind: Kind) -> UsageError:
    return UsageError(
        f"it is a {kind.value}, whose name says nothing of an output: do it alone, with -c or -o "
        "(in Python by compress_stream or decompress_stream)"
    )


def _without_read_outputs(planned: list[Planned]) -> list[Planned]:
    """Refuse outputs in the place of files that are to be read: which came first would decide."""
    read = {real_name(item.source) for item in planned if item.output is not None}

    def checked(item: Planned) -> Planned:
        if item.output is None or real_name(item.output) not in read:
            return item
        message = f"{item.output}, its output, is to be read, too: give the files another folder"
        return Planned(item.source, error=UsageError(message))

    return [checked(item) for item in planned]


def _walked(
    top: Path, target: AnyPath | None, planner: Planner, refusal: Refusal
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


def _is_same(path: Path, other: AnyPath | None) -> bool:
    try:
        return isinstance(other, Path) and other.exists() and path.samefile(other)
    except OSError:
        return False  # one that cannot be entered is said where it is walked

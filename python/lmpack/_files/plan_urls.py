"""Which files of a storage a batch has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lmpack._files.planned import AnyPath, Planned, Planner, Refusal
from lmpack._files.remote.url import Url, checked_below
from lmpack._files.remote.walk import files_below, is_remote_folder
from lmpack.errors import UsageError


def planned_urls(
    top: Url, target: AnyPath | None, recursive: bool, planner: Planner, refusal: Refusal
) -> Iterator[Planned]:
    """What a URL leads to: one file, or those of a folder.

    Args:
        top: the URL.
        target: folder of the outputs; None to put each output next to its input.
        recursive: whether folders are gone through; without it the storage is not asked.
        planner: names outputs.
        refusal: what is left out of folders.
    """
    if not recursive:
        yield _named_url(top, target, planner)
        return
    try:
        if not is_remote_folder(top):
            yield _named_url(top, target, planner)
            return
        for url, name, size in files_below(top):
            yield _met_url(top, target, url, name, planner, refusal)._replace(size=size)
    except (UsageError, OSError) as error:
        yield Planned(str(top), error=error)


def _named_url(url: Url, target: AnyPath | None, planner: Planner) -> Planned:
    if not url.name:
        return Planned(str(url), error=UsageError("it names no file: name the output, too"))
    return planner.named(url, url if target is None else target / url.name)


def _met_url(
    top: Url,
    target: AnyPath | None,
    url: Url,
    name: str,
    planner: Planner,
    refusal: Refusal,
) -> Planned:
    try:
        below = checked_below(name)
    except UsageError as error:
        return Planned(str(url), error=error)
    within = [*reversed(below.parents[:-1]), below]
    refused = next(filter(None, (refusal(None, Path(part)) for part in within)), None)
    met = planner.listed(url, url if target is None else target / below, refused)
    return met._replace(top=str(top), output_top=str(target or top))

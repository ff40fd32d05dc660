"""The files of a folder of a storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lmpack._files.remote.storage import errors_of, storage_of
from lmpack._files.remote.url import Url
from lmpack.errors import UsageError


class Found(NamedTuple):
    """A file.

    Attributes:
        url: of the file.
        below: its path below the folder, as its storage has it.
        size: its bytes, as far as they are known.
    """

    url: Url
    below: str
    size: int


def is_remote_folder(url: Url) -> bool:
    """Whether a URL leads to a folder, or to something that objects have before their names.

    Raises:
        UsageError: it is of a web server, whose pages are no folders.
        OSError: the storage cannot be asked.
    """
    if url.is_web:
        raise UsageError("a web server does not list its files: name them, without -r")
    storage, path = storage_of(url)
    with errors_of(url):
        return bool(storage.isdir(path))


def files_below(top: Url) -> Iterator[Found]:
    """All files below a folder, by their names.

    Raises:
        OSError: it cannot be listed.
    """
    storage, path = storage_of(top)
    with errors_of(top):
        storage.invalidate_cache()
        listing = storage.find(path, detail=True)
    start = path.rstrip("/") + "/"
    for name in sorted(listing):
        below = name.removeprefix(start)
        if listing[name].get("type") == "file" and below and not below.endswith("/"):
            yield Found(top / below, below, listing[name].get("size") or 0)

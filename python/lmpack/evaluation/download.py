"""Downloads of enwik8 and enwik9, checked and resumable."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from lmpack.errors import EvaluationError, UsageError

PIECE = 1 << 20
TIMEOUT = 60
"""Seconds without a byte."""


class Source(NamedTuple):
    """Where a file comes from.

    Attributes:
        url: of a zip archive that holds it under its name.
        size: of the file in bytes.
        sha1: of the file, in hexadecimal, as its author publishes it.
    """

    url: str
    size: int
    sha1: str


SOURCES: Mapping[str, Source] = {
    "enwik8": Source(
        "https://mattmahoney.net/dc/enwik8.zip", 10**8, "57b8363b814821dc9d47aa4d41f58733519076b2"
    ),
    "enwik9": Source(
        "https://mattmahoney.net/dc/enwik9.zip", 10**9, "2996e86fb978f93cca8f566cc56998923e7fe581"
    ),
}
"""Sizes and digests: http://mattmahoney.net/dc/textdata.html."""

Progress = Callable[[int, int | None], None]
"""Told how many bytes of the archive are there, and of how many, if that is known."""


def download(name: str, folder: Path, progress: Progress) -> Path:
    """Fetch a file into a folder, unless it is there.

    What an interrupted download left is continued. The file has its name only when it is complete
    and right.

    Args:
        name: one of :data:`SOURCES`.
        folder: made if needed.
        progress: called now and then.

    Returns:
        Its path.

    Raises:
        UsageError: there is no such file.
        EvaluationError: it cannot be fetched, or is not what it should be.
    """
    if name not in SOURCES:
        raise UsageError(f"there is nothing called {name!r}: choose from {', '.join(SOURCES)}")
    source, target = SOURCES[name], folder / name
    folder.mkdir(parents=True, exist_ok=True)
    if target.exists() and _is_right(target, source):
        return target
    archive = folder / f"{name}.zip.part"
    try:
        _fetch(source.url, archive, progress)
    except OSError as error:
        raise EvaluationError(
            f"{source.url} cannot be fetched ({error}): try again to go on, or fetch it by other "
            f"means and name the file, as {name}=PATH"
        ) from error
    _unpack(archive, name, source, target)
    archive.unlink()
    return target


def _fetch(url: str, target: Path, progress: Progress) -> None:
    """Append to the file what it lacks."""
    have = target.stat().st_size if target.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        # Nothing is left to fetch.
        if have and error.code == 416:
            return
        raise
    with response:
        partial = response.status == 206
        length = response.headers.get("Content-Length")
        total = int(length) + have * partial if length else None
        with target.open("ab" if partial else "wb") as file:
            while piece := response.read(PIECE):
                file.write(piece)
                progress(file.tell(), total)
            if total is not None and file.tell() != total:
                raise OSError(f"it ended after {file.tell():,} of {total:,} bytes")


def _unpack(archive: Path, name: str, source: Source, target: Path) -> None:
    temporary = target.with_name(target.name + ".tmp")
    try:
        with (
            zipfile.ZipFile(archive) as opened,
            opened.open(name) as packed,
            temporary.open("wb") as plain,
        ):
            while piece := packed.read(PIECE):
                plain.write(piece)
        right = _is_right(temporary, source)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
        archive.unlink()
        temporary.unlink(missing_ok=True)
        raise EvaluationError(
            f"{source.url} is no archive of {name} ({error}): it was deleted, try again"
        ) from error
    if not right:
        temporary.unlink()
        archive.unlink()
        raise EvaluationError(
            f"what {source.url} gives is not {name}: its size or its SHA-1 is another; "
            "it was deleted"
        )
    os.replace(temporary, target)


def _is_right(path: Path, source: Source) -> bool:
    if path.stat().st_size != source.size:
        return False
    digest = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest() == source.sha1

"""Files in parts, for machines that files of any size neither reach nor leave."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

MIB = 1 << 20
INDEX = ".parts.json"
"""Ending of the file that lists the parts of a file, with their SHA-256."""

PIECE = r"\.part(s\.json|\d{2,}\.[0-9a-f]{8})(\.tmp)?"
"""Endings of an index, of a part, and of either that is being written: a regular expression."""


class PartsError(Exception):
    """The parts of a file are not all there, or not as they were."""


def split(source: Path, folder: Path, size: int) -> list[Path]:
    """Cut a file into `folder`: an index and parts of at most `size` bytes, which are returned.

    Parts of an older version of the file are replaced. Whenever this ends or fails, the index
    lists parts that are all there: those of the older version or the new ones.
    """
    content = source.read_bytes()
    pieces = [content[first : first + size] for first in range(0, max(1, len(content)), size)]
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, piece in enumerate(pieces):
        digest = hashlib.sha256(piece).hexdigest()
        # The digest in its name tells a part from that of an older version.
        parts.append({"name": f"{source.name}.part{number:02d}.{digest[:8]}", "sha256": digest})
        _write(folder / parts[-1]["name"], piece)
    index = folder / (source.name + INDEX)
    _write(index, (json.dumps(parts, indent=1) + "\n").encode())
    whole = [index, *(folder / part["name"] for part in parts)]
    for old in set(pieces_of(folder, source.name)) - set(whole):
        old.unlink()
    return whole


def pieces_of(folder: Path, name: str) -> list[Path]:
    """The index and the parts of all versions of a file that are in `folder`, whole or not."""
    piece = re.compile(re.escape(name) + PIECE)
    return sorted(path for path in folder.glob("*") if piece.fullmatch(path.name))


def swap(new: list[Path], old: list[Path], folder: Path, aside: Path) -> None:
    """Move `new` into `folder` in place of `old`, where there is no room for both.

    If this fails, all of them are where they were.

    Args:
        new: files; the first one is moved last.
        old: files of the folder, which are deleted.
        folder: gets the new files.
        aside: folder for the old ones meanwhile.
    """
    aside.mkdir(parents=True, exist_ok=True)
    moves = [(path, aside / path.name) for path in old]
    moves += [(path, folder / path.name) for path in reversed(new)]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            _move(source, target)
            done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            _move(target, source)
        raise
    shutil.rmtree(aside)


def _move(source: Path, target: Path) -> None:
    """Move a file, also to another disk; if this fails, it is still where it was."""
    try:
        shutil.move(source, target)
    except OSError:
        target.unlink(missing_ok=True)
        raise


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or as it was before."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def join(folder: Path, name: str, target: Path) -> None:
    """Make a file of its parts, which :func:`whole` finds.

    Raises:
        PartsError: a part is missing or has changed, or there are two different indexes.
    """
    content = b"".join(path.read_bytes() for path in whole(folder, name)[1:])
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, content)


def whole(folder: Path, name: str) -> list[Path]:
    """The index of a file and its parts in their order, which are as the index says.

    Args:
        folder: has them, or its numbered folders do: those of benchmarks.gpu.pack, among which the
            parts of a file may be spread.
        name: of the file.

    Raises:
        PartsError: a part is missing or has changed, or there are two different indexes.
    """
    indexes = _named(folder, name + INDEX)
    if len({path.read_bytes() for path in indexes}) > 1:
        places = " and ".join(str(path.parent) for path in indexes)
        raise PartsError(f"{name}{INDEX} is not the same in {places}: delete one version")
    parts = json.loads(indexes[0].read_text())
    return [indexes[0], *(_part(folder, part["name"], part["sha256"]) for part in parts)]


def names(folder: Path) -> list[str]:
    """Names of the files whose index is in `folder`, or in numbered folders of it."""
    found = {path.name for place in places(folder) for path in place.iterdir()}
    return sorted(name.removesuffix(INDEX) for name in found if name.endswith(INDEX))


def _part(folder: Path, name: str, sha256: str) -> Path:
    for path in _named(folder, name):
        if hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            return path
    raise PartsError(f"{name} is not the part that its index in {folder} lists: copy it again")


def _named(folder: Path, name: str) -> list[Path]:
    """The files of exactly that name, at least one."""
    found = [path for place in places(folder) if (path := place / name).is_file()]
    if not found:
        raise PartsError(f"{name} is missing in {folder}: copy it there")
    return found


def places(folder: Path) -> list[Path]:
    """Where parts are looked for."""
    uploads = (path for path in folder.glob("*") if path.name.isdigit() and path.is_dir())
    return [path for path in (folder, *sorted(uploads)) if path.is_dir()]

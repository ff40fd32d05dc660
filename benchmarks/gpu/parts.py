"""Files in parts, for machines that files of any size neither reach nor leave."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

MIB = 1 << 20
INDEX = ".parts.json"
"""Ending of the file that lists the parts of a file, with their SHA-256."""


class PartsError(Exception):
    """The parts of a file are not all there, or not as they were."""


def split(source: Path, folder: Path, size: int) -> list[Path]:
    """Cut a file into `folder`: an index and parts of at most `size` bytes, which are returned.

    Parts of an older version of the file are replaced.
    """
    content = source.read_bytes()
    pieces = [content[first : first + size] for first in range(0, max(1, len(content)), size)]
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{source.name}.part*"):
        old.unlink()
    parts = []
    for number, piece in enumerate(pieces):
        path = folder / f"{source.name}.part{number:02d}"
        path.write_bytes(piece)
        parts.append({"name": path.name, "sha256": hashlib.sha256(piece).hexdigest()})
    index = folder / (source.name + INDEX)
    index.write_text(json.dumps(parts, indent=1) + "\n")
    return [index, *(folder / part["name"] for part in parts)]


def join(folder: Path, name: str, target: Path) -> None:
    """Make a file of its parts in `folder`, or in folders of it.

    Raises:
        PartsError: a part is missing or has changed.
    """
    index = _find(folder, name + INDEX)
    content = b""
    for part in json.loads(index.read_text()):
        piece = _find(folder, part["name"]).read_bytes()
        if hashlib.sha256(piece).hexdigest() != part["sha256"]:
            raise PartsError(f"{part['name']} is not the part that {index} lists: copy it again")
        content += piece
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".tmp")
    temporary.write_bytes(content)
    os.replace(temporary, target)


def names(folder: Path) -> list[str]:
    """Names of the files whose index is in `folder`, or in folders of it."""
    return sorted(path.name.removesuffix(INDEX) for path in folder.rglob(f"*{INDEX}"))


def _find(folder: Path, name: str) -> Path:
    for path in folder.rglob(name):
        return path
    raise PartsError(f"{name} is missing in {folder}: copy it there")

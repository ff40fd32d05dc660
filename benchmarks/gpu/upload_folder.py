"""The folder of the uploads: it has a numbered folder for each, which the next pack replaces."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from benchmarks.gpu.parts import PIECE

_PIECE = re.compile(f".+{PIECE}")


def check_uploads(folder: Path, also: tuple[str, ...] = ()) -> None:
    """Whether a folder is not there, or empty, or has nothing but what an earlier pack wrote.

    Args:
        folder: of the uploads.
        also: names of files that a pack writes beside them.

    Raises:
        ValueError: there is something else, which must not be deleted.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is no folder: choose another output")
    for path in folder.glob("*"):
        if path.name not in also and not _is_upload(path):
            raise ValueError(f"{path} is not of an earlier pack: choose another output")


def clear_uploads(folder: Path) -> None:
    """Delete the uploads of an earlier pack."""
    for path in folder.glob("*"):
        if _is_upload(path):
            shutil.rmtree(path)


def _is_upload(path: Path) -> bool:
    """Whether it is a numbered folder of parts."""
    numbered = path.name.isdigit() and path.is_dir() and not path.is_symlink()
    return numbered and all(_PIECE.fullmatch(part.name) for part in path.iterdir())

"""Tar archives of any members, and what a folder holds, for tests of archives."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import lmpack

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, content: bytes = b"", **fields: Any) -> Member:
    """A regular file, if the fields do not say otherwise."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar_bytes(members: Iterable[Member], format_: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=format_) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def pack(path: Path, members: Iterable[Member]) -> Path:
    path.write_bytes(lmpack.compress(tar_bytes(members), level=1))
    return path


def snapshot(folder: Path) -> dict[str, tuple[int, int, object]]:
    """Mode, whole seconds and content of all that is below a folder."""
    return {
        str(path.relative_to(folder)): (
            stat.S_IFMT(status.st_mode) if path.is_symlink() else status.st_mode,
            0 if path.is_symlink() else int(status.st_mtime),
            _content(path),
        )
        for path in folder.rglob("*")
        if (status := path.lstat())
    }


def _content(path: Path) -> object:
    if path.is_symlink():
        return os.readlink(path)
    return path.read_bytes() if path.is_file() else None

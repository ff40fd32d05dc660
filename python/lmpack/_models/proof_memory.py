"""The proofs that were made before, in the user's cache folder: one small file for each.

Somebody else who could write there would be believed, so folder and files have to be the user's
own, and nobody else's to write. What is not is neither believed nor written to.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


def key_of(facts: list[Any]) -> str:
    """The key of a proof: all that it depends on, which JSON can hold, hashed."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def identity_of(file: str) -> list[int]:
    """What tells a file from others, and from itself after a change.

    A build may have the size and the time of another one; the time of its inode's last change
    cannot be set. It is quicker than a digest.

    Raises:
        OSError: there is no such file.
    """
    status = os.stat(file)
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def is_proved(key: str) -> bool:
    """Whether :func:`remember_proof` was called with that key before.

    Args:
        key: a file name, other than all others.
    """
    folder = _folder()
    if folder is None:
        return False
    try:
        if not _is_ours(os.lstat(folder), stat.S_ISDIR):
            return False
        descriptor = os.open(folder / key, _READ)
        try:
            content = _content(key)
            ours = _is_ours(os.fstat(descriptor), stat.S_ISREG)
            return ours and os.read(descriptor, len(content) + 1) == content
        finally:
            os.close(descriptor)
    except OSError:
        return False


def remember_proof(key: str) -> None:
    """Let :func:`is_proved` be true from now on, where there is a folder for it."""
    folder = _folder()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        os.makedirs(folder.parent, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        if _is_ours(os.lstat(folder), stat.S_ISDIR):
            _write(folder / key, _content(key))


def _folder() -> Path | None:
    """Where proofs are kept; None where there is no home folder."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return cache / "lmpack" / "proofs"


def _content(key: str) -> bytes:
    """An empty file may be what is left of a write that a power cut ended."""
    return f"lmpack: proved {key}\n".encode()


def _is_ours(status: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    if not is_kind(status.st_mode):
        return False
    if not hasattr(os, "geteuid"):  # Windows, where the mode says nothing of others
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _write(path: Path, content: bytes) -> None:
    """The whole file or none."""
    temporary = path.with_name(f"{path.name}.{os.urandom(4).hex()}.tmp")
    descriptor = os.open(temporary, _WRITE, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise

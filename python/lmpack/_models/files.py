"""Files of a bundle, of which nothing is believed: opened, measured, then read or mapped."""

from __future__ import annotations

import contextlib
import mmap
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lmpack.errors import BundleError

Content = bytes | mmap.mmap
"""Of a file: read or mapped."""

# A pipe or a device that somebody put there is opened without waiting, and then refused.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


def read_file(path: Path, largest: int) -> bytes:
    """The content of a regular file, or of one that a link leads to.

    Args:
        path: the file.
        largest: bytes that it may have; what is larger is not read.

    Raises:
        BundleError: it cannot be read, is no regular file, is larger, or changes meanwhile.
    """
    with _opened(path, largest) as (descriptor, size):
        content = _read(descriptor, size + 1)
    if len(content) != size:
        raise BundleError(f"the bundle file {path} was changed while it was read: try again")
    return content


def map_file(path: Path, largest: int) -> mmap.mmap:
    """The content of a file that is too large to be copied, as it lies on the disk; read-only.

    The mapping keeps the file, also when its name is given to another one. Whoever writes into the
    file or shortens it changes the mapping, too: files of bundles are replaced, not rewritten.

    Args:
        path: the file.
        largest: bytes that it may have.

    Raises:
        BundleError: it cannot be mapped, is no regular file, is empty or larger.
    """
    with _opened(path, largest) as (descriptor, size):
        return mmap.mmap(descriptor, size, access=mmap.ACCESS_READ)


@contextlib.contextmanager
def _opened(path: Path, largest: int) -> Iterator[tuple[int, int]]:
    """Descriptor and size of a regular file of at most so many bytes."""
    try:
        with open(os.open(path, _FLAGS), "rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BundleError(f"the bundle file {path} cannot be read: it is no regular file")
            if status.st_size > largest:
                raise BundleError(
                    f"the bundle file {path} has {status.st_size:,} bytes, but must not have more "
                    f"than {largest:,}"
                )
            yield file.fileno(), status.st_size
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BundleError(f"the bundle file {path} cannot be read: {reason}") from error


def _read(descriptor: int, size: int) -> bytes:
    """At most `size` bytes: a call of the system may give fewer than it is asked for."""
    parts = []
    while size and (part := os.read(descriptor, min(size, 1 << 30))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

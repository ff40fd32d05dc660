"""Files of a bundle, of which nothing is believed: opened, measured, then read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lmpack.errors import BundleError

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
            content = _read(file.fileno(), status.st_size + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BundleError(f"the bundle file {path} cannot be read: {reason}") from error
    if len(content) != status.st_size:
        raise BundleError(f"the bundle file {path} was changed while it was read: try again")
    return content


def _read(descriptor: int, size: int) -> bytes:
    """At most `size` bytes: a call of the system may give fewer than it is asked for."""
    parts = []
    while size and (part := os.read(descriptor, min(size, 1 << 30))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

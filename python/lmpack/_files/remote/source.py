"""Reading what a URL leads to."""

from __future__ import annotations

import contextlib
import errno
import io
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from lmpack._files.disk.location import Location
from lmpack._files.remote.storage import errors_of, storage_of
from lmpack._files.remote.url import Url
from lmpack.errors import UsageError

_VERSION = ("size", "ETag", "etag", "LastModified", "last_modified", "mtime", "created")
"""What tells one state of a file from another, as far as its storage knows it."""


class RemoteSource(io.RawIOBase):
    """A file of a storage, opened for reading.

    It ends in an error where a server ends before the size that it had said.

    Args:
        url: of the file.

    Raises:
        UsageError: it cannot be opened for a reason that :func:`storage_of` has.
        OSError: it cannot be opened.
    """

    def __init__(self, url: Url) -> None:
        super().__init__()
        self._url = url
        self._storage, self._path = storage_of(url)
        with errors_of(url):
            self._info: dict[str, Any] = self._storage.info(self._path)
            if self._info.get("type") == "directory":
                raise UsageError("it is a folder: use the option recursive")
            self._file = self._storage.open(self._path, "rb")
        self._position = 0

    @property
    def size(self) -> int | None:
        """Bytes of the file; None if the server does not say."""
        size = self._info.get("size")
        return size if isinstance(size, int) else None

    @property
    def changed(self) -> float | None:
        """When it was changed, in seconds since 1970; None if that cannot be told."""
        from datetime import UTC, datetime

        with contextlib.suppress(Exception):  # each package has its own way not to know
            time = self._storage.modified(self._path)
            if isinstance(time, datetime):
                zone = time.tzinfo or UTC
                return time.replace(tzinfo=zone).timestamp()
        return None

    def has_changed(self) -> bool:
        """Whether it is not the one any more that was opened, as far as its storage tells."""
        try:
            with errors_of(self._url):
                self._storage.invalidate_cache()
                now = self._storage.info(self._path)
        except (UsageError, OSError):
            return False  # all of it has been read
        return any(self._info.get(key) != now.get(key) for key in _VERSION)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """Whether its parts can be asked for: fsspec says so of any web server."""
        has_parts = self.size is not None and self._info.get("partial", True)
        return bool(has_parts and self._file.seekable())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See :class:`io.RawIOBase`."""
        with errors_of(self._url):
            self._position = self._file.seek(offset, whence)
        return self._position

    def tell(self) -> int:
        """See :class:`io.RawIOBase`."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """See :class:`io.RawIOBase`."""
        with memoryview(buffer) as view, view.cast("B") as wanted:
            with errors_of(self._url):
                data = self._file.read(len(wanted))
            wanted[: len(data)] = data
        if not data and self.size is not None and self._position < self.size:
            raise OSError(
                errno.EIO,
                f"the server ended at byte {self._position} of {self.size}: do it again",
                self._url.text,
            )
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Close the file."""
        if not self.closed and hasattr(self, "_file"):
            with contextlib.suppress(OSError), errors_of(self._url):
                self._file.close()
        super().close()


class RemoteLocation(NamedTuple):
    """The place of a file of a storage; what :class:`Location` is for one of this machine.

    Attributes:
        url: of the file.
    """

    url: Url

    def open(self, flags: int = 0) -> BinaryIO:
        """For reading; `flags` mean nothing here.

        Raises:
            UsageError, OSError: as for :class:`RemoteSource`.
        """
        return io.BufferedReader(RemoteSource(self.url))


Place = Location | RemoteLocation


def remote_source(file: BinaryIO) -> RemoteSource | None:
    """The source below a file that a :class:`Place` has opened; None for one of this machine."""
    raw = getattr(file, "raw", None)
    return raw if isinstance(raw, RemoteSource) else None


@contextlib.contextmanager
def open_url(text: str) -> Iterator[BinaryIO]:
    """What a URL leads to, for reading.

    Raises:
        UsageError, OSError: as for :class:`RemoteSource`.
    """
    with RemoteLocation(Url(text)).open() as file:
        yield file

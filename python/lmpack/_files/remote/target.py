"""Writing where a URL leads to: a file that appears under its name only when it is complete."""

from __future__ import annotations

import contextlib
import errno
import io
from collections.abc import Iterator
from typing import Any

from lmpack._files.disk.temporary import temporary_name
from lmpack._files.remote.storage import errors_of, storage_of
from lmpack._files.remote.url import Url
from lmpack.errors import UsageError


class RemoteTarget:
    """A temporary file beside `url` that is moved into its place, or vanishes.

    Storages differ in what a reader sees of a file that is being written, and in what a transaction
    is; that another name is another file holds for all of them.

    Args:
        url: of the file.
        force: whether an existing file is replaced.

    Raises:
        UsageError: it exists already, or its storage takes no files.
        OSError: it cannot be written.
    """

    def __init__(self, url: Url, *, force: bool) -> None:
        check_remote_target(url, force)
        self._url, self._force = url, force
        self._storage, self._path = storage_of(url)
        self._temporary: str | None = str(Url(self._path).with_name(temporary_name()))
        self._written = 0
        with errors_of(url):
            self._file = self._storage.open(self._temporary, "wb")

    @property
    def sink(self) -> RemoteTarget:
        """What takes the content."""
        return self

    def write(self, data: memoryview, /) -> int:
        """Take all of the data.

        Raises:
            OSError: they cannot be written.
        """
        with errors_of(self._url):
            self._file.write(bytes(data))
        self._written += len(data)
        return len(data)

    def commit(self) -> tuple[str, ...]:
        """Give it its name, once the storage has all of it.

        Returns:
            Nothing, as no attributes are kept.

        Raises:
            UsageError: a file has appeared in its place meanwhile.
            OSError: it cannot be written whole, or not be named.
        """
        with errors_of(self._url):
            self._file.close()
            self._check_size(self._temporary)
            check_remote_target(self._url, self._force)
            _move(self._storage, self._temporary, self._path)
            self._temporary = None
            self._check_size(self._path)
        return ()

    def abandon(self) -> None:
        """Leave no trace of it. After :meth:`commit` this does nothing."""
        temporary, self._temporary = self._temporary, None
        if temporary is not None:
            # A storage that has failed may fail again; what happened first is said.
            with contextlib.suppress(Exception):
                self._file.close()
            with contextlib.suppress(Exception):
                self._storage.rm_file(temporary)

    def _check_size(self, path: str | None) -> None:
        self._storage.invalidate_cache()
        size = self._storage.info(path)["size"]
        if size != self._written:
            raise OSError(
                errno.EIO, f"the storage has {size} bytes of it, not {self._written}: do it again"
            )


class RemoteWriter(io.RawIOBase):
    """A :class:`RemoteTarget` as a file, which is committed when it is closed.

    Args:
        url: of the file.
        force: whether an existing file is replaced.
    """

    def __init__(self, url: Url, *, force: bool) -> None:
        super().__init__()
        self._target = RemoteTarget(url, force=force)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any, /) -> int:
        """Take all of the data; after an error there will be no file.

        Raises:
            OSError: they cannot be written.
        """
        try:
            return self._target.write(data)
        except BaseException:
            self.give_up()
            raise

    def give_up(self) -> None:
        """Close it, and leave no trace of it."""
        if hasattr(self, "_target"):
            self._target.abandon()
        super().close()

    def close(self) -> None:
        """Give the file its name.

        Raises:
            UsageError, OSError: as for :meth:`RemoteTarget.commit`.
        """
        if not self.closed and hasattr(self, "_target"):
            try:
                self._target.commit()
            finally:
                self._target.abandon()
        super().close()


@contextlib.contextmanager
def remote_target(text: str, *, force: bool) -> Iterator[RemoteTarget]:
    """A :class:`RemoteTarget` that is committed if the block ends without an error."""
    target = RemoteTarget(Url(text), force=force)
    try:
        yield target
        target.commit()
    finally:
        target.abandon()


def check_remote_target(url: Url, force: bool) -> None:
    """Refuse what would fail when all is done, as far as it can be known before.

    Raises:
        UsageError: it exists already, is a folder, has no name, or its storage takes no files.
        OSError: the storage cannot be asked.
    """
    if url.is_web:
        raise UsageError("a web server takes no files: name another output")
    if not url.name:
        raise UsageError(f"{url} names a folder: name a file in it")
    storage, path = storage_of(url)
    with errors_of(url):
        storage.invalidate_cache()
        if storage.isdir(path):
            raise UsageError(f"{url} is a folder: name another output")
        if not force and storage.exists(path):
            raise UsageError(
                f"{url} exists already: nothing was written; the option force overwrites it"
            )


def make_remote_folder(url: Url) -> None:
    """Have the folder of a file there, where its storage has folders.

    The first part of the path is never made: it may be a bucket, which is no folder and may cost.

    Raises:
        OSError: it cannot be made.
    """
    storage, path = storage_of(url)
    below = path.lstrip("/")
    first = path[: len(path) - len(below)] + below.partition("/")[0]
    with errors_of(url):
        if storage.exists(first):
            storage.makedirs(str(Url(path).parent), exist_ok=True)


def _move(storage: object, old: str | None, new: str) -> None:
    """Rename, or copy and delete where a storage has no way to rename.

    fsspec's own function for that takes `[` in a name for a pattern.
    """
    from fsspec import AbstractFileSystem

    assert isinstance(storage, AbstractFileSystem)
    if type(storage).mv is AbstractFileSystem.mv:
        storage.cp_file(old, new)
        storage.rm_file(old)
    else:
        storage.mv(old, new)

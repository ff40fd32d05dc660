"""The bytes of a tar archive, made while they are read."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Generator, Iterable, Iterator
from typing import BinaryIO

from lmpack._files.archive.entries import Entry
from lmpack._files.archive.listener import Listener
from lmpack._files.archive.members import Headers
from lmpack._files.batch_file import CHANGED
from lmpack._files.disk.deletion import has_changed
from lmpack._files.piece_reader import PieceReader
from lmpack.errors import LmpackError, UsageError

_PIECE = 1 << 16


def archive_stream(
    entries: Iterable[Entry], headers: Headers, listener: Listener
) -> io.BufferedReader:
    """An archive with the content that the files have when it is read.

    As with GNU tar, a file that cannot be opened is left out, one that grows meanwhile is cut where
    it ended at first, and the end of one that shrinks or cannot be read is filled with zeros. The
    listener hears of all of these.
    """
    return io.BufferedReader(PieceReader(_pieces(entries, headers, listener)), _PIECE)


def archive_size(entries: Iterable[Entry]) -> int:
    """About how many bytes the archive has."""
    return sum(
        tarfile.BLOCKSIZE + (stat.S_ISREG(entry.status.st_mode) and entry.status.st_size)
        for entry in entries
    )


def _pieces(
    entries: Iterable[Entry], headers: Headers, listener: Listener
) -> Generator[bytes, None, None]:
    written = 0
    members = _Members(headers, listener)
    for entry in entries:
        for piece in members.pieces(entry):
            written += len(piece)
            yield piece
    # Two blocks of zeros end an archive, which is filled up to a record.
    end = written + 2 * tarfile.BLOCKSIZE
    yield bytes(2 * tarfile.BLOCKSIZE + -end % tarfile.RECORDSIZE)


class _Members:
    """Turns files into members, and knows which ones are other names of files before them."""

    def __init__(self, headers: Headers, listener: Listener) -> None:
        self._headers = headers
        self._listener = listener
        self._first_names: dict[tuple[int, int], str] = {}

    def pieces(self, entry: Entry) -> Iterator[bytes]:
        """A header and the content, in whole blocks; nothing of what cannot be opened."""
        size = 0
        try:
            if stat.S_ISREG(entry.status.st_mode):
                first = self._first_names.get(_identity(entry.status))
                if first is None:
                    with entry.location.open() as file:
                        size = yield from self._regular(entry, file)
                else:
                    yield self._headers.header(entry, entry.status, first)
            else:
                yield self._headers.header(entry, entry.status)
        except (LmpackError, OSError) as error:
            self._listener.failed(str(entry.path), error)
        else:
            self._listener.done(entry.name, size)

    def _regular(self, entry: Entry, file: BinaryIO) -> Generator[bytes, None, int]:
        before = os.fstat(file.fileno())
        header = self._headers.header(entry, before)
        if before.st_nlink > 1:
            self._first_names[_identity(before)] = entry.name
        yield header
        error = yield from _content(file, before.st_size)
        yield bytes(-before.st_size % tarfile.BLOCKSIZE)
        if error is not None:
            raise error
        if has_changed(before, os.fstat(file.fileno())):
            self._listener.warned(str(entry.path), CHANGED)
        return before.st_size


def _content(file: BinaryIO, size: int) -> Generator[bytes, None, UsageError | None]:
    """As many bytes as a header has promised; what is wrong with them."""
    missing = size
    reason = None
    while missing and reason is None:
        try:
            piece = file.read(min(missing, _PIECE))
        except OSError as error:
            reason = error.strerror
            break
        missing -= len(piece)
        yield piece
        if not piece:
            reason = "it became shorter while it was read"
    if reason is None:
        return None
    lost = missing
    while missing:
        zeros = bytes(min(missing, _PIECE))
        missing -= len(zeros)
        yield zeros
    return UsageError(f"{reason}: its last {lost:,} bytes are zeros in the archive: pack it anew")


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino

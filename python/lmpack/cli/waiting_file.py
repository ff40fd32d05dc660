"""Standard output and standard error that wait for a slow reader, whatever the descriptor does."""

from __future__ import annotations

import io
import sys
from typing import Any, BinaryIO, TextIO

from lmpack._files.sinks import write_some


class WaitingFile(io.RawIOBase):
    """A raw file for writing that takes all bytes it is given.

    Args:
        file: raw; it stays open.
    """

    def __init__(self, file: Any) -> None:
        self._file = file

    def writable(self) -> bool:
        """True."""
        return True

    def fileno(self) -> int:
        """The descriptor of the file."""
        number: int = self._file.fileno()
        return number

    def isatty(self) -> bool:
        """Whether the file is a terminal."""
        return bool(self._file.isatty())

    def write(self, data: Any, /) -> int:
        """Write all of `data`; its length in bytes."""
        with memoryview(data).cast("B") as view:
            done = 0
            while done < len(view):
                done += write_some(self._file, view[done:])
            return done


def raw_file(stream: BinaryIO) -> BinaryIO:
    """What is underneath a buffer, if there is one."""
    raw: BinaryIO = getattr(stream, "raw", stream)
    return raw


def wait_for_readers() -> None:
    """Let all that is printed from now on wait, too.

    What shares a descriptor may change it at any time: it does not matter whether it blocks now.
    """
    sys.stdout = _waiting(sys.stdout)
    sys.stderr = _waiting(sys.stderr)


def _waiting(stream: TextIO) -> TextIO:
    """The same stream of text, waiting; one that is closed or that others have replaced stays."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    raw = raw_file(stream.buffer)
    if not isinstance(raw, io.FileIO):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(WaitingFile(raw)),
        encoding=stream.encoding,
        # Names of files may have letters that the output has not.
        errors="backslashreplace" if stream.errors == "strict" else stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )

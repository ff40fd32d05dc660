"""File objects that compress what is written and decompress what is read."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

from lmpack._blocks.coders import Decoder, Encoder
from lmpack._blocks.options import FurtherFields, Options, given_options
from lmpack._buffers import flat
from lmpack._container import Source
from lmpack._files.appending import prepare_to_append
from lmpack._files.names import usable_path
from lmpack._files.reader import open_reader
from lmpack._files.remote.source import RemoteLocation
from lmpack._files.remote.target import RemoteWriter
from lmpack._files.remote.url import Url, is_url
from lmpack._files.sinks import CountingSink, Writable
from lmpack._files.unshared import Unpicklable
from lmpack._files.writer import BlockWriter
from lmpack.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    class _BinaryFile(io.BufferedIOBase, BinaryIO):
        """For type checkers, which take io's own classes for a BinaryIO, too."""

else:
    _BinaryFile = io.BufferedIOBase

PathOrFile = str | bytes | os.PathLike[str] | os.PathLike[bytes] | Source | Writable
BinaryMode = Literal["r", "rb", "w", "wb", "x", "xb", "a", "ab"]

BINARY_MODES = ("r", "rb", "w", "wb", "x", "xb", "a", "ab")
_BASE_MODES = {"r": "rb", "w": "wb", "x": "xb", "a": "a+b"}
"""How the file below is opened; one that is appended to is looked at before."""


class LmpackFile(Unpicklable, _BinaryFile):
    """A compressed file as a binary file object.

    Reading from a seekable file can seek, too: only the blocks that are read from are decoded, and
    the last one is kept. From a pipe it reads forward, and so it does from a file that was cut or
    is still being written: its whole blocks can be read, with `read1` or by lines all of them, and
    in place of an end a TruncatedError comes. Writing cannot seek. Appending adds a container to
    those that are there; only one program at a time may do so. An object must not be used by two
    threads at the same time.

    Args:
        file: a path, a URL (docs/cluster.md), or a binary file object, which stays open when this
            one is closed. When reading a seekable one, all of it is taken, whatever its position.
            One that is appended to can read and seek, too, as in mode "r+b" or "a+b".
        mode: "r" or "rb" to read, "w" or "wb" to write, "x" or "xb" to write a new file, "a" or
            "ab" to append to what is there.
        level: 1 (fastest) to 9 (smallest); None for that of the options, which is 6 by default.
        options: see :class:`Options`.
        keywords: other fields of :class:`Options`.

    Raises:
        UsageError: an unknown mode, an option is out of range, or the file cannot be appended to.
        OSError: the file cannot be opened.
        FormatError: the file to read or to append to is no lmpack file, of a newer version or
            damaged. That it was cut shows when it is read, and cannot be appended to.
        LimitError: reading or writing it would take more than `max_size` or `max_memory` allow;
            for what concerns a single block it is raised when that block is read or written.
        ModelError: the model for writing cannot be used.
    """

    def __init__(
        self,
        file: PathOrFile,
        mode: BinaryMode = "rb",
        level: int | None = None,
        *,
        options: Options | None = None,
        **keywords: Unpack[FurtherFields],
    ) -> None:
        self._mode = mode
        self._position = 0
        self._reader: io.BufferedReader | None = None
        self._writer: BlockWriter | None = None
        self._owned: BinaryIO | None = None
        self._name: str | bytes = ""
        if mode not in BINARY_MODES:
            raise UsageError(f"the mode is {mode!r}, allowed are {', '.join(BINARY_MODES)}")
        chosen = given_options(options, keywords, level)
        try:
            if self.writable():
                self._open_writer(file, Encoder(chosen))
            else:
                self._base = self._open_base(file)
                self._reader = io.BufferedReader(open_reader(self._base, Decoder(chosen)))
        except BaseException:
            self.close()
            raise

    def _open_writer(self, file: PathOrFile, encoder: Encoder) -> None:
        encoder.bundles  # noqa: B018  found before a file is created or emptied
        self._base = self._open_base(file)
        self._is_needed = True
        if self._mode[0] == "a":
            found = prepare_to_append(self._base, encoder.max_memory, encoder.header.prefix)
            self._is_needed, self._position = found is None, found or 0
        self._sink = CountingSink(self._base)
        self._writer = BlockWriter(self._sink, encoder)

    def _open_base(self, file: PathOrFile) -> BinaryIO:
        if isinstance(file, str | bytes | os.PathLike):
            self._name = usable_path(os.fspath(file))
            if is_url(self._name):
                self._owned = self._open_url(Url(str(self._name)))
                return self._owned
            # Unbuffered: blocks are large, and a full disk is noticed by the write that meets it.
            self._owned = io.FileIO(file, _BASE_MODES[self._mode[0]])
            return self._owned
        name = getattr(file, "name", "")
        self._name = name if isinstance(name, str | bytes) else ""
        needed = "write" if self.writable() else "read"
        if not hasattr(file, needed):
            raise UsageError(f"{file!r} is neither a path nor a file: it has no {needed}()")
        return cast(BinaryIO, file)

    def _open_url(self, url: Url) -> BinaryIO:
        if self._mode[0] == "r":
            return RemoteLocation(url).open()
        if self._mode[0] == "a":
            raise UsageError("what a URL leads to cannot be appended to: write another file")
        return cast(BinaryIO, RemoteWriter(url, force=self._mode[0] == "w"))

    @property
    def mode(self) -> str:
        """As it was given."""
        return self._mode

    @property
    def name(self) -> Any:
        """The path as it was given, or the name of the file object; empty if it has none."""
        return self._name

    def close(self) -> None:
        """Write what is left, if writing; then close the file if it was opened here."""
        writer, self._writer = self._writer, None
        owned, self._owned = self._owned, None
        try:
            if writer is not None and self._is_needed:
                if writer.error is not None:
                    raise writer.error  # a full disk or Ctrl-C, of which a `with` has to hear
                writer.finish()
        except BaseException:
            if isinstance(owned, RemoteWriter):
                owned.give_up()
            raise
        finally:
            if owned is not None:
                owned.close()
            if self._reader is not None:
                self._reader.close()
            super().close()

    def flush(self) -> None:
        """Write all that was given: the block that was begun ends here.

        Another program can read it then, even if this one does not live on. Each flush costs some
        bytes, as a block is coded by itself; without new content it costs none. What is read has
        nothing to flush.
        """
        self._check_open()
        if self._writer is not None:
            self._writer.flush()
            self._sink.flush()

    def fileno(self) -> int:
        """The descriptor of the compressed file, as for `os.fsync`.

        Raises:
            io.UnsupportedOperation: it has none.
        """
        self._check_open()
        if not hasattr(self._base, "fileno"):
            raise io.UnsupportedOperation("the file has no descriptor")
        return self._base.fileno()

    def readable(self) -> bool:
        """Whether it was opened for reading."""
        return self._mode[0] == "r"

    def writable(self) -> bool:
        """Whether it was opened for writing or appending."""
        return self._mode[0] != "r"

    def seekable(self) -> bool:
        """Whether :meth:`seek` works: when reading a seekable file."""
        return self._reader is not None and not self.closed and self._reader.seekable()

    def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes of the content, fewer only at its end; all if negative or None."""
        return self._reading().read(size)

    def read1(self, size: int = -1, /) -> bytes:
        """Some of the next bytes, at most `size`, from one block."""
        return self._reading().read1(size)

    def readinto(self, buffer: Any, /) -> int:
        """Fill a writable buffer; the number of bytes, fewer than fit only at the end."""
        return self._reading().readinto(buffer)

    def readinto1(self, buffer: Any, /) -> int:
        """Fill a writable buffer from one block; the number of bytes."""
        return self._reading().readinto1(buffer)

    def peek(self, size: int = 0, /) -> bytes:
        """Some of the next bytes without going on."""
        return self._reading().peek(size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """The bytes up to the next newline, at most `size`."""
        return self._reading().readline(-1 if size is None else size)

    def __iter__(self) -> Iterator[bytes]:
        """The lines that follow, straight from the buffered reader: several times as fast."""
        return iter(self._reading())

    def __next__(self) -> bytes:
        return next(self._reading())

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place in the content; the block there is decoded when it is read from."""
        return self._reading().seek(offset, whence)

    def tell(self) -> int:
        """Place in the content: bytes from its start."""
        if self._reader is None:
            self._writing()
            return self._position
        return self._reading().tell()

    def write(self, data: Any, /) -> int:
        """Take bytes. They reach the file when a block is full, by :meth:`flush` or `close`."""
        with flat(data) as view:
            writer = self._writing()
            self._is_needed |= view.nbytes > 0
            writer.write(view)
            self._position += view.nbytes
            return view.nbytes

    def _reading(self) -> io.BufferedReader:
        self._check_open()
        if self._reader is None:
            raise io.UnsupportedOperation("the file was opened for writing: it cannot be read")
        return self._reader

    def _writing(self) -> BlockWriter:
        self._check_open()
        if self._writer is None:
            raise io.UnsupportedOperation("the file was opened for reading: it cannot be written")
        return self._writer

    def _check_open(self) -> None:
        if self.closed:
            raise UsageError("the file is closed: open it again")

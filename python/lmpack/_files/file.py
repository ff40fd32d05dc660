"""File objects that compress what is written and decompress what is read."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast, overload

from lmpack._blocks.coders import Decoder, Encoder
from lmpack._blocks.options import OptionFields, Options, given_options
from lmpack._container import Source
from lmpack._files.names import usable_path
from lmpack._files.reader import ForwardReader, IndexedReader
from lmpack._files.sinks import CountingSink, Writable, flat
from lmpack._files.writer import BlockWriter
from lmpack.errors import TruncatedError, UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    class _BinaryFile(io.BufferedIOBase, BinaryIO):
        """For type checkers, which take io's own classes for a BinaryIO, too."""

else:
    _BinaryFile = io.BufferedIOBase

PathOrFile = str | bytes | os.PathLike[str] | os.PathLike[bytes] | Source | Writable
BinaryMode = Literal["r", "rb", "w", "wb", "x", "xb"]
TextMode = Literal["rt", "wt", "xt"]

_BINARY_MODES = ("r", "rb", "w", "wb", "x", "xb")
_TEXT_MODES = ("rt", "wt", "xt")


class LmpackFile(_BinaryFile):
    """A compressed file as a binary file object.

    Reading from a seekable file can seek, too: only the blocks that are read from are decoded, and
    the last one is kept. From a pipe it reads forward, and so it does from a file that was cut: its
    whole blocks can be read, with `read1` all of them, and in place of an end a TruncatedError
    comes. Writing can neither seek nor append. An object must not be used by two threads at the
    same time.

    Args:
        file: a path, or a binary file object, which stays open when this one is closed. When
            reading a seekable one, all of it is taken, whatever its position.
        mode: "r" or "rb" to read, "w" or "wb" to write, "x" or "xb" to write a new file.
        options: see :class:`Options`.
        keywords: fields of :class:`Options`.

    Raises:
        UsageError: an unknown mode, or an option is out of range.
        OSError: the file cannot be opened.
        FormatError: the file to read is no lmpack file, of a newer version or damaged. That it was
            cut shows when it is read.
        LimitError: reading or writing it would take more than `max_size` or `max_memory` allow;
            for what concerns a single block it is raised when that block is read or written.
        ModelError: the model for writing cannot be used.
    """

    def __init__(
        self,
        file: PathOrFile,
        mode: BinaryMode = "rb",
        *,
        options: Options | None = None,
        **keywords: Unpack[OptionFields],
    ) -> None:
        self._mode = mode
        self._position = 0
        self._reader: io.BufferedReader | None = None
        self._writer: BlockWriter | None = None
        self._owned: BinaryIO | None = None
        self._name: str | bytes = ""
        if mode not in _BINARY_MODES:
            raise UsageError(f"the mode is {mode!r}, allowed are {', '.join(_BINARY_MODES)}")
        chosen = given_options(options, keywords)
        try:
            if self.writable():
                encoder = Encoder(chosen)
                encoder.bundles  # noqa: B018  found before a file is created or emptied
                self._writer = BlockWriter(CountingSink(self._open_base(file)), encoder)
            else:
                decoder = Decoder(chosen)
                self._reader = io.BufferedReader(_raw_reader(self._open_base(file), decoder))
        except BaseException:
            self.close()
            raise

    def _open_base(self, file: PathOrFile) -> BinaryIO:
        if isinstance(file, str | bytes | os.PathLike):
            self._name = usable_path(os.fspath(file))
            # Unbuffered: blocks are large, and a full disk is noticed by the write that meets it.
            self._owned = io.FileIO(file, self._mode[0] + "b")
            return self._owned
        name = getattr(file, "name", "")
        self._name = name if isinstance(name, str | bytes) else ""
        needed = "write" if self.writable() else "read"
        if not hasattr(file, needed):
            raise UsageError(f"{file!r} is neither a path nor a file: it has no {needed}()")
        return cast(BinaryIO, file)

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
            if writer is not None:
                writer.finish()
        finally:
            if owned is not None:
                owned.close()
            if self._reader is not None:
                self._reader.close()
            super().close()

    def readable(self) -> bool:
        """Whether it was opened for reading."""
        return self._mode[0] == "r"

    def writable(self) -> bool:
        """Whether it was opened for writing."""
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
        """Append bytes. They reach the file when a block is full, or at :meth:`close`."""
        with flat(data) as view:
            self._writing().write(view)
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


def _raw_reader(file: BinaryIO, decoder: Decoder) -> io.RawIOBase:
    if hasattr(file, "seekable") and file.seekable():
        try:
            return IndexedReader(file, decoder)
        except TruncatedError:  # no index to seek by: it raises again where the file ends
            file.seek(0)
    return ForwardReader(file, decoder)


@overload
def open(
    file: PathOrFile,
    mode: BinaryMode = "rb",
    *,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> LmpackFile: ...


@overload
def open(
    file: PathOrFile,
    mode: TextMode,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> io.TextIOWrapper: ...


@overload
def open(
    file: PathOrFile,
    mode: str,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> LmpackFile | io.TextIOWrapper: ...


def open(
    file: PathOrFile,
    mode: str = "rb",
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> LmpackFile | io.TextIOWrapper:
    """Open a compressed file in binary or text mode.

    Args:
        file: a path, or a binary file object, which stays open when the result is closed.
        mode: "rb", "wb", "xb", or "rt", "wt", "xt" for text; without b or t it is binary.
        encoding: of the text, as for the built-in open; only in text mode.
        errors: what to do with text that cannot be coded; only in text mode.
        newline: which line ends are translated; only in text mode.
        options: see :class:`Options`.
        keywords: fields of :class:`Options`.

    Raises:
        UsageError: an unknown mode, or text arguments in binary mode.
        OSError, FormatError, LimitError, ModelError: as for :class:`LmpackFile`.
    """
    if mode not in _BINARY_MODES + _TEXT_MODES:
        allowed = ", ".join(_BINARY_MODES + _TEXT_MODES)
        raise UsageError(f"the mode is {mode!r}, allowed are {allowed}")
    text = mode in _TEXT_MODES
    if not text and (encoding, errors, newline) != (None, None, None):
        raise UsageError(f"encoding, errors and newline need a text mode, not {mode!r}")
    binary_mode = cast(BinaryMode, mode[0] + "b")
    binary = LmpackFile(file, binary_mode, options=options, **keywords)
    if not text:
        return binary
    return io.TextIOWrapper(cast(BinaryIO, binary), encoding, errors, newline)

"""Reading integers and runs of bytes from a source, and knowing where one is."""

from __future__ import annotations

from typing import Any, Protocol

from lmpack._container._waiting import follows_io_rules, is_blocking, wait_to_read
from lmpack.errors import DamagedError, TruncatedError, UsageError

MAXIMUM_VARINT_SIZE = 9
"""Nine groups of 7 bits: every varint is below 2**63."""

PADDING_PIECE = 1 << 16
"""Bytes of padding that are looked at in one go."""


class Source(Protocol):
    """What bytes are read from: a file, a pipe, a socket file; whether it blocks or not."""

    def read(self, size: int, /) -> Any:
        """At most `size` bytes, maybe fewer; empty only at the end."""


def encode_varint(value: int) -> bytes:
    """The canonical unsigned LEB128 of 0 <= value < 2**63."""
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def truncated(end: int, what: str, whole: str = "file") -> TruncatedError:
    """The error for an input, a `whole`, that ends at a byte offset, before the end of `what`."""
    return TruncatedError(
        f"the input ends at byte {end}, before the end of {what}: it was cut short, or is still "
        f"being written: get the whole {whole}"
    )


class ByteReader:
    """Reads a source forward, counts, and hides that fewer bytes come than were asked for, or none.

    Attributes:
        offset: bytes from the start of the file to the next byte.

    Args:
        source: what is read.
        offset: as the attribute.
        whole: what the source is, in a word.

    Raises:
        UsageError: the source cannot be read from.
    """

    def __init__(self, source: Source, offset: int = 0, *, whole: str = "file") -> None:
        if not hasattr(source, "read"):
            raise UsageError(
                f"the source is a {type(source).__name__}, which has no read(): open a file, or "
                "make a stream of bytes with io.BytesIO"
            )
        self._source = source
        self._whole = whole
        self.offset = offset

    def at_most(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end of the source.

        Raises:
            UsageError: the source is a text file, or has to be waited for and has no descriptor.
        """
        pieces = []
        missing = size
        while missing and (piece := self._some(missing)):
            pieces.append(piece)
            missing -= len(piece)
        self.offset += size - missing
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _some(self, size: int) -> bytes:
        while (piece := self._read(size)) is None:
            wait_to_read(self._source)
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise UsageError(
                f"the source gave {type(piece).__name__}, not bytes: open it in binary mode"
            )
        found = bytes(piece)
        if len(found) > size:
            raise UsageError(
                f"the source gave {len(found):,} bytes when it was asked for {size:,}: its "
                "read(size) must give no more"
            )
        return found

    def _read(self, size: int) -> Any:
        """What the source gives; None if it has nothing now, but may have later."""
        try:
            piece = self._source.read(size)
        except BlockingIOError:
            return None
        if piece is None and not follows_io_rules(self._source) and is_blocking(self._source):
            raise UsageError("the source gave None, not bytes: its read() must give b'' at its end")
        return piece

    def exactly(self, size: int, what: str) -> bytes:
        """The next `size` bytes.

        Raises:
            TruncatedError: the source ends before; `what` names what was being read.
        """
        found = self.at_most(size)
        if len(found) < size:
            raise truncated(self.offset, what, self._whole)
        return found

    def integer(self, size: int, what: str) -> int:
        """The next `size` bytes as a little-endian integer."""
        return int.from_bytes(self.exactly(size, what), "little")

    def varint(self, what: str) -> int:
        """The next varint.

        Raises:
            TruncatedError: the source ends before.
            DamagedError: it is not the shortest form, or not below 2**63.
        """
        start = self.offset
        value = 0
        for group in range(MAXIMUM_VARINT_SIZE):
            byte = self.exactly(1, what)[0]
            value |= (byte & 0x7F) << (7 * group)
            if byte < 0x80:
                if byte == 0 and group > 0:
                    raise DamagedError(f"{what}: the integer at byte {start} has a needless 0 byte")
                return value
        raise DamagedError(f"{what}: the integer at byte {start} is not below 2**63")

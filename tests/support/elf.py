"""What an ELF file of 64 bits says of its protection, read with nothing but :mod:`struct`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MAGIC = b"\x7fELF"

PT_LOAD, PT_DYNAMIC = 1, 2
PT_GNU_STACK, PT_GNU_RELRO = 0x6474E551, 0x6474E552
EXECUTABLE = 1

DT_NULL, DT_STRTAB, DT_SYMTAB, DT_FLAGS, DT_FLAGS_1 = 0, 5, 6, 30, 0x6FFFFFFB
DF_BIND_NOW, DF_1_NOW = 8, 1

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<qQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_SMALL_64_BITS = b"\x02\x01"
"""Class and byte order in the header: 64 bits, the lowest byte first."""


class Segment(NamedTuple):
    """A program header, without its addresses in physical memory."""

    kind: int
    flags: int
    offset: int
    address: int
    size: int


class Elf:
    """An ELF file of 64 bits, the lowest byte first.

    Raises:
        ValueError: it is another file.
    """

    def __init__(self, path: Path) -> None:
        self._content = path.read_bytes()
        if self._content[:6] != MAGIC + _SMALL_64_BITS:
            raise ValueError(f"{path} is no ELF file of 64 bits")
        header = _HEADER.unpack_from(self._content)
        self.segments = [self._segment(header[5] + i * header[9]) for i in range(header[10])]
        self.dynamic = dict(self._dynamic())

    def segment(self, kind: int) -> Segment | None:
        """The first segment of a kind, if there is one."""
        return next((segment for segment in self.segments if segment.kind == kind), None)

    @property
    def binds_now(self) -> bool:
        """Whether all symbols are bound when the file is loaded."""
        flags, more = self.dynamic.get(DT_FLAGS, 0), self.dynamic.get(DT_FLAGS_1, 0)
        return bool(flags & DF_BIND_NOW or more & DF_1_NOW)

    def imports(self) -> set[str]:
        """Names of the symbols that other files have to provide."""
        names, symbols = (self._offset(self.dynamic[tag]) for tag in (DT_STRTAB, DT_SYMTAB))
        found = set()
        # No tag says how many symbols there are; their names stand behind them.
        for place in range(symbols, names, _SYMBOL.size):
            name, _, _, section, _, _ = _SYMBOL.unpack_from(self._content, place)
            if section == 0:
                end = self._content.index(b"\0", names + name)
                found.add(self._content[names + name : end].decode())
        return found - {""}

    def _segment(self, place: int) -> Segment:
        kind, flags, offset, address, _, size, _, _ = _SEGMENT.unpack_from(self._content, place)
        return Segment(kind, flags, offset, address, size)

    def _dynamic(self) -> Iterator[tuple[int, int]]:
        segment = self.segment(PT_DYNAMIC)
        if segment is None:
            return
        for place in range(segment.offset, segment.offset + segment.size, _DYNAMIC.size):
            tag, value = _DYNAMIC.unpack_from(self._content, place)
            if tag == DT_NULL:
                return
            yield tag, value

    def _offset(self, address: int) -> int:
        """Where in the file stands what is loaded at an address."""
        for segment in self.segments:
            within = address - segment.address
            if segment.kind == PT_LOAD and 0 <= within < segment.size:
                return segment.offset + within
        raise ValueError(f"nothing is loaded at {address:#x}")

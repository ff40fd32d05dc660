"""Long runs of zeros as holes of a new file: they take no time to write and no room."""

from __future__ import annotations

import os

GRAIN = 1 << 12
"""Holes begin and end at multiples of so many bytes: a block of nearly all file systems."""

_ZEROS = bytes(GRAIN)


class HoleWriter:
    """Writes to a new, empty, regular file.

    Args:
        descriptor: of the file, which stays open.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._offset = 0
        self._ends_in_hole = False

    def write(self, data: memoryview, /) -> int:
        """Take some of `data`; the number of bytes."""
        end = self._grain_from(0, data)
        is_hole = _is_hole(data[:end])
        while end < len(data) and _is_hole(data[end : end + GRAIN]) == is_hole:
            end = self._grain_from(end, data)
        if is_hole:
            taken = end
            os.lseek(self._descriptor, taken, os.SEEK_CUR)
        else:
            taken = os.write(self._descriptor, data[:end])
        self._offset += taken
        self._ends_in_hole = is_hole
        return taken

    def finish(self) -> None:
        """Give the file its length, which a hole at its end does not."""
        if self._ends_in_hole:
            os.ftruncate(self._descriptor, self._offset)

    def _grain_from(self, start: int, data: memoryview) -> int:
        """Where the grain ends in which a byte of the data lies."""
        return min(len(data), start + GRAIN - (self._offset + start) % GRAIN)


def _is_hole(grain: memoryview) -> bool:
    # A view compares byte by byte, and a hundred times slower than bytes do.
    return bytes(grain) == _ZEROS

"""Long runs of zeros as holes of a new file: they take no time to write and no room."""

from __future__ import annotations

import os

GRAIN = 1 << 16
"""Holes begin and end at multiples of so many bytes: some blocks of any file system."""

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
        if _is_hole(data[: self._grain_from(0, data)]):
            self._offset = os.lseek(self._descriptor, GRAIN, os.SEEK_CUR)
            self._ends_in_hole = True
            return GRAIN
        end = self._grain_from(0, data)
        while end < len(data) and not _is_hole(data[end : end + GRAIN]):
            end = self._grain_from(end, data)
        written = os.write(self._descriptor, data[:end])
        self._offset += written
        self._ends_in_hole = False
        return written

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

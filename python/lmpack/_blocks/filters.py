"""Reversible transforms of a block before it is mixed, and which may help (docs/filters.md)."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import NamedTuple

from lmpack._native import filter_bytes, unfilter_bytes
from lmpack.errors import DamagedError

StepsDone = Callable[[int], None]


class FilterId(enum.IntEnum):
    """The numbers of the filters in a payload."""

    SAMPLES = 1
    X86 = 2
    ARM64 = 3
    DELTA = 4


PARAMETER_SIZES = {FilterId.SAMPLES: 5, FilterId.X86: 1, FilterId.ARM64: 0, FilterId.DELTA: 2}
"""Bytes of parameters behind the number of each filter."""

X86_BITS = (32, 64)
ARM64_INSTRUCTION = 4
DELTA_WIDTHS = (2, 4, 8)
BIG_ENDIAN, SIGNED = 1, 2
MOST_CHANNELS = 8
FEWEST_PIXELS = 3
"""Of a row."""


class Filter(NamedTuple):
    """One transform, and what it needs to know.

    Attributes:
        id: which one.
        parameters: as they are in a payload.
    """

    id: FilterId
    parameters: bytes = b""

    @classmethod
    def samples(
        cls,
        width: int,
        channels: int,
        *,
        row: int = 0,
        is_signed: bool = True,
        is_big_endian: bool = False,
    ) -> Filter:
        """For a recording or a picture.

        Args:
            width: bytes of a sample, 1 to 3.
            channels: that are interleaved, 1 to 8.
            row: samples in a row of a picture; 0 for a recording.
            is_signed: whether samples can be below 0.
            is_big_endian: whether their high byte comes first.
        """
        kind = BIG_ENDIAN * is_big_endian | SIGNED * is_signed
        return cls(FilterId.SAMPLES, bytes([width, kind, channels]) + row.to_bytes(2, "little"))

    @classmethod
    def delta(cls, width: int, stride: int) -> Filter:
        """For records of numbers, of `width` bytes each, which are alike after `stride` bytes."""
        return cls(FilterId.DELTA, bytes([width, stride]))

    @classmethod
    def parse(cls, data: bytes) -> Filter:
        """The filter that is stated by these bytes.

        Raises:
            DamagedError: there is no such filter.
        """
        if not data or data[0] not in PARAMETER_SIZES:
            raise DamagedError(f"there is no filter {data[:1].hex()}: the file is damaged")
        found = cls(FilterId(data[0]), data[1:])
        if len(found.parameters) != PARAMETER_SIZES[found.id] or not found._is_possible:
            raise DamagedError(
                f"the filter {found.id.name} cannot have the parameters "
                f"{found.parameters.hex()}: the file is damaged"
            )
        return found

    def to_bytes(self) -> bytes:
        """Number and parameters, as they are in a payload."""
        return bytes([self.id]) + self.parameters

    @property
    def stride(self) -> int | None:
        """The distance at which filtered bytes resemble one another; None if it says nothing."""
        if self.id is FilterId.SAMPLES:
            width, _, channels, *_ = self.parameters
            return width * (self._row or channels)
        if self.id is FilterId.DELTA:
            return self.parameters[1]
        return ARM64_INSTRUCTION if self.id is FilterId.ARM64 else None

    @property
    def width(self) -> int:
        """Bytes of a number; 1 if they are no numbers."""
        return self.parameters[0] if self.id in (FilterId.SAMPLES, FilterId.DELTA) else 1

    def __str__(self) -> str:
        if self.id is FilterId.X86:
            return f"x86 code, {self.parameters[0]} bits"
        if self.id is FilterId.ARM64:
            return "ARM64 code"
        if self.id is FilterId.DELTA:
            return f"deltas of {8 * self.width} bits, {self.stride} bytes apart"
        width, kind, channels, *_ = self.parameters
        order = ", big-endian" if kind & BIG_ENDIAN and width > 1 else ""
        sign = "signed" if kind & SIGNED else "unsigned"
        shape = f", rows of {self._row}" if self._row else ""
        return f"samples of {8 * width} bits, {sign}{order}, {channels} interleaved{shape}"

    def apply(self, plain: bytes, steps_done: StepsDone) -> bytes:
        """As many filtered bytes."""
        return filter_bytes(plain, self.id, self.parameters, steps_done)

    def undo(self, filtered: bytes, steps_done: StepsDone) -> bytes:
        """The bytes that these were made of."""
        return unfilter_bytes(filtered, self.id, self.parameters, steps_done)

    @property
    def _row(self) -> int:
        return int.from_bytes(self.parameters[3:5], "little")

    @property
    def _is_possible(self) -> bool:
        if self.id is FilterId.SAMPLES:
            return self._are_possible_samples
        if self.id is FilterId.X86:
            return self.parameters[0] in X86_BITS
        if self.id is FilterId.DELTA:
            width, stride = self.parameters
            return width in DELTA_WIDTHS and stride > 0 and stride % width == 0
        return True

    @property
    def _are_possible_samples(self) -> bool:
        width, kind, channels, *_ = self.parameters
        if not (1 <= width <= 3 and kind <= BIG_ENDIAN | SIGNED and 1 <= channels <= MOST_CHANNELS):
            return False
        pixels, rest = divmod(self._row, channels)
        return self._row == 0 or (rest == 0 and pixels >= FEWEST_PIXELS and width < 3)

"""A second, slow coder: the rules of docs/format.md with integers of any length.

The lower end of the interval is one number that never wraps, so there is no carry to propagate
and no window to slide: what the fast coder does byte by byte is visible here as plain arithmetic.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from fractions import Fraction

TOTAL = 2**24
SMALLEST_RANGE = 2**24
WINDOW_BYTES = 4


def frequencies(weights: Sequence[int]) -> list[int]:
    """Frequencies of one table of weights; their sum is TOTAL."""
    spread = TOTAL - len(weights)
    quotient = spread * 2**31 // sum(weights)
    table = [1 + weight * quotient // 2**31 for weight in weights]
    table[weights.index(max(weights))] += TOTAL - sum(table)
    return table


def in_coding_order(length: int, lane_length: int) -> Iterator[tuple[int, int]]:
    """(lane, step) of the symbols of a block, in the order in which they are coded."""
    for step in range(lane_length):
        for lane in range(-(-length // lane_length)):
            if lane * lane_length + step < length:
                yield lane, step


@dataclasses.dataclass
class Interval:
    """The numbers that stand for the symbols so far: low <= number < low + size.

    Attributes:
        low: in units of 256**-(shifts + WINDOW_BYTES); of any length.
        size: in the same unit, SMALLEST_RANGE to 2**32 - 1.
        shifts: how often the unit was made finer by a byte.
    """

    low: int = 0
    size: int = 2**32 - 1
    shifts: int = 0

    def bound(self, position: int) -> int:
        """Distance from low to where the part that begins at a table position begins."""
        return self.size * position // TOTAL

    def narrow(self, table: Sequence[int], symbol: int) -> None:
        """Goes over to the part of a symbol."""
        position = sum(table[:symbol])
        start, end = self.bound(position), self.bound(position + table[symbol])
        self.low += start
        self.size = end - start
        while self.size < SMALLEST_RANGE:
            self.low *= 256
            self.size *= 256
            self.shifts += 1

    def find(self, table: Sequence[int], number: Fraction) -> int | None:
        """The symbol whose part holds the number, 0 <= number < 1; None if no part does."""
        offset = number * 256 ** (self.shifts + WINDOW_BYTES) - self.low
        for symbol in range(len(table)):
            if offset < self.bound(sum(table[: symbol + 1])):
                return symbol
        return None

    def payload(self) -> bytes:
        """The fewest bytes that name a number of the interval, by the format's rule."""
        for count in range(WINDOW_BYTES + 1):
            unit = 256 ** (WINDOW_BYTES - count)
            value = -(-self.low // unit)
            if value * unit < self.low + self.size:
                return int(value).to_bytes(self.shifts + count, "big")
        raise AssertionError("low itself is in the interval")


def encode(tables: Sequence[Sequence[int]], symbols: Sequence[int]) -> bytes:
    """Payload of symbols, each with its table of frequencies, in coding order."""
    interval = Interval()
    for table, symbol in zip(tables, symbols, strict=True):
        interval.narrow(table, symbol)
    return interval.payload()


def decode(tables: Sequence[Sequence[int]], payload: bytes) -> list[int] | None:
    """Inverse of :func:`encode`; None if no symbols have this payload."""
    number = Fraction(int.from_bytes(payload, "big"), 256 ** len(payload))
    interval = Interval()
    symbols = []
    for table in tables:
        symbol = interval.find(table, number)
        if symbol is None:
            return None
        interval.narrow(table, symbol)
        symbols.append(symbol)
    return symbols if interval.payload() == payload else None

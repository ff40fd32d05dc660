"""Rows of SQLite and their decimal numbers, written from docs/mixing.md, section 3, alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from reference_texts import H

SIZE, KEY, HEADER_SIZE, TYPES, BODY = range(5)
LENGTHS = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0]
REAL = 7


def first(b: int, digits: int) -> int:
    """The first decimal that rounds to the number b or to one above it."""
    e, m = b >> 52, 2**52 + b % 2**52
    power: int = 10**digits
    return -(-((2 * m - 1) * power) // (1 << 1076 - e))


def is_in_range(b: int) -> bool:
    return 982 <= b >> 52 <= 1055


def class_of(count: int) -> int:
    return bisect_right([1, 2, 3, 4, 6, 9, 16], count)


class Header(NamedTuple):
    """What is known of a row before its body.

    Attributes:
        part: of the next byte.
        text: the bytes of this part.
        size: P, or 0.
        key: or 0.
        left: what the types do not take yet.
        types: T.
    """

    part: int
    text: bytes
    size: int
    key: int
    left: int
    types: list[int]


def parse(data: bytes, is_keyed: bool) -> Header | None:
    """A row's bytes up to its body; None if they are of none."""
    part, text = SIZE, b""
    size = key = left = types_size = 0
    types: list[int] = []
    number: list[int] = []
    for c in data:
        text += bytes([c])
        number.append(c % 128)
        if c >= 128:
            if len(number) == 4:
                return None
            continue
        value = sum(digit * 128**i for i, digit in enumerate(reversed(number)))
        number = []
        if part == TYPES:
            length = LENGTHS[value] if value < 12 else (value - 12) // 2
            if value in (10, 11) or length > left or len(text) > types_size:
                return None
            left -= length
            types.append(value)
            if len(text) == types_size:
                return Header(BODY, b"", size, key, 0, types) if left == 0 else None
            continue
        if part == SIZE:
            size = value
            if size < 3:
                return None
        elif part == KEY:
            key = value
        else:
            if not 3 <= value <= min(64, size - 1):
                return None
            types_size, left = value - 1, size - value
        part = KEY if part == SIZE and is_keyed else max(part + 1, HEADER_SIZE)
        text = b""
    return Header(part, text, size, key, left, types)


class Rows:
    """What is followed of the rows of a lane."""

    def __init__(self) -> None:
        self.lane = b""
        self.start = self.body_start = 0
        self.is_keyed = self.prefers_keys = True
        self.follows = self.before_follows = False
        self.header = Header(SIZE, b"", 0, 0, 0, [])
        self.columns: list[bytes] = []
        """Of the body, those that have begun."""
        self.before: list[bytes] = []
        self.before_types: list[int] = []
        self.keys = [0, 0]
        self.decimals: dict[int, tuple[bool, int]] = {}
        """By column: whether the last number was one, and D."""

    @property
    def part(self) -> int:
        return self.header.part

    @property
    def in_body(self) -> bool:
        return self.part == BODY and self.is_known

    @property
    def is_known(self) -> bool:
        count = len(self.header.types)
        is_like = self.before_follows and count == len(self.before_types)
        return self.follows or (self.part == BODY and (count >= 6 or is_like))

    @property
    def column(self) -> int:
        return len(self.columns) - 1 if self.part == BODY else len(self.header.types)

    @property
    def bytes_so_far(self) -> bytes:
        return self.columns[-1] if self.part == BODY else self.header.text

    @property
    def place(self) -> int:
        return len(self.bytes_so_far)

    @property
    def text(self) -> int:
        h = 0
        for c in self.bytes_so_far:
            h = H(h + c + 1, 4)
        return h

    @property
    def key(self) -> int:
        return (2 * self.keys[0] - self.keys[1]) % 2**32

    @property
    def type(self) -> int:
        types = self.header.types if self.part == BODY else self.before_types
        return types[self.column] if self.column < len(types) else 0

    def above(self, behind: int = 0) -> int:
        """N_r, or with a 1 N_s."""
        if self.part != BODY or self.column >= len(self.before):
            return 0
        column, place = self.before[self.column], self.place + behind
        return column[place] if place < len(column) else 0

    @property
    def repeats(self) -> bool:
        """E."""
        above = self.before[self.column] if self.column < len(self.before) else b""
        padded = above + bytes(self.place)
        return padded[: self.place] == self.columns[-1]

    def add(self, c: int) -> None:
        self.lane += bytes([c])
        if self.part == BODY:
            self.add_to_body(c)
            return
        while not self.read(self.start):
            pass

    def read(self, start: int) -> bool:
        """Read from there on; whether all bytes were read."""
        for end in range(start + 1, len(self.lane) + 1):
            if self.part == BODY:
                self.add_to_body(self.lane[end - 1])
                if self.part != BODY:
                    return end == len(self.lane)
                continue
            header = parse(self.lane[start:end], self.is_keyed)
            if header is None:
                self.try_next()
                return False
            self.header = header
            if header.part == BODY:
                self.begin_body(end)
        return True

    def try_next(self) -> None:
        self.follows = False
        self.header = Header(SIZE, b"", 0, 0, 0, [])
        if self.is_keyed == self.prefers_keys:
            self.is_keyed = not self.is_keyed
        else:
            self.start += 1
            self.is_keyed = self.prefers_keys

    def lengths(self) -> Iterator[int]:
        return (LENGTHS[t] if t < 12 else (t - 12) // 2 for t in self.header.types)

    def begin_body(self, start: int) -> None:
        self.body_start = start
        if self.is_keyed:
            self.keys = [self.header.key, self.keys[0]]
        self.columns = []
        self.next_column()

    def next_column(self) -> None:
        """Begin the next column that is not empty."""
        lengths = list(self.lengths())
        self.columns.append(b"")
        while len(self.columns) < len(lengths) and lengths[len(self.columns) - 1] == 0:
            self.columns.append(b"")

    def add_to_body(self, c: int) -> None:
        self.columns[-1] += bytes([c])
        lengths = list(self.lengths())
        if self.place < lengths[self.column]:
            return
        if self.header.types[self.column] == REAL:
            self.end_number(int.from_bytes(self.columns[-1], "big") % 2**63)
        if any(lengths[len(self.columns) :]):
            self.next_column()
            return
        self.columns += [b""] * (len(lengths) - len(self.columns))
        self.before, self.before_types = self.columns, self.header.types
        self.before_follows, self.follows = self.follows, True
        self.prefers_keys = self.is_keyed
        self.start = self.body_start + sum(lengths)
        self.header = Header(SIZE, b"", 0, 0, 0, [])

    def end_number(self, b: int) -> None:
        if not is_in_range(b):
            return
        _, most = self.decimals.get(self.column, (False, 0))
        digits = [d for d in range(9) if first(b + 1, d) > first(b, d)]
        self.decimals[self.column] = (True, max(most, digits[0])) if digits else (False, most)

    def counts(self, prefix: int) -> tuple[int, int]:
        """n_0 and n_1 of the next bit."""
        known = prefix.bit_length() - 1
        t = 8 * self.place + known
        if not self.in_body or self.type != REAL or t < 12:
            return 0, 0
        is_decimal, digits = self.decimals.get(self.column, (False, 0))
        x = int.from_bytes(self.columns[-1], "big") << known | prefix - (1 << known)
        x %= 2 ** (t - 1)
        low, middle, high = (x << 64 - t), (2 * x + 1 << 63 - t), (x + 1 << 64 - t)
        if not is_decimal or not is_in_range(low):
            return 0, 0
        a, b, c = (first(end, digits) for end in (low, middle, high))
        return b - a, c - b

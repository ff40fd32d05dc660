"""The contexts of a lane, written from docs/mixing.md, section 3, alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reference_data import OPERAND, Instructions, Records
from reference_texts import MASK, H, J, Lines, Nesting, Shapes, Words, is_in_word


class Followers:
    """What came after places, for all lanes."""

    def __init__(self) -> None:
        self.tables: list[dict[int, int]] = [{} for _ in range(4)]

    def add(self, places: Sequence[int], c: int) -> None:
        for table, place, digits in zip(self.tables, places, (24, 16, 16, 16), strict=True):
            table[place] = (256 * table.get(place, 0) + c) % 2**digits

    def after(self, places: Sequence[int]) -> list[int]:
        return [table.get(place, 0) for table, place in zip(self.tables, places, strict=True)]


class LaneContexts:
    """All that is followed in one lane."""

    def __init__(self, followers: Followers, stride: int) -> None:
        self.followers = followers
        self.places = [0, 0, 0, 0]
        self.last = self.z = 0
        self.words, self.shapes, self.lines = Words(), Shapes(), Lines()
        self.nesting, self.records = Nesting(), Records(stride)
        self.instructions = Instructions()

    def c(self, n: int) -> int:
        """The n-th last byte, up to the eighth."""
        return self.last >> 8 * (n - 1) & 255

    def order(self, n: int) -> int:
        return self.last & (1 << 8 * n) - 1

    @property
    def nibbles(self) -> int:
        return sum((self.c(n) >> 4) << 4 * (n - 1) for n in (1, 2, 3, 4))

    def add(self, c: int) -> None:
        self.followers.add(self.places, c)
        self.z = (4 * self.z + 2 * (c == 0) + (c == self.c(4))) % 2**32
        self.last = (256 * self.last + c) & MASK
        self.words.add(c)
        self.shapes.add(c)
        self.lines.add(c)
        self.nesting.add(c, self.words.w_2)
        self.records.add(c)
        self.instructions.add(c)
        t = self.words.w if is_in_word(c) else H(c, 6)
        self.places = [c, self.order(2), self.nibbles, t % 65536]

    def hashes(self, numbers: Sequence[int]) -> list[int]:
        """Those of the contexts with these numbers."""
        self.A = self.followers.after(self.places)
        return [H(VALUES[number](self), number) for number in numbers]


def _column_and_above(c: LaneContexts) -> int:
    a = c.lines
    value = (min(a.L, 255) << 32) + (min(a.column, 255) << 16) + 2 * a.N_l + a.m
    return J(value, c.shapes.s % 256)


def _field_above(c: LaneContexts) -> int:
    above = c.lines.above_in_field
    return (min(c.lines.F, 63) << 24) + (above(0) << 16) + (above(1) << 8) + c.c(1)


def _top_nibbles(c: LaneContexts) -> int:
    value = c.shapes.k % 512
    for n in (2, 3, 4, 5, 6):
        value = 16 * value + (0 if c.c(n) == ord(" ") else c.c(n) >> 4)
    return value


def _neighbours(c: LaneContexts) -> int:
    a = c.records
    return (a.N << 24) + (a.NE << 16) + (a.NW << 8) + c.c(1)


def _gradient(c: LaneContexts) -> int:
    a = c.records
    return (c.c(1) + a.N + 256 - a.NW) << 8 | (a.N + c.c(1)) // 32


def _trend(c: LaneContexts) -> int:
    return (2 * c.records.N + 256 - c.records.NN) << 8 | c.c(1) // 16


def _state_of_code(c: LaneContexts) -> int:
    code = c.instructions
    if code.part == 0:
        return J(code.I_1, 1)
    return J(code.I, code.I_1 >> 8 & 255 if code.part == 1 else _part(c))


def _part(c: LaneContexts) -> int:
    return 64 * c.instructions.part + c.instructions.r


def _operand(c: LaneContexts) -> int:
    code = c.instructions
    return J(c.c(1) + 1 if code.part == OPERAND else 0, _part(c) * 16 + code.part_before)


VALUES: dict[int, Callable[[LaneContexts], int]] = {
    1: lambda c: c.order(2),
    2: lambda c: c.order(3),
    3: lambda c: c.order(4),
    4: lambda c: c.order(5),
    5: lambda c: c.order(6),
    6: lambda c: c.last,
    7: lambda c: c.words.w,
    8: lambda c: J(c.words.w, c.words.w_2),
    9: lambda c: J(c.words.w, c.words.g_2) + c.c(1),
    10: lambda c: J(J(c.words.g, c.words.w_2), J(c.words.g_2, c.words.w_3)),
    11: lambda c: J(c.shapes.G % 2**32, c.shapes.q),
    12: lambda c: J(c.shapes.G, c.shapes.q),
    13: lambda c: J(J(c.shapes.G, c.shapes.O % 2**32), c.shapes.q),
    14: lambda c: c.shapes.k,
    15: lambda c: (c.lines.N_l << 16) + (c.c(1) << 8) + c.lines.m,
    16: _column_and_above,
    17: lambda c: J(c.lines.column, c.shapes.k % 512),
    18: lambda c: J(c.lines.f, c.c(1)),
    19: lambda c: J(c.lines.p, c.lines.F),
    20: _field_above,
    21: lambda c: J(c.nesting.B, min(c.words.l, 6) * 256 + c.shapes.s % 256),
    22: lambda c: J(c.nesting.B_k, c.words.w or c.c(1)),
    23: lambda c: 31 * c.shapes.u + 27 * c.nesting.j + 281 * c.nesting.y,
    24: lambda c: J(7 * c.shapes.v + c.nesting.y, J(c.nesting.i, c.nesting.j)),
    25: lambda c: (c.A[0] << 8) + c.c(1),
    26: lambda c: (c.A[1] << 16) + c.order(2),
    27: lambda c: (c.A[2] << 16) + c.nibbles,
    28: lambda c: J(c.A[3], c.shapes.s),
    29: lambda c: c.c(2),
    30: lambda c: c.last & 0xFFFF00,
    31: lambda c: c.last & 0xFF00FF00,
    32: lambda c: c.last & 0xFF00FF,
    33: lambda c: c.last & 0xFF0000FF,
    34: lambda c: c.last & 0xFF00FF00FF00,
    35: lambda c: c.last & 0xFFFF0000,
    36: lambda c: c.last & 0xFF000000FF000000,
    37: lambda c: c.last & 0xE0E0E0E0,
    38: _top_nibbles,
    39: lambda c: c.c(4) << 24 | (c.last >> 8 & 0xE000) | c.z % 256,
    40: lambda c: c.z,
    41: lambda c: c.c(2) << 24 | c.records.R,
    42: lambda c: (c.records.N >> 3) << 40 | (c.records.NN >> 3) << 32 | c.records.C,
    43: lambda c: c.records.N,
    44: lambda c: c.records.N << 32 | c.records.C,
    45: lambda c: (c.records.N << 16) + (c.records.NN << 8) + c.records.C % 256,
    46: _neighbours,
    47: _gradient,
    48: _trend,
    49: lambda c: c.records.C << 16 | c.c(1) << 8,
    50: lambda c: J(_part(c), c.instructions.I),
    51: _operand,
    52: _part,
    53: _state_of_code,
    54: lambda c: J(c.instructions.I_1 % 65536, J(c.instructions.I, _part(c))),
}
"""The values of the contexts by number."""

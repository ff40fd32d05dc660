"""The contexts of a lane, written from docs/mixing.md, section 3, alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reference_data import OPERAND, Instructions, Records
from reference_keys import InstructionBytes, StringBefore, Values
from reference_rows import BODY, KEY, Rows
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
        self.instructions, self.rows = Instructions(), Rows()
        self.values, self.string = Values(), StringBefore()
        self.instruction_bytes = InstructionBytes()
        self.text_bytes = 0

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
        lane, quoted = self.records.lane, ord('"') == self.nesting.B
        self.values.add(lane, quoted)
        self.string.add(c, quoted)
        self.instruction_bytes.add(lane, self.instructions)
        self.rows.add(c)
        self.text_bytes = 0 if c < 9 else self.text_bytes + 1
        t = self.words.w if is_in_word(c) else H(c, 6)
        self.places = [c, self.order(2), self.nibbles, t % 65536]

    def hashes(self, numbers: Sequence[int]) -> list[int]:
        """Those of the contexts with these numbers."""
        self.A = self.followers.after(self.places)
        return [H(self.value(number), number) for number in numbers]

    @property
    def is_in_text(self) -> bool:
        return not self.rows.is_known and self.text_bytes >= 32

    def value(self, number: int) -> int:
        if self.rows.is_known and number in IN_ROWS:
            return IN_ROWS[number](self)
        if self.is_in_text and number in IN_TEXT:
            return IN_TEXT[number](self)
        return VALUES[number](self)


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


def _opcodes(c: LaneContexts) -> list[int]:
    code = c.instructions
    return [instruction >> 16 for instruction in (code.I, code.I_1, code.I_2, code.I_3)]


def _three_opcodes(c: LaneContexts) -> int:
    o, o_1, o_2, _ = _opcodes(c)
    return J(_part(c), J(o, 256 * o_1 + o_2))


def _four_opcodes(c: LaneContexts) -> int:
    o, o_1, o_2, o_3 = _opcodes(c)
    return J(_part(c), J(o, J(o_1, J(o_2, o_3))))


def _two_modes(c: LaneContexts) -> int:
    return J(_part(c), J(c.instructions.I & 0xFFC7FF, c.instructions.I_1 & 0xFFC700))


def _four_modes(c: LaneContexts) -> int:
    code = c.instructions
    m, m_1, m_2, m_3 = (i & 0xFEF800 for i in (code.I, code.I_1, code.I_2, code.I_3))
    return J(_part(c), J(m, J(m_1, J(m_2, m_3))))


def _bytes_and_opcodes(c: LaneContexts) -> int:
    _, o_1, o_2, o_3 = _opcodes(c)
    return J(J(c.instruction_bytes.X, o_1), 256 * o_2 + o_3)


def _bytes_and_two(c: LaneContexts) -> int:
    code = c.instructions
    return J(J(c.instruction_bytes.X, code.I_1), J(code.I_2, _part(c)))


def _operand_before(c: LaneContexts) -> int:
    a = c.instruction_bytes
    is_operand = c.instructions.part == OPERAND
    return J(
        J(_part(c), c.instructions.I),
        (a.N_i << 9) + 2 * a.M_i + a.e if is_operand else a.X_k,
    )


def _address_before(c: LaneContexts) -> int:
    a = c.instruction_bytes
    if c.instructions.part == OPERAND:
        return J(J(_part(c), a.a), 256 * a.N_jk[0] + a.N_jk[1])
    return J(J(_part(c), a.X), c.instructions.I_3)


def _bytes_and_three(c: LaneContexts) -> int:
    code = c.instructions
    return J(J(c.instruction_bytes.X, code.I_1), J(J(code.I_2, code.I_3), _part(c)))


def _registers_of_three(c: LaneContexts) -> int:
    code = c.instructions
    r, r_1, r_2 = (i & 0xFFFF00 for i in (code.I, code.I_1, code.I_2))
    return J(J(_part(c), r), J(r_1, r_2))


VALUES: dict[int, Callable[[LaneContexts], int]] = {
    1: lambda c: c.order(2),
    2: lambda c: c.order(3),
    3: lambda c: c.order(4),
    4: lambda c: c.order(5),
    5: lambda c: c.order(6),
    6: lambda c: c.words.w,
    7: lambda c: J(c.words.w, c.words.w_2),
    8: lambda c: J(c.words.w, c.words.g_2) + c.c(1),
    9: lambda c: J(J(c.words.g, c.words.w_2), J(c.words.g_2, c.words.w_3)),
    10: lambda c: J(c.shapes.G % 2**32, c.shapes.q),
    11: lambda c: J(c.shapes.G, c.shapes.q),
    12: lambda c: J(J(c.shapes.G, c.shapes.O % 2**32), c.shapes.q),
    13: lambda c: c.shapes.k,
    14: _column_and_above,
    15: lambda c: J(c.lines.column, c.shapes.k % 512),
    16: lambda c: J(c.lines.p, c.lines.F),
    17: _field_above,
    18: lambda c: J(c.nesting.B, min(c.words.l, 6) * 256 + c.shapes.s % 256),
    19: lambda c: J(c.nesting.B_k, c.words.w or c.c(1)),
    20: lambda c: (c.A[0] << 8) + c.c(1),
    21: lambda c: (c.A[1] << 16) + c.order(2),
    22: lambda c: (c.A[2] << 16) + c.nibbles,
    23: lambda c: J(c.A[3], c.shapes.s),
    24: lambda c: c.c(2),
    25: lambda c: c.last & 0xFF00FF00,
    26: lambda c: c.last & 0xFF00FF00FF00,
    27: lambda c: c.last & 0xE0E0E0E0,
    28: _top_nibbles,
    29: lambda c: c.c(4) << 24 | (c.last >> 8 & 0xE000) | c.z % 256,
    30: lambda c: c.z,
    31: lambda c: c.c(2) << 24 | c.records.R,
    32: lambda c: (c.records.N >> 3) << 40 | (c.records.NN >> 3) << 32 | c.records.C,
    33: lambda c: c.records.N,
    34: lambda c: c.records.N << 32 | c.records.C,
    35: lambda c: (c.records.N << 16) + (c.records.NN << 8) + c.records.C % 256,
    36: _neighbours,
    37: _gradient,
    38: _trend,
    39: lambda c: c.records.C << 16 | c.c(1) << 8,
    40: lambda c: J(_part(c), c.instructions.I),
    41: _operand,
    42: _part,
    43: _state_of_code,
    44: _three_opcodes,
    45: _two_modes,
    46: _four_modes,
    47: _four_opcodes,
    48: lambda c: J(_part(c), 256 * _opcodes(c)[0] + c.c(1)),
    49: lambda c: J(_part(c), J(c.instructions.I, c.instructions.I_1)),
    50: lambda c: J(_part(c), J(c.instructions.I, c.order(2))),
    51: lambda c: c.last & 0xFF0000FF,
    52: lambda c: J(_part(c), c.instruction_bytes.X),
    53: lambda c: J(c.instruction_bytes.X, c.instruction_bytes.X_j),
    54: _bytes_and_opcodes,
    55: _bytes_and_two,
    56: _operand_before,
    57: _address_before,
    58: _bytes_and_three,
    59: _registers_of_three,
}
"""The values of the contexts by number."""


def _column(c: LaneContexts) -> int:
    return 64 * c.rows.part + c.rows.column


def _place(c: LaneContexts) -> int:
    return J(_column(c), c.rows.place)


def _row_text(c: LaneContexts) -> int:
    if c.rows.part == KEY:
        return J(_place(c), c.rows.key)
    return J(_column(c), c.rows.text)


def _row_above(c: LaneContexts) -> int:
    if c.rows.part == BODY:
        return J(_column(c), (c.rows.above() << 16) + (c.rows.above(1) << 8) + c.c(1))
    return J(_place(c), (c.rows.header.left << 32) + c.rows.type)


def _row_repeats(c: LaneContexts) -> int:
    if c.rows.part == BODY:
        return J(_place(c), 2 * c.rows.above() + c.rows.repeats)
    return J(_column(c), c.rows.header.left)


IN_ROWS: dict[int, Callable[[LaneContexts], int]] = {
    40: _row_text,
    41: _row_above,
    42: lambda c: J(_place(c), 256 * c.rows.type + c.c(1)),
    43: _row_repeats,
}
"""The same where a row is known."""


def _word_behind_gap(c: LaneContexts) -> int:
    return J(c.words.w_2, c.words.g) + (c.c(1) if c.words.w else 0)


def _field_and_above(c: LaneContexts) -> int:
    above = c.lines.above_in_field
    return J(c.lines.p, 256 * above(0) + above(1))


def _value_above(c: LaneContexts) -> int:
    a = c.values
    return J(J(a.h, (a.N_v << 16) + (a.N_w << 8) + c.c(1)), a.e)


def _string_before(c: LaneContexts) -> int:
    return J(J(256 * c.string.x + c.string.y, min(c.string.u, 15)), c.c(1))


IN_TEXT: dict[int, Callable[[LaneContexts], int]] = {
    40: lambda c: J(J(c.words.w, c.words.w_2), c.words.w_3),
    41: lambda c: J(c.words.w, c.words.w_3),
    42: lambda c: c.last & 0xF8F8F8F8F8F8,
    43: lambda c: J(c.words.P % 2**32, min(c.words.l, 3)),
    44: lambda c: J(c.words.P % 2**24, c.words.w),
    45: lambda c: J(c.words.P % 2**48, c.words.l),
    46: lambda c: c.last & 0xFFFFFF00,
    47: lambda c: c.last & 0xF0F0FF,
    48: _word_behind_gap,
    49: lambda c: J(c.words.w, c.words.P % 65536),
    50: lambda c: J(c.lines.N_l, c.words.w),
    51: _field_and_above,
    52: lambda c: J(c.values.h, c.values.v),
    53: _value_above,
    54: lambda c: J(J(c.values.h, c.values.v_1), c.values.v),
    55: lambda c: J(J(c.values.h, c.values.v_2), c.values.v),
    56: lambda c: J(c.words.w, 256 * c.string.x + c.string.y),
    57: lambda c: J(J(c.values.n, c.values.n_w), c.words.P % 65536),
    58: _string_before,
    59: lambda c: J(J(c.values.h, c.string.x), min(c.words.l, 3) * 256 + c.c(1)),
}
"""The same in text."""

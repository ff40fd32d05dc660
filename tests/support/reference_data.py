"""Records and x86 instructions, written from docs/mixing.md, section 3, alone."""

from __future__ import annotations


class Records:
    def __init__(self, stride: int) -> None:
        self.lane = b""
        self.R = stride or 4
        self.is_known = stride > 0
        self.places: dict[int, tuple[int, int, int]] = {}
        self.candidates = [[0, 0], [0, 0]]
        """Lengths and votes."""

    def back(self, distance: int) -> int:
        """The byte so many places before the next one."""
        return self.lane[-distance] if 0 < distance <= len(self.lane) else 0

    @property
    def N(self) -> int:
        return self.back(self.R)

    @property
    def NN(self) -> int:
        return self.back(2 * self.R)

    @property
    def NW(self) -> int:
        return self.back(self.R + 1)

    @property
    def NE(self) -> int:
        return self.back(self.R - 1)

    @property
    def C(self) -> int:
        return len(self.lane) % self.R

    def add(self, c: int) -> None:
        self.lane += bytes([c])
        if self.is_known:
            return
        a = len(self.lane)
        a_1, a_2, a_3 = self.places.get(c, (0, 0, 0))
        d = a - a_1
        if a_2 and d == a_1 - a_2 and (d > 32 or (a_3 and d == a_2 - a_3)) and 1 < d <= 65535:
            self.vote(d)
        self.places[c] = a, a_1, a_2

    def vote(self, d: int) -> None:
        for candidate in self.candidates:
            if candidate[0] == d:
                candidate[1] += 1
                if candidate[1] > 15 and d != self.R:
                    self.R = d
                    self.candidates = [[0, 0], [0, 0]]
                return
        weakest = min(self.candidates, key=lambda candidate: candidate[1])
        if weakest[1]:
            weakest[1] -= 1
        if not weakest[1]:
            weakest[:] = d, 1


OPCODE, MODRM, SIB, OPERAND = range(4)
FULL = -1
"""As many operands as the size of the instruction's operands."""


def _rows(*rows: tuple[str, bool, int]) -> dict[int, tuple[bool, int]]:
    table = {opcode: (False, 0) for opcode in range(256)}
    for opcodes, has_modrm, operands in rows:
        for part in opcodes.split():
            first, _, last = part.partition("-")
            for opcode in range(int(first, 16), int(last or first, 16) + 1):
                table[opcode] = has_modrm, operands
    return table


ARITHMETIC = [(True, 0)] * 4 + [(False, 1), (False, FULL), (False, 0), (False, 0)]
ONE_BYTE = {
    **_rows(
        ("62 63 84-8F D0-D3 D8-DF F6 F7 FE FF", True, 0),
        ("69 81 C7", True, FULL),
        ("6B 80 82 83 C0 C1 C6", True, 1),
        ("68 A9 B8-BF", False, FULL),
        ("6A 70-7F A8 B0-B7 CD E0-E7 EB", False, 1),
        ("C2 CA", False, 2),
        ("E8 E9", False, 4),
        ("A0-A3", False, 8),
    ),
    **{opcode: ARITHMETIC[opcode % 8] for opcode in range(0x40)},
}
TWO_BYTES = {
    **{opcode: (True, 0) for opcode in range(256)},
    **{opcode: (False, 4) for opcode in range(0x80, 0x90)},
    **{opcode: (False, 0) for opcode in (5, 0xB, 0x31, 0x77, 0xA2, *range(0xC8, 0xD0))},
    **{opcode: (True, 1) for opcode in (*range(0x70, 0x74), *b"\xa4\xac\xba\xc2\xc4\xc5\xc6")},
}


class Instructions:
    def __init__(self) -> None:
        self.part = self.part_before = self.r = self.I_1 = self.I_2 = self.I_3 = 0
        self.begin()

    def begin(self) -> None:
        self.prefixes = self.opcode = self.modrm = self.operands = 0
        self.is_short = self.is_wide = self.is_two_bytes = False

    @property
    def I(self) -> int:  # noqa: E743
        return self.opcode << 16 | self.modrm << 8 | self.prefixes

    def add(self, c: int) -> None:
        part = self.part
        self.r = min(self.r + 1, 63)
        self.part_before = part
        if part == OPCODE:
            self.add_opcode(c)
        elif part == MODRM:
            self.add_modrm(c)
        elif part == SIB:
            if c % 8 == 5 and self.modrm < 64:
                self.operands += 4
            self.expect_operands()
        else:
            self.operands -= 1
            if not self.operands:
                self.expect_opcode()

    def expect(self, part: int) -> None:
        self.part, self.r = part, 0

    def expect_operands(self) -> None:
        if self.operands:
            self.expect(OPERAND)
        else:
            self.expect_opcode()

    def expect_opcode(self) -> None:
        self.expect(OPCODE)
        self.I_3, self.I_2, self.I_1 = self.I_2, self.I_1, self.I
        self.begin()

    @property
    def full(self) -> int:
        return 2 if self.is_short else 4

    def add_opcode(self, c: int) -> None:
        if not self.is_two_bytes and self.is_prefix(c):
            return
        self.opcode = c
        has_modrm, self.operands = (TWO_BYTES if self.is_two_bytes else ONE_BYTE)[c]
        if self.operands == FULL:
            self.operands = 8 if self.is_wide and 0xB8 <= c <= 0xBF else self.full
        if has_modrm:
            self.expect(MODRM)
        else:
            self.expect_operands()

    def is_prefix(self, c: int) -> bool:
        if c == 0x66:
            self.prefixes |= 1
            self.is_short = True
        elif c in b"\x2e\x3e\x64\x65\xf0\xf2\xf3":
            self.prefixes |= 2
        elif 0x40 <= c <= 0x4F:
            self.is_wide = bool(c & 8)
            self.prefixes |= 4 if self.is_wide else 0
        elif c == 0x0F:
            self.prefixes |= 8
            self.is_two_bytes = True
        else:
            return False
        return True

    def add_modrm(self, c: int) -> None:
        self.modrm = c
        mod, reg, rm = c >> 6, c >> 3 & 7, c & 7
        if not self.is_two_bytes and self.opcode in (0xF6, 0xF7) and reg < 2:
            self.operands = 1 if self.opcode == 0xF6 else self.full
        if mod == 1:
            self.operands += 1
        if mod == 2 or (mod == 0 and rm == 5):
            self.operands += 4
        if mod != 3 and rm == 4:
            self.expect(SIB)
        else:
            self.expect_operands()

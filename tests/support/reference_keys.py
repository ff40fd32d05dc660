"""Values behind keys, strings and bytes of instructions, written from docs/mixing.md, section 3."""

from __future__ import annotations

from reference_data import MODRM, OPCODE, OPERAND, SIB, Instructions
from reference_texts import H, is_in_word, lower


def at(lane: bytes, start: int, place: int) -> int:
    """The byte so far behind a start; 0 if either is not there."""
    return lane[start + place] if start and start + place < len(lane) else 0


class Values:
    def __init__(self) -> None:
        self.n = self.n_w = self.h = self.v = self.v_1 = self.v_2 = self.i = self.S = self.e = 0
        self.is_open = False
        self.entries: dict[int, list[int]] = {}

    def add(self, lane: bytes, quoted: bool) -> None:
        c = lane[-1]
        self.e = int(self.e and c == self.N_v)
        self.v, self.i = H(self.v + c + 1, 4), self.i + 1
        if is_in_word(c) or c in b"_-.$":
            self.n = H(self.n + c + 1, 5)
        else:
            if self.n:
                self.n_w, self.n = self.n, 0
            if not quoted and c in b":=":
                self.start(len(lane))
            elif not quoted and c in b",;&|\t\n":
                self.end()
        self.N_v, self.N_w = at(lane, self.S, self.i), at(lane, self.S, self.i + 1)

    N_v = N_w = 0

    def start(self, place: int) -> None:
        self.h = self.n_w
        entry = self.entries.setdefault(self.h >> 56, [0, 0])
        self.S, self.v_2 = entry
        entry[0] = place
        self.v = self.i = 0
        self.e, self.is_open = 1, True

    def end(self) -> None:
        if self.is_open:
            self.v_1 = self.v
            self.entries[self.h >> 56][1] = self.v >> 32
        self.v = self.i = self.S = self.e = 0
        self.is_open = False


class StringBefore:
    def __init__(self) -> None:
        self.before = b""
        self.behind_comma = 0
        self.last: bytes | None = None
        self.string = b""
        self.begin()

    def begin(self) -> None:
        self.string = b""
        self.u = 0
        self.place = self.behind_comma

    @property
    def x(self) -> int:
        return self.before[self.place] if self.place < len(self.before) else 0

    @property
    def y(self) -> int:
        return self.before[self.place + 1] if self.place + 1 < len(self.before) else 0

    def add(self, c: int, quoted: bool) -> None:
        ends_key = not quoted and c in b":="
        ends_field = not quoted and c in b",;|\t\n"
        if c != ord('"') and not ends_key and not ends_field:
            self.follow(c)
            return
        if any(map(is_in_word, self.string)):
            self.last = self.string
        if ends_key:
            self.last = None
        if self.last is not None and (ends_field or (c == ord('"') and quoted)):
            self.before, self.last = self.last, None
            # A comma that starts the string is none.
            comma = self.before.find(b", ", 1)
            self.behind_comma = comma + 2 if comma > 0 else 0
        self.begin()

    def follow(self, c: int) -> None:
        self.string += bytes([c])
        near = self.before[self.place : self.place + 4]
        alike = [i for i, other in enumerate(near) if lower(other) == lower(c)]
        if not alike:
            self.u = 0
            return
        self.u = 1 if alike[0] else self.u + 1
        self.place += alike[0] + 1
        if self.place == len(self.before) and self.behind_comma:
            self.place = 0


class InstructionBytes:
    def __init__(self) -> None:
        self.X = self.X_j = self.X_k = self.sib = self.a = self.e = 0
        self.S, self.S_jk = 0, (0, 0)
        self.instructions: dict[int, int] = {}
        self.addresses: dict[int, tuple[int, int]] = {}
        self.N_i = self.M_i = 0
        self.N_jk = (0, 0)

    def add(self, lane: bytes, code: Instructions) -> None:
        c = lane[-1]
        self.X = H(self.X + c + 1, 4)
        self.e = int(self.e and c == self.N_i)
        if code.part_before == MODRM:
            self.sib = 0
        if code.part_before == SIB:
            self.sib = c
        if code.r == 0:
            self.start(len(lane), code)
        self.N_i, self.M_i = at(lane, self.S, code.r), at(lane, self.S, code.r + 1)
        first, second = self.S_jk
        self.N_jk = at(lane, first, code.r), at(lane, second, code.r)

    def start(self, place: int, code: Instructions) -> None:
        if code.part == OPCODE:
            self.X, self.X_j, self.X_k = 0, self.X, self.X_j
            self.S, self.S_jk, self.sib, self.e = 0, (0, 0), 0, 0
        if code.part == OPERAND:
            key = self.X >> 55
            self.S, self.instructions[key] = self.instructions.get(key, 0), place
            self.e = 1
            self.a = code.I & 0xC700 | self.sib
            key = H(self.a, 5) >> 58
            self.S_jk = self.addresses.get(key, (0, 0))
            self.addresses[key] = place, self.S_jk[0]

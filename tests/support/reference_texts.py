"""Words, shapes, lines and nesting, written from docs/mixing.md, section 3, alone."""

from __future__ import annotations

MASK = 2**64 - 1
K = 0x9E3779B97F4A7C15


def H(x: int, s: int) -> int:
    y = (x & MASK ^ s << 56) * K & MASK
    return y ^ y >> 32


def J(a: int, b: int) -> int:
    return H(a & MASK ^ (b * 0xD6E8FEB86659FD93 & MASK), 0)


def is_letter(c: int) -> bool:
    return c in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def is_digit(c: int) -> bool:
    return c in b"0123456789"


def is_in_word(c: int) -> bool:
    return is_letter(c) or is_digit(c) or c >= 128


def lower(c: int) -> int:
    return bytes([c]).lower()[0]


def kind(c: int) -> int:
    if is_letter(c) or 128 <= c <= 254:
        return 0
    for number, low, high in ((2, 32, 32), (3, 255, 255), (4, 0, 15), (5, 16, 31)):
        if low <= c <= high:
            return number
    return 6 if is_digit(c) else 7 if c < 64 else 1


def shape(c: int) -> int:
    if is_digit(c):
        return ord("0")
    if is_letter(c):
        return ord("A") if c < ord("a") else ord("a")
    return min(c, 128)


class Words:
    def __init__(self) -> None:
        self.w = self.w_2 = self.w_3 = self.g = self.g_2 = self.l = self.P = 0

    def add(self, c: int) -> None:
        if 0xE3 <= c <= 0xE9:
            self.end()
        if is_in_word(c):
            self.w = H(self.w + lower(c) + 1, 1)
            self.l += 1
        else:
            self.end()
            self.g = H(self.g + c + 1, 2)
            self.P = (256 * self.P + c) & MASK

    def end(self) -> None:
        if self.w:
            self.w_3, self.w_2, self.g_2 = self.w_2, self.w, self.g
            self.w = self.g = self.l = 0


class Shapes:
    def __init__(self) -> None:
        self.s = self.q = self.O = self.G = self.k = 0

    def add(self, c: int) -> None:
        self.s = (256 * self.s + shape(c)) & MASK
        self.q = int(shape(c) == self.G % 256 and shape(c) in b"0Aa")
        if not self.q:
            self.O = (256 * self.O + (self.G >> 56)) & MASK
            self.G = (256 * self.G + shape(c)) & MASK
        self.k = (8 * self.k + kind(c)) % 2**30


class Lines:
    def __init__(self) -> None:
        self.line = self.before = b""
        self.m = self.p = 0

    @property
    def column(self) -> int:
        return len(self.line)

    @property
    def N_l(self) -> int:
        return self.of_before(self.column)

    @property
    def L(self) -> int:
        return len(self.before)

    @property
    def F(self) -> int:
        return len(field_starts(self.line)) - 1

    def of_before(self, place: int) -> int:
        return self.before[place] if place < len(self.before) else 0

    def above_in_field(self, behind: int) -> int:
        """N_f, or with a 1 N_g."""
        starts = field_starts(self.before)
        if len(starts) <= self.F:
            return 0
        return self.of_before(starts[self.F] + self.column - field_starts(self.line)[-1] + behind)

    def add(self, c: int) -> None:
        self.m = int(self.before[self.column : self.column + 1] == bytes([c]))
        self.line += bytes([c])
        self.p = 0 if c in b",;|\t" else H(self.p + c + 1, 4)
        if c == ord("\n"):
            self.before, self.line = self.line, b""
            self.p = self.m = 0


def field_starts(line: bytes) -> list[int]:
    return [0] + [i for i, c in enumerate(line, 1) if c in b",;|\t"]


class Nesting:
    def __init__(self) -> None:
        self.open: list[tuple[int, int]] = []

    @property
    def B(self) -> int:
        return self.open[-1][0] if self.open else 0

    @property
    def B_k(self) -> int:
        return self.open[-1][1] if self.open else 0

    def add(self, c: int, w_2: int) -> None:
        quote, newline = b'"\n'
        in_quotes = quote == self.B
        if c in b"([{<" or (c == quote and not in_quotes):
            if len(self.open) < 64:
                self.open.append((c, J(w_2, c)))
        elif self.open and (c in b')]}>"' or (c == newline and in_quotes)):
            self.open.pop()

"""Slots, matches and the inputs that they give, written from docs/mixing.md alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from reference_learning import COARSE, GUESSES, HISTORIES, STRETCH, Integers, StateMaps, clip
from reference_rows import class_of
from reference_texts import J

# 3. Contexts


Run = tuple[int, int]
"""A byte and how often it came in a row."""


class Slot:
    """Histories of a context, and its byte run."""

    def __init__(self, size: int = 15) -> None:
        self.check = 0
        self.give_to(0, size)

    def give_to(self, check: int, size: int = 15) -> None:
        self.check = check
        self.run: Run = (0, 0)
        self.histories = [0] * size

    def add(self, c: int) -> None:
        byte, length = self.run
        self.run = c, min(length + 1, 255) if c == byte else 1


class SlotTable:
    def __init__(self, log2: int) -> None:
        self.log2 = log2
        self.lines: dict[int, list[Slot]] = {}

    def find(self, value: int, prefix: int) -> Slot:
        """The slot of a hash, in the line of the first or the last bits (prefix 0 or known)."""
        number = value >> 64 - self.log2 ^ prefix
        line = self.lines.setdefault(number, [Slot() for _ in range(3)])
        for slot in line:
            if slot.check == value % 65536:
                return slot
        least = min(line, key=lambda slot: slot.histories[0])
        least.give_to(value % 65536)
        return least


# 4. Matches


class Matches:
    """The match model of one shortest length.

    Args:
        plain: the learned bytes of a prefix, then the block.
        lane_length: of the block.
        shortest: bytes of a match, at least.
        log2: of the places in the table.
        learned: number of learned bytes.
    """

    def __init__(
        self, plain: bytearray, lane_length: int, shortest: int, log2: int, learned: int = 0
    ) -> None:
        self.plain, self.lane_length, self.learned = plain, lane_length, learned
        self.shortest, self.log2 = shortest, log2
        self.table: dict[int, int] = {}
        self.found = [(0, 0)] * -(-(len(plain) - learned) // lane_length)
        """Place and length of each lane."""

    def advance(self, lane: int, p: int) -> None:
        """Find the place for the byte after position p."""
        place, length = self.found[lane]
        if length and self.plain[place] == self.plain[p]:
            place, length = place + 1, min(length + 1, 65535)
        else:
            length = 0
        past = self.up_to(p + 1)
        if len(past) >= self.shortest:
            key = self.key(past)
            if length == 0 and key in self.table:
                place = self.table[key]
                length = self.common(self.up_to(place), past)
            self.table[key] = p + 1
        self.found[lane] = place, length

    def key(self, past: bytes) -> int:
        last = past[-self.shortest :]
        older, newest = last[:-8], last[-8:]
        return J(int.from_bytes(newest, "big"), int.from_bytes(older, "little")) >> 64 - self.log2

    def up_to(self, end: int) -> bytes:
        """The bytes of a lane up to there, the learned ones first."""
        if end <= self.learned:
            return bytes(self.plain[:end])
        step = (end - 1 - self.learned) % self.lane_length
        return bytes(self.plain[: self.learned] + self.plain[end - 1 - step : end])

    def common(self, a: bytes, b: bytes) -> int:
        most = min(len(a), len(b), 32)
        length = 0
        while length < most and a[-1 - length] == b[-1 - length]:
            length += 1
        return length if length >= self.shortest else 0


MATCH_CLASSES = [*range(1, 17), 24, 32, 48, 64, 96, 128, 256, 512]
RUN_CLASSES = [1, 2, 3, 4, 6, 9, 14, 24, 48, 100, 255]


# 5. Prediction


class HistoryInputs:
    """Inputs of histories and byte runs of order 1 and the hashed contexts."""

    ZEROS_ONLY = np.array([zeros > 0 and ones == 0 for zeros, ones, _ in HISTORIES])
    ONES_ONLY = np.array([ones > 0 and zeros == 0 for zeros, ones, _ in HISTORIES])

    def __init__(self, contexts: int, is_light: bool) -> None:
        self.maps = StateMaps(contexts, len(GUESSES), 1000, GUESSES)
        self.runs = StateMaps(contexts, 12 * 4 * 2, 500)
        self.is_light = is_light

    def predict(self, states: list[int], runs: Sequence[Run], prefix: int) -> list[Integers]:
        """The inputs: of histories, of runs."""
        p = self.maps.predict(states)
        zeros, ones = self.ZEROS_ONLY[states], self.ONES_ONLY[states]
        rows = [COARSE[p]]
        if not self.is_light:
            rows += [p - 32768 >> 7, COARSE[p] * (zeros | ones)]
            rows += [np.where(ones, p >> 8, np.where(zeros, p - 65536 >> 8, 0))]
        known = prefix.bit_length() - 1
        bit_class = bisect_right([1, 2, 5], known)
        self.agree = np.array(
            [length > 0 and (byte | 256) >> 8 - known == prefix for byte, length in runs]
        )
        entries = [
            (bisect_right(RUN_CLASSES, length) * 4 + bit_class) * 2 + (byte >> 7 - known & 1)
            for byte, length in runs
        ]
        inputs = [row * (np.array(states) > 0) for row in rows]
        return [*inputs, (COARSE[self.runs.predict(entries)] >> 1) * self.agree]

    def update(self, bit: int) -> None:
        self.maps.update(bit)
        self.runs.update(bit, self.agree)


class MatchInputs:
    """Inputs of the match models of all shortest lengths."""

    def __init__(self, matches: Sequence[Matches]) -> None:
        self.matches = matches
        self.by_length = StateMaps(len(matches), 2 * (len(MATCH_CLASSES) + 1), 1000)
        self.by_byte = StateMaps(len(matches), 65536, 250)

    def predict(self, lane: int, prefix: int) -> list[Integers]:
        known = prefix.bit_length() - 1
        plain = self.matches[0].plain
        found = [model.found[lane] for model in self.matches]
        bytes_ = [plain[place] if length else 0 for place, length in found]
        lengths = [
            length if (byte | 256) >> 8 - known == prefix else 0
            for byte, (_, length) in zip(bytes_, found, strict=True)
        ]
        self.agree = np.array(lengths) > 0
        longest = max(lengths)
        self.expected = 1 + bytes_[lengths.index(longest)] if longest else 0
        self.length_class = clip(longest // 2, 1, 15) if longest else 0
        by_length = [
            2 * bisect_right(MATCH_CLASSES, length) + (byte >> 7 - known & 1)
            for length, byte in zip(lengths, bytes_, strict=True)
        ]
        by_byte = [256 * byte + prefix for byte in bytes_]
        return [
            STRETCH[self.by_length.predict(by_length)] * self.agree,
            STRETCH[self.by_byte.predict(by_byte)] * self.agree,
        ]

    def update(self, bit: int) -> None:
        self.by_length.update(bit, self.agree)
        self.by_byte.update(bit, self.agree)


class DecimalInput:
    """The input of decimal numbers."""

    def __init__(self) -> None:
        self.map = StateMaps(1, 64, 1000)

    def predict(self, zeros: int, ones: int) -> Integers:
        self.agree = np.array([zeros + ones > 0])
        entry = 8 * class_of(zeros) + class_of(ones)
        logits: Integers = STRETCH[self.map.predict([entry])] * self.agree
        return logits

    def update(self, bit: int) -> None:
        self.map.update(bit, self.agree)

"""The context mixer, written from docs/mixing.md alone: slow, plain, for short blocks."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

MASK = 2**64 - 1
MULTIPLIER = 0x9E3779B97F4A7C15
LARGEST_LOGIT = 3071

Weights = Callable[[int, bytes], Sequence[int]]
"""The model: weights of the 256 bytes for a lane, given its bytes so far."""


def clip(x: int, low: int, high: int) -> int:
    return max(low, min(x, high))


# 1. Logits

QUARTERS = [round(2**30 / (1 + math.exp(-i / 4))) for i in range(49)]


def squash(x: int) -> int:
    size = min(abs(x), LARGEST_LOGIT)
    i, rest = divmod(size, 64)
    p = min((QUARTERS[i] + (QUARTERS[i + 1] - QUARTERS[i]) // 64 * rest) >> 14, 65535)
    return p if x > 0 else 65536 - p if x < 0 else 32768


def _firsts() -> list[int]:
    firsts, x = [], 0
    for p in range(32768, 65537):
        while x < LARGEST_LOGIT and squash(x) < p:
            x += 1
        firsts.append(x)
    return firsts


FIRSTS = _firsts()


def stretch(p: int) -> int:
    if p < 32768:
        return -stretch(65536 - p)
    return FIRSTS[(p if p >= 61440 else p - p % 16) - 32768]


def coarse(p: int) -> int:
    return stretch(p - p % 16 + 8)


# 2. What learns


class Learner(Protocol):
    def update(self, bit: int) -> None: ...


class StateMap:
    def __init__(self, limit: int, first: Sequence[int] | None = None) -> None:
        self.limit = limit
        self.first = first
        self.entries: dict[int, list[int]] = {}

    def predict(self, context: int) -> int:
        start = 2**21 if self.first is None else self.first[context] * 64
        self.entry = self.entries.setdefault(context, [start, 0])
        return clip(self.entry[0] >> 6, 1, 65535)

    def update(self, bit: int) -> None:
        p, n = self.entry
        target = 2**22 - 1 if bit else 0
        self.entry[:] = p + ((target - p) * (131072 // (2 * n + 3)) >> 16), min(n + 1, self.limit)


class Apm:
    def __init__(self) -> None:
        self.contexts: dict[int, list[int]] = {}

    def refine(self, x: int, context: int) -> int:
        start = [squash((k - 16) * 160) for k in range(33)]
        self.knots = self.contexts.setdefault(context, start)
        k, r = divmod(clip(x, -2560, 2559) + 2560, 160)
        self.nearest = k if r < 80 else k + 1
        return clip((self.knots[k] * (160 - r) + self.knots[k + 1] * r) // 160, 1, 65535)

    def update(self, bit: int) -> None:
        knot = self.knots[self.nearest]
        self.knots[self.nearest] = knot + (((65535 if bit else 0) - knot) >> 6)


class Mixer:
    def __init__(self, first: Sequence[int], rate: int, head_start: int) -> None:
        self.first, self.rate, self.head_start = first, rate, head_start
        self.sets: dict[int, list[int]] = {}
        self.seen = 0

    def mix(self, inputs: Sequence[int], context: int) -> int:
        self.inputs = list(inputs)
        self.weights = self.sets.setdefault(context, list(self.first))
        total = sum(i * (w >> 4) for i, w in zip(inputs, self.weights, strict=True))
        self.x = clip(total >> 12, -LARGEST_LOGIT, LARGEST_LOGIT)
        return self.x

    def update(self, bit: int) -> None:
        rate = self.rate + (self.head_start >> min(self.seen // 65536, 31))
        self.seen += 1
        error = (65536 * bit - squash(self.x)) * rate >> 5
        for i, x in enumerate(self.inputs):
            moved = self.weights[i] + (x * error + 4096 >> 13)
            self.weights[i] = clip(moved, -524287, 524287)


LARGEST = (40, 24, 12, 8, 6, 5)
History = tuple[int, int, int]


def allowed(zeros: int, ones: int) -> bool:
    smaller = min(zeros, ones)
    return smaller < len(LARGEST) and max(zeros, ones) <= LARGEST[smaller]


def _histories() -> list[History]:
    states = [
        (zeros, total - zeros, last)
        for total in range(41)
        for zeros in range(total, -1, -1)
        for last in (0, 1)
        if allowed(zeros, total - zeros) and (last == 0 or 0 < zeros < total)
    ]
    return sorted(states, key=lambda state: (state[0] + state[1], state[1], state[2]))


HISTORIES = _histories()
NUMBERS = {history: number for number, history in enumerate(HISTORIES)}


def after(state: int, bit: int) -> int:
    counts = list(HISTORIES[state][:2])
    counts[bit] += 1
    if counts[1 - bit] > 2:
        counts[1 - bit] = counts[1 - bit] // 2 + 1
    while not allowed(*counts):
        counts[bit if counts[bit] > counts[1 - bit] else 1 - bit] -= 1
    return NUMBERS[counts[0], counts[1], bit if all(counts) else 0]


GUESSES = [(2 * ones + 1) * 65536 // (2 * (zeros + ones) + 2) for zeros, ones, _ in HISTORIES] + [
    32768
] * (256 - len(HISTORIES))


# 3. Contexts


def hashed(x: int, salt: int) -> int:
    y = (x ^ salt << 56) * MULTIPLIER & MASK
    return y ^ y >> 32


def is_letter(c: int) -> bool:
    return chr(c).isalpha() if c < 128 else True


def context_hashes(lane: bytes, stride: int) -> list[int]:
    last = int.from_bytes(lane[-8:], "big")
    values = [last & (256**n - 1) for n in (2, 3, 4)]
    if stride:

        def back(distance: int) -> int:
            return lane[-distance] if 0 < distance <= len(lane) else 0

        w, n, nn = back(1), back(stride), back(2 * stride)
        nw, ne = back(stride + 1), back(stride - 1)
        values += [n, last & (256**5 - 1), n << 24 | ne << 16 | nw << 8 | w]
        values += [(w + n + 256 - nw) << 8 | (n + w) // 2 // 16]
        values += [(2 * n + 256 - nn) << 8 | w // 16, n << 8 | nn, len(lane) % stride]
    else:
        word, before = words(lane)
        values += [last & (256**5 - 1), last & (256**6 - 1), word, word + 31 * before & MASK]
        values += [last & 0xFFFF00, 7 * before + last % 256 & MASK, last]
    return [hashed(value, number) for number, value in enumerate(values, 1)]


def words(lane: bytes) -> tuple[int, int]:
    word = before = 0
    for c in lane:
        if is_letter(c):
            word = hashed(word + (c | 32) & MASK, 0)
        elif word:
            word, before = 0, word
    return word, before


class SlotTable:
    def __init__(self, digits: int) -> None:
        self.log2 = clip(digits + 1, 12, 22)
        self.lines: dict[int, list[list[int]]] = {}

    def find(self, value: int, nibble: int) -> list[int]:
        number = value >> 64 - (self.log2 - 2) ^ nibble
        line = self.lines.setdefault(number, [[0] * 16 for _ in range(4)])
        for slot in line:
            if slot[0] == value % 256:
                return slot
        least = min(line, key=lambda slot: slot[1])
        least[:] = [value % 256] + [0] * 15
        return least


# 4. Matches


class Matches:
    def __init__(self, plain: bytearray, lane_length: int, digits: int) -> None:
        self.plain, self.lane_length = plain, lane_length
        self.log2 = clip(digits, 8, 20)
        self.table: dict[int, int] = {}
        self.coded: set[int] = set()

    def advance(self, place: int, length: int, p: int) -> tuple[int, int]:
        """Place and length for the byte after position p."""
        self.coded.add(p)
        if length and self.plain[place] == self.plain[p]:
            place, length = place + 1, min(length + 1, 65535)
        else:
            length = 0
        if p % self.lane_length + 1 >= 7:
            key = int.from_bytes(self.plain[p - 6 : p + 1], "big")
            key = (key * MULTIPLIER & MASK) >> 64 - self.log2
            if length == 0 and key in self.table:
                place = self.table[key]
                length = self.common(place, p + 1)
            self.table[key] = p + 1
        return place, length

    def common(self, a: int, b: int) -> int:
        most = min((a - 1) % self.lane_length + 1, (b - 1) % self.lane_length + 1, 32)
        length = 0
        while length < most and self.plain[a - 1 - length] == self.plain[b - 1 - length]:
            length += 1
        return length if length >= 7 else 0


# 5. Prediction


class ContextMixer:
    """Probabilities of the bits of a block, in the order in which they are coded."""

    def __init__(self, length: int, lane_length: int, stride: int, models: int = 1) -> None:
        digits = length.bit_length()
        self.plain = bytearray(length)
        self.lane_length, self.stride = lane_length, stride
        self.slots = SlotTable(digits)
        self.matches = Matches(self.plain, lane_length, digits)
        self.found = [(0, 0)] * -(-length // lane_length)
        self.order1: dict[tuple[int, int], list[int]] = {}
        self.match_apm, self.order2_apm = Apm(), Apm()
        self.model_apms = [Apm() for _ in range(models)]
        self.order0, self.by_length = StateMap(1000), StateMap(1000)
        self.by_byte = StateMap(250)
        self.state_maps = [StateMap(1000, GUESSES) for _ in range(11)]
        heavy, light = ([50000, 9000], []) if models == 1 else ([38000, 6000], [20000, 3000])
        first = [*heavy, 0, 3000, 10000] + [3000] * 11 + light
        self.mixers = [Mixer(first, 6, 9) for _ in range(4)]
        self.final_mixer = Mixer([16384] * 4, 1, 0)

    def order(self) -> Iterator[tuple[int, int]]:
        """Lane and position of every byte."""
        for step in range(self.lane_length):
            for lane in range(len(self.found)):
                position = lane * self.lane_length + step
                if position < len(self.plain):
                    yield lane, position

    def code_byte(
        self, lane: int, position: int, models: Sequence[Model], code: Callable[[int], int]
    ) -> None:
        """Predict and learn one byte; `code` is given a probability and gives the bit."""
        if self.found[lane][0] not in self.matches.coded:
            self.found[lane] = 0, 0
        past = bytes(self.plain[lane * self.lane_length : position])
        hashes = context_hashes(past, self.stride)
        prefix = 1
        for known in range(8):
            if known % 4 == 0:
                slots = [self.slots.find(value, prefix if known else 0) for value in hashes]
                node = 1
            said = [model(prefix, known) for model in models]
            p = self._predict(lane, past, prefix, known, slots, node, said)
            bit = code(p)
            self._update(bit)
            prefix, node = prefix << 1 | bit, node << 1 | bit
        self.plain[position] = prefix - 256
        self.found[lane] = self.matches.advance(*self.found[lane], position)

    def _predict(
        self,
        lane: int,
        past: bytes,
        prefix: int,
        known: int,
        slots: list[list[int]],
        node: int,
        said: Sequence[int],
    ) -> int:
        logits = list(map(stretch, said))
        refined = [
            stretch(apm.refine(logit, prefix))
            for apm, logit in zip(self.model_apms, logits, strict=True)
        ]
        # What selects weights is the first model, or the mean of both.
        model = logits[0] if len(logits) == 1 else sum(logits) >> 1
        place, length = self.found[lane]
        length_class = 0
        if length and (self.plain[place] | 256) >> 8 - known == prefix:
            length_class = min(length // 2, 15)
        last = int.from_bytes(past[-2:], "big")
        inputs = [logits[0], refined[0]]
        self.used: list[Learner] = [*self.model_apms, self.order0]
        inputs.append(stretch(self.order0.predict(prefix)))
        if length_class:
            expected = self.plain[place]
            bit = expected >> 7 - known & 1
            inputs.append(stretch(self.by_length.predict(2 * length_class + bit)))
            inputs.append(stretch(self.by_byte.predict(256 * expected + prefix)))
            self.used += [self.by_length, self.by_byte]
        else:
            inputs += [0, 0]
        order1 = self.order1.setdefault((last % 256, prefix), [0])
        self.histories = [(order1, 0), *((slot, node) for slot in slots)]
        for state_map, (cell, index) in zip(self.state_maps, self.histories, strict=True):
            inputs.append(coarse(state_map.predict(cell[index])))
        inputs += [*logits[1:], *refined[1:]]
        match_class = sum(length_class >= least for least in (1, 6, 12))
        contexts = [
            prefix,
            4 * ((clip(model, -2048, 2047) + 2048) * 24 // 4096) + match_class,
            8 * (last % 256) + known,
            last >> 8,
        ]
        results = [m.mix(inputs, c) for m, c in zip(self.mixers, contexts, strict=True)]
        x = self.final_mixer.mix(results, prefix)
        a = self.match_apm.refine(x, 16 * prefix + length_class)
        b = self.order2_apm.refine(x, hashed(last << 8 | prefix, 0) % 4096)
        return clip(squash(x) + a + 2 * b + 2 >> 2, 1, 65535)

    def _update(self, bit: int) -> None:
        last = (self.final_mixer, self.match_apm, self.order2_apm)
        for part in (*self.used, *self.state_maps, *self.mixers, *last):
            part.update(bit)
        for cell, index in self.histories:
            cell[index] = after(cell[index], bit)


Model = Callable[[int, int], int]
"""From the prefix and its number of known bits to the model's probability of a 1."""


def no_model(prefix: int, known: int) -> int:
    return 32768


def model_of(weights: Sequence[int]) -> Model:
    """Of a model of bytes."""
    return functools.partial(model_probability, weights)


def model_probability(weights: Sequence[int], prefix: int, known: int) -> int:
    half = 128 >> known
    first = (prefix << 8 - known) - 256
    zeros, ones = sum(weights[first : first + half]), sum(weights[first + half : first + 2 * half])
    return clip(65536 * ones // (zeros + ones), 1, 65535) if zeros + ones else 32768


# 6. Coding


def encode(plain: bytes, lane_length: int, stride: int, *weights: Weights) -> bytes:
    """The payload of a block, by the formulas of format.md, section 5.3, on unbounded integers."""
    low, size, shifts = 0, 2**32 - 1, 0
    mixer = ContextMixer(len(plain), lane_length, stride, max(1, len(weights)))
    for lane, position in mixer.order():
        bits = iter(f"{plain[position]:08b}")

        def code(p: int, bits: Iterator[str] = bits) -> int:
            nonlocal low, size, shifts
            bit = int(next(bits))
            c, f = (0, 256 * p) if bit else (256 * p, 2**24 - 256 * p)
            start, end = size * c >> 24, size * (c + f) >> 24
            low, size = low + start, end - start
            while size < 2**24:
                low, size, shifts = low << 8, size << 8, shifts + 1
            return bit

        past = plain[lane * lane_length : position]
        models = [model_of(give(lane, past)) for give in weights] or [no_model]
        mixer.code_byte(lane, position, models, code)
    for k in (0, 1):
        unit = 1 << 32 - 8 * k
        value = -(-low // unit) * unit
        if value < low + size:
            return value.to_bytes(shifts + 4, "big")[: shifts + k]
    raise AssertionError("one byte is always enough")

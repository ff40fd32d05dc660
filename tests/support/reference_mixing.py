"""The context mixer, written from docs/mixing.md alone: slow, plain, for short blocks."""

from __future__ import annotations

import copy
import functools
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from reference_contexts import Followers, LaneContexts
from reference_data import OPERAND
from reference_inputs import (
    DecimalInput,
    HistoryInputs,
    Matches,
    MatchInputs,
    Slot,
    SlotTable,
)
from reference_learning import (
    AFTER,
    STRETCH,
    Apm,
    Integers,
    Mixers,
    StateMaps,
    clip,
    squash,
    stretch,
)
from reference_predictors import LIGHT, PREDICTORS, STRONG
from reference_rows import BODY
from reference_texts import H

Weights = Callable[[int, bytes], Sequence[int]]
"""The model: weights of the 256 bytes for a lane, given its bytes so far."""

PrefixModel = Callable[[bytes], Sequence[int]]
"""What it says of the next learned byte, given those before."""


# 5. Prediction


class ContextMixer:
    """Probabilities of the bits of a block, in the order in which they are coded.

    With learned bytes of a prefix, learn() comes first. Positions count these bytes, too.
    """

    def __init__(
        self,
        length: int,
        lane_length: int,
        stride: int,
        predictor: int,
        models: int,
        learned: bytes = b"",
    ) -> None:
        b = (max(length, len(learned)) - 1).bit_length()
        parts = PREDICTORS[predictor]
        self.plain = bytearray(len(learned) + length)
        self.learned = learned
        self.lane_length = lane_length
        self.is_strong = predictor == STRONG
        self.numbers = [*parts.always, *(parts.with_stride if stride else parts.without_stride)]
        self.followers = Followers()
        lanes = -(-length // lane_length)
        self.lanes = [LaneContexts(self.followers, stride) for _ in range(lanes)]
        self.slots = SlotTable(clip(b + parts.more_lines, 8, parts.most_lines))
        self.order1: dict[int, Slot] = {}
        log2 = clip(b, 8, 20)
        self.matches = [
            Matches(self.plain, lane_length, s, log2, len(learned)) for s in parts.matches
        ]
        self.coded: set[int] = set()

        self.model_apms = [Apm() for _ in range(models)]
        self.order0 = StateMaps(1, 256, 1000)
        self.match_inputs = MatchInputs(self.matches)
        self.decimal_input = DecimalInput()
        contexts = len(self.numbers) + 1
        self.history_inputs = HistoryInputs(contexts, predictor == LIGHT)
        first = [[], [12500, 2250], [9500, 5000, 1500, 750]][models] + [0]
        most = 300 if models else parts.first_weight
        first += [most] * len(self.matches) + [2500] * (len(self.matches) + 1)
        first += [most] * (contexts * (2 if predictor == LIGHT else 5))
        self.is_keyed = self.is_strong and stride == 0
        self.selectors = [*parts.selectors, "token"] if self.is_keyed else parts.selectors
        self.mixers = Mixers(len(self.selectors), first, 184, 400)
        results = [16384 // len(self.selectors)] * len(self.selectors)
        self.final_mixers = Mixers(2 if self.is_strong else 1, results, 32, 0)
        self.last_apms = {name: Apm() for name in parts.apms}

    def learn(self, *models: PrefixModel) -> None:
        """Mix the learned bytes in one lane, which all lanes then go on from."""
        for position, c in enumerate(self.learned):
            bits = iter(f"{c:08b}")

            def code(_: int, bits: Iterator[str] = bits) -> int:
                return int(next(bits))

            said = [model_of(give(self.learned[:position])) for give in models]
            self.code_byte(0, position, said, code)
        shared = {id(self.followers): self.followers}
        self.lanes = [copy.deepcopy(self.lanes[0], dict(shared)) for _ in self.lanes]
        for matches in self.matches:
            matches.found = [matches.found[0]] * len(self.lanes)

    def order(self) -> Iterator[tuple[int, int]]:
        """Lane and position of every byte."""
        for step in range(self.lane_length):
            for lane in range(len(self.lanes)):
                position = len(self.learned) + lane * self.lane_length + step
                if position < len(self.plain):
                    yield lane, position

    def code_byte(
        self, lane: int, position: int, said: Sequence[Model], code: Callable[[int], int]
    ) -> None:
        """Predict and learn one byte; `code` is given a probability and gives the bit."""
        for matches in self.matches:
            if matches.found[lane][0] not in self.coded:
                matches.found[lane] = 0, 0
        contexts = self.lanes[lane]
        hashes = contexts.hashes(self.numbers)
        order1 = self.order1.setdefault(contexts.c(1), Slot(256))
        firsts = slots = [self.slots.find(value, 0) for value in hashes]
        runs = [slot.run for slot in (order1, *firsts)]
        orders = [slot for slot, number in zip(slots, self.numbers, strict=True) if number <= 5]
        seen = sum(slot.histories[0] > 0 for slot in orders)
        prefix, index = 1, 0
        for known in range(8):
            if known == 4:
                slots, index = self._last_slots(hashes, firsts, prefix), 0
            cells = [(order1, prefix), *((slot, index) for slot in slots)]
            states = [slot.histories[i] for slot, i in cells]
            inputs = self.match_inputs.predict(lane, prefix)
            inputs.append(self.decimal_input.predict(*contexts.rows.counts(prefix)))
            inputs += self.history_inputs.predict(states, runs, prefix)
            logits = [stretch(model(prefix, known)) for model in said]
            bit = code(self._mix(contexts, prefix, logits, inputs, seen))
            self._update(bit)
            for (slot, i), state in zip(cells, states, strict=True):
                slot.histories[i] = AFTER[state][bit]
            prefix, index = prefix << 1 | bit, 2 * index + 1 + bit
        c = prefix - 256
        for slot in (order1, *firsts):
            slot.add(c)
        self.plain[position] = c
        self.coded.add(position)
        contexts.add(c)
        for matches in self.matches:
            matches.advance(lane, position)

    def _last_slots(self, hashes: Sequence[int], firsts: Sequence[Slot], prefix: int) -> list[Slot]:
        """Those of the last four bits."""
        if not self.is_strong:
            return [self.slots.find(value, prefix) for value in hashes]
        slots = []
        for value, first in zip(hashes, firsts, strict=True):
            byte, length = first.run
            slot = self.slots.find(value, prefix) if length else Slot(15)
            if length and slot.histories[0] == 0 and byte >> 4 | 16 == prefix:
                index = 0
                for bit in map(int, f"{byte % 16:04b}"):
                    slot.histories[index] = AFTER[slot.histories[index]][bit]
                    index = 2 * index + 1 + bit
            slots.append(slot)
        return slots

    def _mix(
        self,
        contexts: LaneContexts,
        prefix: int,
        logits: list[int],
        inputs: list[Integers],
        seen: int,
    ) -> int:
        """The probability with which the bit is coded."""
        refined = [
            stretch(apm.refine(logit, prefix))
            for apm, logit in zip(self.model_apms, logits, strict=True)
        ]
        order0 = STRETCH[self.order0.predict([prefix])]
        everything = np.concatenate([logits, refined, order0, *inputs]).astype(np.int64)
        selected = self._selected(contexts, prefix, logits, seen)
        self.mixers.rate = 130 if self.is_keyed and contexts.is_in_text else 184
        results = self.mixers.mix(everything, [selected[name] for name in self.selectors])
        c_1 = contexts.c(1)
        sets = [prefix, 8 * c_1 + prefix.bit_length() - 1]
        final = self.final_mixers.mix(results, sets[: 2 if self.is_strong else 1])
        x = sum(final) >> 1 if self.is_strong else final[0]
        places = {
            "A": 16 * prefix + self.match_inputs.length_class,
            "B": H((contexts.order(2) << 8) + prefix, 0) >> 52,
        }
        by = {name: apm.refine(x, places[name]) for name, apm in self.last_apms.items()}
        # Without A there is B in its place.
        return clip(squash(x) + by.get("A", by["B"]) + 2 * by["B"] + 2 >> 2, 1, 65535)

    def _selected(
        self, contexts: LaneContexts, prefix: int, logits: list[int], seen: int
    ) -> dict[str, int]:
        """The number of the set of each selector."""
        bit = prefix.bit_length() - 1
        match = self.match_inputs
        model = 8 * match.length_class + bit
        if logits:
            x = logits[0] if len(logits) == 1 else sum(logits) >> 1
            model = 4 * ((clip(x, -2048, 2047) + 2048) * 24 // 4096)
            model += bisect_right([1, 6, 12], match.length_class)
        records, code = contexts.records, contexts.instructions
        c_1 = contexts.c(1)
        rows = contexts.rows
        above = (rows.above() if rows.in_body else records.N) ^ prefix * 2 ** (8 - bit) % 256
        record = 32 * (above // 16) + 32 * records.C // records.R
        if rows.in_body:
            record = 512 + 32 * (above // 16) + 16 * rows.repeats + min(rows.column, 15)
        in_code = 4 * (8 * (8 * code.part + bit) + min(code.r, 7)) + code.I % 4
        if rows.is_known:
            column = min(BODY + rows.column if rows.part == BODY else rows.part, 15)
            in_code = 1024 + 8 * (8 * column + min(rows.place, 7)) + bit
        token = 512 + 4 * ((code.I_1 if code.part == 0 else code.I) >> 16)
        token += min(code.part, 2) + (code.part == OPERAND and code.r > 0)
        if self.is_keyed and contexts.is_in_text:
            above, place = contexts.lines.N_l, 8 + contexts.lines.m
            values = contexts.values
            if values.S:
                above, place = values.N_v, 16 * values.e + min(values.i, 15) // 2
            record = 1024 + 32 * ((above ^ prefix * 2 ** (8 - bit) % 256) // 16) + place
            in_code = 2048 + 8 * (8 * (values.h >> 58) + min(values.i, 7)) + bit
            words = contexts.words
            token = 4 * (H(words.P % 65536, 3) >> 57) + min(words.l, 3)
        return {
            "token": 8 * token + bit,
            "prefix": prefix,
            "model": model,
            "byte 1": 8 * c_1 + bit,
            "byte 2": contexts.c(2),
            "byte 3": 8 * contexts.c(3) + bit,
            "expected": 8 * match.expected + bit,
            "seen orders": (8 * seen + bit) * 4 + c_1 // 64,
            "kinds": 2 * (8 * (contexts.shapes.k % 512) + bit) + contexts.lines.m,
            "record above": record,
            "code": in_code,
        }

    def _update(self, bit: int) -> None:
        self.order0.update(bit)
        self.match_inputs.update(bit)
        self.decimal_input.update(bit)
        self.history_inputs.update(bit)
        self.mixers.update(bit)
        self.final_mixers.update(bit)
        for apm in (*self.model_apms, *self.last_apms.values()):
            apm.update(bit)


Model = Callable[[int, int], int]
"""From the prefix and its number of known bits to the model's probability of a 1."""


def model_of(weights: Sequence[int]) -> Model:
    """Of a model of bytes."""
    return functools.partial(model_probability, weights)


def model_probability(weights: Sequence[int], prefix: int, known: int) -> int:
    half = 128 >> known
    first = (prefix << 8 - known) - 256
    zeros, ones = sum(weights[first : first + half]), sum(weights[first + half : first + 2 * half])
    return clip(65536 * ones // (zeros + ones), 1, 65535) if zeros + ones else 32768


# 6. Coding


def encode(
    plain: bytes,
    lane_length: int,
    stride: int,
    predictor: int,
    *models: Weights,
    learned: bytes = b"",
) -> bytes:
    """The stream of a block, by the formulas of format.md, section 5.3, on unbounded integers.

    With models nothing can be learned of a prefix before.
    """
    low, size, shifts = 0, 2**32 - 1, 0
    mixer = ContextMixer(len(plain), lane_length, stride, predictor, len(models), learned)
    if learned:
        mixer.learn()
    for lane, place in mixer.order():
        position = place - len(learned)
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
        said = [model_of(give(lane, past)) for give in models]
        mixer.code_byte(lane, place, said, code)
    for k in (0, 1):
        unit = 1 << 32 - 8 * k
        value = -(-low // unit) * unit
        if value < low + size:
            return value.to_bytes(shifts + 4, "big")[: shifts + k]
    raise AssertionError("one byte is always enough")

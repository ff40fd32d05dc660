"""Which filters may help a block: cheap looks at pieces; a trial decides (docs/filters.md)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lmpack._blocks.filters import Filter, FilterId
from lmpack._blocks.logarithms import UNITS, log2
from lmpack._native import likely_row

_Numbers = npt.NDArray[np.int64]

CALL = b"\xe8"
"""The opcode of calls in x86 code."""

LEAST_CALLS = 1 / 1000
LEAST_CALLS_SHARE = 0.2
"""Calls with a displacement that is possible: by bytes, and of all bytes that are that opcode.
Among random bytes there are 1 in 32768, 0.8 % of them."""

LONG_OPERATIONS = (b"\x48\x8b", b"\x48\x89", b"\x48\x8d")
"""Starts of instructions that are frequent in 64-bit code alone."""

LEAST_BRANCHES = 1 / 200
"""BL instructions of a likely distance in ARM64 code, by words; 1 in 512 random words is one."""

LIKELY_BRANCH = 1 << 22
"""Instructions."""

LOOKED_AT = 8160
"""Bytes from which the kind of samples is guessed: whole samples of every kind."""

LEAST_SMOOTHNESS = UNITS // 4
"""By so much the differences of numbers must be smaller than the numbers, if no stride speaks for
them."""

TRIED_CHANNELS = {1: (1, 2, 3, 4), 2: (1, 2, 3, 4), 3: (1, 2)}
"""By bytes of a sample."""

NEARLY_AS_GOOD = UNITS * 2 // 3
"""Bits a byte by which samples of another width may look worse than the best."""

RECORDED_CHANNELS = (1, 2)
"""Those of recordings; which one it is shows in a trial alone, where channels are alike."""

DELTA_WIDTHS = (4, 8)
LONGEST_DELTA = 255


def likely_filters(plain: bytes, pieces: bytes, stride: int) -> list[Filter]:
    """Filters that are worth a trial: those for code, or one for numbers and several for samples.

    Args:
        plain: a block.
        pieces: of it, each starting at a multiple of 48 bytes.
        stride: the distance at which bytes of the block resemble one another, 0 if there is none.
    """
    code = _x86(pieces) + _arm64(pieces)
    # Code is no record of numbers, although it has its strides.
    return code or [*_delta(pieces, stride), *_samples(plain, pieces, stride)]


def _x86(pieces: bytes) -> list[Filter]:
    opcodes = pieces.count(CALL)
    if opcodes < LEAST_CALLS * len(pieces):
        return []
    data = np.frombuffer(pieces, np.uint8)
    highest = data[4:][data[:-4] == CALL[0]]
    calls = int(np.count_nonzero((highest == 0) | (highest == 0xFF)))
    if calls < max(LEAST_CALLS * len(pieces), LEAST_CALLS_SHARE * opcodes):
        return []
    is_long = sum(map(pieces.count, LONG_OPERATIONS)) > calls
    return [Filter(FilterId.X86, bytes([64 if is_long else 32]))]


def _arm64(pieces: bytes) -> list[Filter]:
    words = np.frombuffer(pieces, "<u4", len(pieces) // 4)
    branches = words[words >> 26 == 0x25]
    distances = (branches + LIKELY_BRANCH) & 0x3FFFFFF
    near = int(np.count_nonzero(distances < 2 * LIKELY_BRANCH))
    return [Filter(FilterId.ARM64)] if near > LEAST_BRANCHES * len(words) else []


def _delta(pieces: bytes, stride: int) -> list[Filter]:
    found: list[tuple[int, int, int]] = []
    for width in DELTA_WIDTHS:
        numbers = np.frombuffer(pieces[:LOOKED_AT], f"<i{width}", len(pieces[:LOOKED_AT]) // width)
        for distance in {width, stride}:
            if 0 < distance <= LONGEST_DELTA and distance % width == 0:
                saved, _ = _smoothness(numbers.astype(np.int64), distance // width)
                found.append((saved, width, distance))
    saved, width, distance = max(found)
    return [Filter.delta(width, distance)] if saved > LEAST_SMOOTHNESS else []


def _samples(plain: bytes, pieces: bytes, stride: int) -> list[Filter]:
    costs: list[tuple[int, _Format]] = []
    for width, channels in TRIED_CHANNELS.items():
        for is_big_endian in {False, width > 1}:
            is_signed, numbers = min(
                ((sign, _values(pieces, width, is_big_endian, sign)) for sign in (True, False)),
                key=lambda pair: _bits(np.diff(pair[1])),
            )
            for count in channels:
                saved, left = _smoothness(numbers, count)
                least = 0 if width * count == stride else LEAST_SMOOTHNESS
                if saved > least:
                    costs.append((left // width, _Format(width, count, is_signed, is_big_endian)))
    best = _best_of_each_width(costs)
    filters: list[Filter] = []
    for cost, format_ in best:
        if cost > best[0][0] + NEARLY_AS_GOOD:
            break
        filters += format_.filters(plain)
    return filters


class _Format(NamedTuple):
    """How bytes may be samples."""

    width: int
    channels: int
    is_signed: bool
    is_big_endian: bool

    def filters(self, plain: bytes) -> list[Filter]:
        """For a picture, if a row stands out, and for recordings."""
        row = likely_row(plain, self.width * self.channels) if self.width < 3 else 0
        picture = [self._filter(self.channels, row // self.width)] if row else []
        # Of 8 bits pictures are far more frequent than recordings.
        is_picture = row > 0 and self.width == 1
        channels = {self.channels} if is_picture else {*RECORDED_CHANNELS, self.channels}
        return picture + [self._filter(count, 0) for count in sorted(channels)]

    def _filter(self, channels: int, row: int) -> Filter:
        return Filter.samples(
            self.width,
            channels,
            row=row,
            is_signed=self.is_signed,
            is_big_endian=self.is_big_endian,
        )


def _best_of_each_width(costs: list[tuple[int, _Format]]) -> list[tuple[int, _Format]]:
    best = {format_.width: (cost, format_) for cost, format_ in sorted(costs, reverse=True)}
    return sorted(best.values())


def _values(pieces: bytes, width: int, is_big_endian: bool, is_signed: bool) -> _Numbers:
    """Numbers of some bytes each, counted from the middle of their range."""
    data = np.frombuffer(pieces[:LOOKED_AT], np.uint8)
    places = data[: len(data) // width * width].reshape(-1, width).astype(np.int32)
    if is_big_endian:
        places = places[:, ::-1]
    half = 1 << 8 * width - 1
    numbers = (places << 8 * np.arange(width, dtype=np.int32)).sum(axis=1)
    counted: _Numbers = ((numbers ^ half) if is_signed else numbers).astype(np.int64) - half
    return counted


def _smoothness(numbers: _Numbers, distance: int) -> tuple[int, int]:
    """Bits that differences have less than the numbers, and how many they have."""
    if len(numbers) <= distance:
        return 0, 0
    left = _bits(numbers[distance:] - numbers[:-distance])
    middle = np.sort(numbers)[len(numbers) // 2]
    return _bits(numbers - middle) - left, left


def _bits(numbers: _Numbers) -> int:
    """About the bits of a number and its sign, and 2 more: a mean, in parts of a bit."""
    # Floats, as twice a number of 64 bits may be none.
    doubled = 1.0 + 2.0 * np.abs(numbers.astype(np.float64))
    return int(log2(doubled).sum()) // max(len(numbers), 1) + 2 * UNITS

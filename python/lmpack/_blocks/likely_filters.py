"""Which filters may help a block: cheap looks at pieces; a trial decides (docs/filters.md)."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from lmpack._blocks.filters import Filter, FilterId
from lmpack._native import BIT_UNITS, likely_row, number_bits

# Without NumPy: to load it takes longer than to look at a small file.

CALL = b"\xe8"
"""The opcode of calls in x86 code."""

LIKELY_CALL = re.compile(CALL + rb"(?=...[\x00\xff])", re.DOTALL)
"""A call with a displacement that is possible."""

LEAST_CALLS = 1 / 1000
LEAST_CALLS_SHARE = 0.2
"""Of such calls: by bytes, and of all bytes that are that opcode. Among random bytes there are 1 in
32768, 0.8 % of them."""

LONG_OPERATIONS = (b"\x48\x8b", b"\x48\x89", b"\x48\x8d")
"""Starts of instructions that are frequent in 64-bit code alone."""

LEAST_BRANCHES = 1 / 200
"""BL instructions of a likely distance in ARM64 code, by words; 1 in 512 random words is one."""

LIKELY_BRANCH = 1 << 22
"""Instructions."""

LOOKED_AT = 8160
"""Bytes from which the kind of samples is guessed: whole samples of every kind."""

LEAST_SMOOTHNESS = BIT_UNITS // 4
"""By so much the differences of numbers must be smaller than the numbers, if no stride speaks for
them."""

TRIED_CHANNELS = {1: (1, 2, 3, 4), 2: (1, 2, 3, 4), 3: (1, 2)}
"""By bytes of a sample."""

NEARLY_AS_GOOD = BIT_UNITS * 2 // 3
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
    calls = len(LIKELY_CALL.findall(pieces))
    if calls < max(LEAST_CALLS * len(pieces), LEAST_CALLS_SHARE * opcodes):
        return []
    is_long = sum(map(pieces.count, LONG_OPERATIONS)) > calls
    return [Filter(FilterId.X86, bytes([64 if is_long else 32]))]


def _arm64(pieces: bytes) -> list[Filter]:
    words = struct.unpack_from(f"<{len(pieces) // 4}I", pieces)
    distances = ((word + LIKELY_BRANCH) & 0x3FFFFFF for word in words if word >> 26 == 0x25)
    near = sum(distance < 2 * LIKELY_BRANCH for distance in distances)
    return [Filter(FilterId.ARM64)] if near > LEAST_BRANCHES * len(words) else []


def _delta(pieces: bytes, stride: int) -> list[Filter]:
    found: list[tuple[int, int, int]] = []
    for width in DELTA_WIDTHS:
        for distance in {width, stride}:
            if 0 < distance <= LONGEST_DELTA and distance % width == 0:
                saved, _ = _smoothness(pieces, _Format(width, distance // width, True, False))
                found.append((saved, width, distance))
    saved, width, distance = max(found)
    return [Filter.delta(width, distance)] if saved > LEAST_SMOOTHNESS else []


def _samples(plain: bytes, pieces: bytes, stride: int) -> list[Filter]:
    costs: list[tuple[int, _Format]] = []
    for width, channels in TRIED_CHANNELS.items():
        for is_big_endian in {False, width > 1}:
            alike = min(
                (_Format(width, 1, is_signed, is_big_endian) for is_signed in (True, False)),
                key=lambda format_: format_.bits(pieces, 1),
            )
            for count in channels:
                format_ = alike._replace(channels=count)
                saved, left = _smoothness(pieces, format_)
                least = 0 if width * count == stride else LEAST_SMOOTHNESS
                if saved > least:
                    costs.append((left // width, format_))
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

    def bits(self, pieces: bytes, distance: int) -> int:
        """About those of a number, less the one so many before; 0: less the middle of all."""
        data = pieces[:LOOKED_AT]
        return number_bits(data, self.width, self.is_signed, self.is_big_endian, distance)

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


def _smoothness(pieces: bytes, format_: _Format) -> tuple[int, int]:
    """Bits that differences have less than the numbers, and how many they have."""
    if min(len(pieces), LOOKED_AT) // format_.width <= format_.channels:
        return 0, 0
    left = format_.bits(pieces, format_.channels)
    return format_.bits(pieces, 0) - left, left

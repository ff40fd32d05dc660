"""Whole blocks of a container change places, are missing or doubled, under a right index."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator

import inputs

from benchmarks.reliability.children import Case, run_cases
from benchmarks.reliability.forging import Forged, container, header
from benchmarks.reliability.specimens import WORDS, Specimen, adaptive_block, tag_of
from benchmarks.reliability.tally import Setting, Tally

ROTATIONS = (0, 30, 60, 90)
"""The blocks have the same bytes in another order, so that all have one length."""


def attack(setting: Setting) -> Tally:
    """Put blocks that are whole into an order that is not theirs."""
    contents = [WORDS[i:] + WORDS[:i] for i in ROTATIONS]
    adaptive = [adaptive_block(content) for content in contents]
    coded = [
        Forged(tag_of(block), block.plain_length, block.payload, block.checksum, number=number)
        for number, block in enumerate(adaptive)
    ]
    noise = [inputs.NOISE[i : i + 40] for i in (0, 40, 80, 120)]
    raw = [_raw(content, number) for number, content in enumerate(noise)]

    def cases() -> Iterator[Case]:
        for kind, blocks, content in (
            ("adaptive", coded, b"".join(contents)),
            ("raw", raw, b"".join(noise)),
        ):
            specimen = Specimen(kind, container(blocks, header()), content)
            for order in _orders(len(blocks)):
                data = container([blocks[place] for place in order], header())
                yield from specimen.cases(f"blocks {order}", data)

    return run_cases(cases, setting.seconds)


def _raw(content: bytes, number: int) -> Forged:
    return Forged(1, len(content), content, zlib.crc32(content), number=number)


def _orders(count: int) -> Iterator[tuple[int, ...]]:
    """All ways to put up to one block more in a row, with some doubled or missing.

    The first blocks alone, in order and under a right index, are a right file of less content.
    """
    for length in range(1, count + 2):
        for order in itertools.product(range(count), repeat=length):
            if order != tuple(range(length)) or length == count:
                yield order

"""Inputs made from others at random, without a look at coverage; they depend on a seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

LONGEST = 4096
_INTERESTING = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF)


def mutations(inputs: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` inputs, each one of `inputs` with a few changes."""
    source = random.Random(seed)
    for _ in range(count):
        data = bytearray(source.choice(inputs))
        for _ in range(source.randint(1, 4)):
            _change(data, inputs, source)
        yield bytes(data[:LONGEST])


def _change(data: bytearray, inputs: Sequence[bytes], source: random.Random) -> None:
    place = source.randrange(len(data) + 1)
    end = min(len(data), place + source.randint(1, 8))
    byte = source.choice((*_INTERESTING, source.randrange(256)))
    match source.randrange(5):
        case 0:
            data[place:end] = b""
        case 1:
            data[place:place] = bytes([byte]) * source.randint(1, 8)
        case 2:
            other = source.choice(inputs)
            start = source.randrange(len(other) + 1)
            data[place:end] = other[start : start + source.randint(1, 32)]
        case 3:
            if place < len(data):
                data[place] ^= 1 << source.randrange(8)
        case _:
            if place < len(data):
                data[place] = byte

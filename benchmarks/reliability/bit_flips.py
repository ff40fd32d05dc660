"""Every bit of small containers of every kind is flipped, and some of larger ones."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.reliability.children import Case, run_cases
from benchmarks.reliability.specimens import specimens
from benchmarks.reliability.tally import Setting, Tally

SAMPLED = 600
"""Bits of a larger container."""


def attack(setting: Setting) -> Tally:
    """Flip single bits."""
    chosen = specimens(setting.model)

    def cases() -> Iterator[Case]:
        for specimen in chosen:
            bits = range(8 * len(specimen.data))
            noise = random.Random(specimen.name)
            for bit in noise.sample(bits, SAMPLED) if specimen.is_large else bits:
                damaged = bytearray(specimen.data)
                damaged[bit // 8] ^= 1 << bit % 8
                yield from specimen.cases(f"bit {bit}", bytes(damaged))

    return run_cases(cases, setting.seconds)

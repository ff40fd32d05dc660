"""Containers are cut at every byte, and ranges of bytes are taken out, put in and exchanged."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.reliability.children import Case, run_cases
from benchmarks.reliability.specimens import Specimen, specimens
from benchmarks.reliability.tally import Setting, Tally
from lmpack._container import MAGIC

SAMPLED = 150
"""Places in a larger container."""
LENGTHS = (1, 2, 5, 17)
"""Of the ranges that are taken out or put in."""
EXCHANGES = 60
"""In each container."""


def attack(setting: Setting) -> Tally:
    """Cut, delete, insert, exchange, append."""
    chosen = specimens(setting.model)

    def cases() -> Iterator[Case]:
        for specimen in chosen:
            for name, damaged in _damages(specimen):
                yield from specimen.cases(name, damaged)

    return run_cases(cases, setting.seconds)


def _damages(specimen: Specimen) -> Iterator[tuple[str, bytes]]:
    data = specimen.data
    noise = random.Random(specimen.name)
    places = range(len(data))
    chosen = noise.sample(places, SAMPLED) if specimen.is_large else places
    for place in chosen:
        # Between two containers a file ends well, with less content: no reader can tell.
        if data[place:].startswith(MAGIC) and place:
            continue
        yield f"cut at byte {place}", data[:place]
        for length in LENGTHS:
            yield f"{length} bytes deleted at {place}", data[:place] + data[place + length :]
            put = noise.choice((bytes(length), b"\xff" * length, noise.randbytes(length)))
            yield f"{put.hex()} inserted at {place}", data[:place] + put + data[place:]
    for _ in range(EXCHANGES):
        a, b, c, d = sorted(noise.choices(range(len(data) + 1), k=4))
        yield (
            f"{a}:{b} and {c}:{d} exchanged",
            data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:],
        )
        yield f"{a}:{b} repeated", data[:b] + data[a:]
    for tail in (b"\n", b"\xff", MAGIC[:1], MAGIC, data[:-1], noise.randbytes(100)):
        yield f"{len(tail)} bytes appended", data + tail

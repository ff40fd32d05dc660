"""Small files that promise much: within given limits they cost neither memory nor time."""

from __future__ import annotations

import io
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import lmpack
from benchmarks.reliability import forging
from benchmarks.reliability.children import Case, run_cases
from benchmarks.reliability.forging import Forged
from benchmarks.reliability.tally import Setting, Tally
from lmpack._container import MAXIMUM_LANES_LOG2, MAXIMUM_PLAIN_LENGTH, BlockKind
from lmpack._container._records import KIND_BITS
from lmpack._models.bundle import list_models

MOST_SIZE = 1 << 20
MOST_MEMORY = 64 << 20
ALLOWED = 96 << 20
"""Bytes of address space for a process with these limits: what it is told, and its own."""
MOST_SECONDS = 2.0
"""Of CPU time: far below what decoding takes."""
PAYLOAD = bytes(600)
MANY_BLOCKS = 300


class Unlimited(Exception):
    """More came out than was allowed."""


def attack(setting: Setting) -> Tally:
    """Open bombs with limits; every one has to end in an error before it is decoded."""
    if not hasattr(lmpack, "LimitError"):
        return Tally(left_out="this version has no limits")
    limits: dict[str, Any] = {"max_size": MOST_SIZE, "max_memory": MOST_MEMORY, "threads": 1}

    def decompress(data: bytes) -> None:
        lmpack.decompress(data, **limits)

    def verify(data: bytes) -> None:
        lmpack.verify_stream(io.BytesIO(data), **limits)

    def read(data: bytes) -> None:
        with lmpack.open(io.BytesIO(data), **limits) as file:
            file.read()

    def cases() -> Iterator[Case]:
        for name, data in _bombs():
            for way in (decompress, verify, read):
                yield Case(f"{name} ({len(data)} bytes), {way.__name__}", _refused(way, data))

    for bundle in list_models():  # loaded by the parent: a model is no part of a file's memory
        lmpack.compress(b"a model is loaded", model=bundle.name, mixing=False, threads=1)
    return run_cases(cases, setting.seconds, ALLOWED)


def _refused(way: Callable[[bytes], None], data: bytes) -> Callable[[], bool]:
    def check() -> bool:
        started = time.process_time()
        try:
            way(data)
        finally:
            if (seconds := time.process_time() - started) > MOST_SECONDS:
                raise Unlimited(f"it took {seconds:.1f} s")
        raise Unlimited("nothing was refused")

    return check


def _bombs() -> Iterator[tuple[str, bytes]]:
    for bundle in list_models():
        start = forging.header(bundle.fingerprint[:8])
        for kind in (BlockKind.MODEL, BlockKind.MIXED, BlockKind.ADAPTIVE):
            for lanes_log2 in (0, MAXIMUM_LANES_LOG2):
                for length in (MOST_SIZE + 1, MAXIMUM_PLAIN_LENGTH):
                    name = f"{bundle.name}, {kind.name.lower()}, 2^{lanes_log2} lanes, {length}"
                    yield name, forging.container([_block(kind, lanes_log2, length)], start)
    one = _block(BlockKind.ADAPTIVE, 0, MAXIMUM_PLAIN_LENGTH)
    yield "many blocks", forging.container([one] * MANY_BLOCKS, forging.header())
    plain = bytes(MOST_SIZE)
    raw = Forged(BlockKind.RAW, len(plain), plain, zlib.crc32(plain))
    yield "two raw blocks", forging.container([raw, raw], forging.header())
    yield "an index of 2^62 bytes", forging.header() + forging.index([], size=2**62)


def _block(kind: BlockKind, lanes_log2: int, length: int) -> Forged:
    head = b"" if kind is BlockKind.MODEL else bytes([1, 0, 0])
    return Forged(lanes_log2 << KIND_BITS | kind, length, head + PAYLOAD, 0)

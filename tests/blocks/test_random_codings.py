"""Codings that no encoder would choose, but that the format allows, drawn at random."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence

import inputs
import pytest
import reference_decoder

from lmpack._blocks.codec import decode_block
from lmpack._blocks.coding import Coding, no_progress
from lmpack._blocks.copies import with_copies
from lmpack._blocks.filters import Filter, FilterId
from lmpack._container import Block, BlockKind
from lmpack._executors.mixing import Predictor
from lmpack._native import take_copies

SIZE = 260


def content(draw: random.Random) -> bytes:
    """Pieces of text, noise, runs, records and repeats, cut to any alignment.

    A run at the end makes up for noise: the payload of a block is smaller than its bytes.
    """
    pieces: list[bytes] = []
    for _ in range(draw.randint(1, 5)):
        period = draw.randint(1, 40)
        pieces.append(
            draw.choice(
                [
                    inputs.TEXT[draw.randrange(100) :],
                    draw.randbytes(draw.randint(1, 60)),
                    bytes([draw.randrange(256)]) * draw.randint(1, 90),
                    b"".join(draw.randbytes(1) + bytes(range(period)) for _ in range(5)),
                    b"\xe8" + draw.randbytes(2) + b"\0\0\x0f\x84" + draw.randbytes(4),
                    'größer, "日本語";\n'.encode() * 2,
                    draw.choice(pieces or [b"a"]),
                ]
            )
        )
    return b"".join(pieces)[: draw.randint(1, SIZE)] + b"\xff" * 250


def filter_of(kind: int, draw: random.Random) -> Filter | None:
    """One of a kind from 0 to 3 with any parameters that it may have, or None."""
    if kind == 0:
        return Filter(FilterId.X86, bytes([draw.choice([32, 64])]))
    if kind == 1:
        return Filter(FilterId.ARM64)
    if kind == 2:
        size = draw.choice([2, 4, 8])
        return Filter.delta(size, size * draw.randint(1, 9))
    if kind == 3:
        size, channels = draw.randint(1, 3), draw.randint(1, 4)
        row = draw.choice([0, draw.randint(2, 30)]) * channels
        return Filter.samples(
            size, channels, row=row, is_signed=draw.random() < 0.5, is_big_endian=size > 1
        )
    return None


def no_model(lanes: Sequence[bytes]) -> Sequence[Sequence[int]]:
    raise AssertionError("an adaptive block needs no model")


@pytest.mark.parametrize("seed", range(16))
def test_a_random_coding_comes_back_and_is_read_by_the_reference_decoder(seed: int) -> None:
    draw = random.Random(seed)
    plain = content(draw)
    filter_ = filter_of(seed % 5, draw)
    copies, remainder = take_copies(plain, draw.choice([64, 1 << 20]))
    lanes_log2 = draw.randint(0, min(3, len(remainder).bit_length() - 1))
    stride = draw.choice([0, draw.randint(1, 60), draw.randint(1, 65535)])
    predictor = draw.choice(list(Predictor))
    way = Coding(BlockKind.ADAPTIVE, lanes_log2, stride, filter_, predictor)
    payload = with_copies(way.encode(None, remainder, no_progress), copies)
    block = Block(way.kind, lanes_log2, len(plain), zlib.crc32(plain), payload)
    assert decode_block(None, block) == plain
    cursor = reference_decoder.Cursor(block.to_bytes())
    assert reference_decoder.decode_block(cursor, no_model)[0] == plain


def test_the_draws_reach_every_part() -> None:
    drawn: set[object] = set()
    for seed in range(16):
        draw = random.Random(seed)
        plain = content(draw)
        filter_ = filter_of(seed % 5, draw)
        copies, _ = take_copies(plain, draw.choice([64, 1 << 20]))
        drawn |= {filter_.id if filter_ else None, "copies" if copies else "none"}
    assert drawn >= {FilterId.X86, FilterId.ARM64, FilterId.DELTA, FilterId.SAMPLES, None}
    assert "copies" in drawn

"""Filters: inverses, the reference written from docs/filters.md, damage, and what is chosen."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import inputs
import numpy as np
import pytest
import reference_decoder
import reference_filters

from lmpack import _native
from lmpack._blocks.choice import pieces_of
from lmpack._blocks.codec import decode_block, encode_block, encode_with_mixing
from lmpack._blocks.coding import Coding, no_progress
from lmpack._blocks.filter_choice import best_filters
from lmpack._blocks.filters import Filter, FilterId
from lmpack._blocks.likely_filters import likely_filters
from lmpack._blocks.payload_head import PayloadHead
from lmpack._blocks.speed import manual_text
from lmpack._blocks.text import is_text
from lmpack._container import Block, BlockKind
from lmpack._native import filter_bytes, likely_row, likely_stride, unfilter_bytes
from lmpack.errors import DamagedError, UsageError

X86_32, X86_64 = (Filter(FilterId.X86, bytes([bits])) for bits in (32, 64))
ARM64 = Filter(FilterId.ARM64)
MONO = Filter.samples(2, 1)
GREY = Filter.samples(1, 1, row=40, is_signed=False)
RGB = Filter.samples(1, 3, row=60, is_signed=False)
FILTERS = {
    "x86, 32 bits": X86_32,
    "x86, 64 bits": X86_64,
    "ARM64": ARM64,
    "delta of 2 bytes": Filter.delta(2, 6),
    "delta of 4 bytes": Filter.delta(4, 4),
    "delta of 8 bytes": Filter.delta(8, 24),
    "8 bits": Filter.samples(1, 1, is_signed=False),
    "8 bits, two channels": Filter.samples(1, 2),
    "16 bits": MONO,
    "16 bits, three channels, big-endian": Filter.samples(2, 3, is_big_endian=True),
    "24 bits, two channels": Filter.samples(3, 2),
    "grey": GREY,
    "RGB": RGB,
    "16-bit picture": Filter.samples(2, 1, row=33),
    "four channels, big-endian": Filter.samples(2, 4, row=48, is_big_endian=True),
}


def ignore(done: int) -> None:
    pass


def interrupt(done: int) -> None:
    raise KeyboardInterrupt


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def hostile(size: int) -> bytes:
    """Noise, the loudest steps, silence, and opcodes inside of one another's displacements."""
    random = rng()
    steps = np.where(np.arange(size // 4) // 6 % 2, 0x7F, 0x80).astype(np.uint8)
    opcodes = np.frombuffer(b"\xe8\xe9\x0f\x85\x8b\x05\xc7\x00\xff\x94\x90", np.uint8)
    parts = [random.bytes(size // 4), steps.tobytes(), bytes(size // 4)]
    return b"".join([*parts, random.choice(opcodes, size - 3 * (size // 4)).tobytes()])


def code(size: int) -> bytes:
    """Machine code of this machine, whatever it is."""
    data = Path(_native.__file__).read_bytes()
    return data[len(data) // 3 :][:size]


def calls(count: int) -> bytes:
    """Code of 32 bits that calls a few functions again and again."""
    random, out = rng(), bytearray()
    for target in random.choice([40, 5000, 70_000, 123_456], count):
        out += random.choice(np.frombuffer(b"\x50\x55\x89\x8d\x83\x74", np.uint8), 7).tobytes()
        displacement = int(target) - len(out) - 5
        out += b"\xe8" + displacement.to_bytes(4, "little", signed=True)
    return bytes(out)


def picture(channels: int, rows: int, pixels: int) -> bytes:
    """Smooth hills with a little noise."""
    random = rng()
    y, x = np.mgrid[:rows, :pixels]
    hills = 120 + 60 * np.sin(x / 17 + y / 23) + 30 * np.cos(x / 5 - y / 11)
    planes = [hills * (1 - 0.2 * c) + random.normal(0, 1.5, hills.shape) for c in range(channels)]
    return np.stack(planes, axis=2).clip(0, 255).astype(np.uint8).tobytes()


def tone(samples: int, noise: float = 30) -> np.ndarray:
    t = np.arange(samples)
    sound: np.ndarray = (
        9000 * np.sin(t / 7.3) + 4000 * np.sin(t / 2.9) + rng().normal(0, noise, samples)
    )
    return sound


@pytest.mark.parametrize("name", FILTERS)
def test_filters_are_bijections_with_the_specified_inverse(name: str) -> None:
    filter_ = FILTERS[name]
    for data in (hostile(1201), code(1000), inputs.NOISE[:301], inputs.TEXT[:200]):
        assert filter_.undo(filter_.apply(data, ignore), ignore) == data
        plain = filter_.undo(data, ignore)
        assert filter_.apply(plain, ignore) == data
        assert reference_filters.unfilter(filter_.id, filter_.parameters, data) == plain


@pytest.mark.parametrize("name", FILTERS)
def test_every_length_and_alignment_comes_back(name: str) -> None:
    filter_ = FILTERS[name]
    data = hostile(400)[-90:]
    for size in range(71):
        for start in range(4):
            part = data[start : start + size]
            assert filter_.undo(filter_.apply(part, ignore), ignore) == part


@pytest.mark.parametrize("name", FILTERS)
def test_what_payloads_say_of_a_filter(name: str) -> None:
    filter_ = FILTERS[name]
    assert Filter.parse(filter_.to_bytes()) == filter_
    assert reference_filters.are_allowed(filter_.id, filter_.parameters)


@pytest.mark.parametrize(
    "stated",
    [
        b"",
        b"\0",
        b"\5",
        b"\2",
        b"\2\x10",
        b"\3\0",
        b"\4\1\1",
        b"\4\4\0",
        b"\4\4\6",
        b"\1\2\2\1\0",
        b"\1\0\2\1\0\0",
        b"\1\4\2\1\0\0",
        b"\1\2\4\1\0\0",
        b"\1\2\2\0\0\0",
        b"\1\2\2\x09\0\0",
        b"\1\1\0\1\2\0",
        b"\1\1\0\3\x0a\0",
        b"\1\3\2\1\x09\0",
    ],
)
def test_other_filters_are_damage(stated: bytes) -> None:
    with pytest.raises(DamagedError):
        Filter.parse(stated)
    with pytest.raises(UsageError):
        filter_bytes(b"abc", stated[0] if stated else 0, stated[1:], ignore)
    with pytest.raises(UsageError):
        unfilter_bytes(b"abc", stated[0] if stated else 0, stated[1:], ignore)


@pytest.mark.parametrize("kind", [BlockKind.MIXED, BlockKind.MIXED_TOKENS])
def test_a_filter_with_a_model_is_damage(kind: BlockKind) -> None:
    head = PayloadHead(filter=ARM64.to_bytes()).to_bytes()
    with pytest.raises(DamagedError, match="filter"):
        Coding.of(Block(kind, 0, 100, 0, head + b"abc"))


def test_a_damaged_filter_is_named() -> None:
    head = PayloadHead(filter=bytes([2, 16])).to_bytes()
    with pytest.raises(DamagedError, match="X86 cannot have the parameters 10"):
        decode_block(None, Block(BlockKind.ADAPTIVE, 0, 100, 0, head + b"abc"))


@pytest.mark.parametrize("name", ["x86, 64 bits", "ARM64", "delta of 4 bytes", "16 bits", "RGB"])
def test_filtered_blocks_are_read_by_the_reference_decoder(name: str) -> None:
    plain = bytes(i // 3 for i in range(401))
    way = Coding(BlockKind.ADAPTIVE, 0, 4, FILTERS[name])
    payload = way.encode(None, plain, no_progress)
    block = Block(BlockKind.ADAPTIVE, 0, len(plain), zlib.crc32(plain), payload)
    assert decode_block(None, block) == plain
    cursor = reference_decoder.Cursor(block.to_bytes())
    assert reference_decoder.decode_block(cursor, lambda lanes: [])[0] == plain


CHOSEN: dict[str, tuple[Callable[[], bytes], Filter, float]] = {
    "32-bit code": (lambda: calls(3000), X86_32, 0.9),
    "counters": (
        lambda: np.cumsum(rng().poisson(900, 8000)).astype("<i4").tobytes(),
        Filter.delta(4, 4),
        0.9,
    ),
    "16-bit sound": (lambda: tone(14_000).astype("<i2").tobytes(), MONO, 0.95),
    "8-bit sound": (
        lambda: (tone(28_000) / 128 + 128).astype(np.uint8).tobytes(),
        Filter.samples(1, 1, is_signed=False),
        0.95,
    ),
    "24-bit sound": (
        lambda: (
            (tone(12_000, 2) * 256).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        ),
        Filter.samples(3, 1),
        0.985,
    ),
    "big-endian sound": (
        lambda: tone(14_000).astype(">i2").tobytes(),
        Filter.samples(2, 1, is_big_endian=True),
        0.95,
    ),
    "grey picture": (
        lambda: picture(1, 150, 200),
        Filter.samples(1, 1, row=200, is_signed=False),
        0.97,
    ),
    "RGB picture": (
        lambda: picture(3, 100, 120),
        Filter.samples(1, 3, row=360, is_signed=False),
        0.95,
    ),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_the_filter_that_helps_is_found(name: str) -> None:
    make, expected, most = CHOSEN[name]
    plain = make()
    way, payload = encode_with_mixing(None, plain, 2, no_progress)
    assert way.filter == expected
    without = Coding(BlockKind.ADAPTIVE, 0, likely_stride(plain)).encode(None, plain, no_progress)
    assert len(payload) < most * len(without)
    assert decode_block(None, encode_block(None, plain, mixed_lanes=2)) == plain


@pytest.mark.parametrize(
    "plain",
    [
        manual_text(9000),
        inputs.SENTENCES[:9000],
        "Größe, мир, 日本語の文章, emoji 🙂\n".encode() * 99,
        b"",
        b"\xe8" * 3,
    ],
)
def test_nothing_is_tried_on_text(plain: bytes) -> None:
    pieces = pieces_of(plain)
    assert is_text(pieces) or not likely_filters(plain, pieces, 0)


def test_what_does_not_help_is_not_used() -> None:
    random = rng()
    records = random.integers(0, 9, (900, 12), np.uint8).tobytes()
    for plain in (records, random.bytes(9000), bytes(9000)):
        assert encode_with_mixing(None, plain, 2, no_progress)[0].filter is None


def test_of_several_filters_those_that_leave_least_are_tried() -> None:
    mono, stereo, bytes_, swapped = (
        Filter.samples(2, 1),
        Filter.samples(2, 2),
        Filter.samples(1, 1),
        Filter.samples(2, 1, is_big_endian=True),
    )
    sound = tone(4000).astype("<i2").tobytes()
    assert best_filters([bytes_, swapped, mono], sound, ignore) == [mono]
    alike = np.repeat(tone(4000).astype("<i2"), 2).tobytes()
    assert best_filters([bytes_, mono, stereo], alike, ignore)[0] == stereo
    hiss = tone(4000, noise=3000).astype("<i2").tobytes()
    assert set(best_filters([bytes_, mono, stereo], hiss, ignore)) == {mono, stereo}
    assert best_filters([bytes_], sound, ignore) == [bytes_]
    assert best_filters([], sound, ignore) == []
    with pytest.raises(KeyboardInterrupt):
        best_filters([bytes_, mono], sound * 20, interrupt)


def test_long_strides_of_filters_fit_the_head() -> None:
    wide = Filter.samples(2, 1, row=65535)
    plain = inputs.NOISE[:300]
    way = Coding(BlockKind.ADAPTIVE, 0, 0, wide)
    payload = way.encode(None, plain, no_progress)
    assert way.decode(None, payload, len(plain), no_progress) == plain


def test_rows_are_found() -> None:
    assert likely_row(picture(1, 60, 300), 1) == 300
    assert likely_row(picture(3, 60, 1001), 3) == 3003
    assert likely_row(bytes(9000), 1) == likely_row(b"", 1) == 0
    with pytest.raises(UsageError):
        likely_row(b"abc", 0)

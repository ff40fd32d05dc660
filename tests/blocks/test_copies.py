"""What a block holds twice is taken out before mixing and comes back."""

from __future__ import annotations

import dataclasses
import random
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import inputs
import pytest
import reference_copies
import reference_decoder
from hypothesis import given
from hypothesis import strategies as st

import lmpack
from lmpack._blocks.codec import decode_block, encode_block
from lmpack._blocks.coding import Coding, no_progress
from lmpack._blocks.copies import SHORTEST_TAKEN, with_copies, without_copies
from lmpack._blocks.filters import Filter
from lmpack._blocks.payload_head import PayloadHead
from lmpack._container import Block, BlockKind
from lmpack._executors import Executor, open_executor
from lmpack._executors.mixing import Predictor
from lmpack._models.bundle import load_byte_model
from lmpack._native import SHORTEST_COPY, Prefix, put_copies, remainder_length, take_copies
from lmpack.errors import DamagedError, UsageError

NOISE = random.Random(1).randbytes(3000)


@pytest.fixture(scope="module")
def trained() -> Executor:
    return open_executor(load_byte_model("tiny"), threads=1)


def entries(copies: bytes) -> list[reference_copies.Entry]:
    """The entries of a list, as the reference decoder reads them."""
    payload = PayloadHead(copies=copies).to_bytes()
    return list(reference_decoder.take_head(payload).copies)


def no_model(lanes: Sequence[bytes]) -> Sequence[Sequence[int]]:
    raise AssertionError("an adaptive block needs no model")


def by_reference(block: Block) -> bytes:
    return reference_decoder.decode_block(reference_decoder.Cursor(block.to_bytes()), no_model)[0]


REPEATED = {
    "a run": bytes(100_000),
    "text and a run": inputs.TEXT + b"x" * 5000 + inputs.TEXT,
    "a period": NOISE[:300] * 20,
    "twice": NOISE + b"-" + NOISE,
    "copies of copies": (NOISE[:2500] * 2 + b"a") * 2 + b"b" + NOISE[:2500] * 3,
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_remainder_and_a_list_are_the_content(name: str) -> None:
    plain = REPEATED[name]
    copies, remainder = without_copies(plain)
    assert len(copies) < 50
    assert 0 < len(remainder) <= len(plain) - SHORTEST_TAKEN
    assert remainder_length(copies, len(plain)) == len(remainder)
    assert put_copies(copies, remainder, len(plain)) == plain
    assert reference_copies.follows_the_rules(entries(copies), len(plain))
    assert reference_copies.put_back(entries(copies), remainder) == plain


def test_copies_of_a_prefix_are_those_of_the_specification() -> None:
    before, plain = NOISE, NOISE[100:2900] + b"-" * 200 + NOISE[:2500]
    prefix = Prefix(before)
    copies, remainder = take_copies(plain, SHORTEST_TAKEN, prefix)
    assert len(remainder) < 300
    assert remainder_length(copies, len(plain), prefix) == len(remainder)
    assert put_copies(copies, remainder, len(plain), prefix) == plain
    assert reference_copies.follows_the_rules(entries(copies), len(plain), len(before))
    assert reference_copies.put_back(entries(copies), remainder, before) == plain
    with pytest.raises(DamagedError):
        remainder_length(copies, len(plain))


@st.composite
def repetitive(draw: st.DrawFn) -> bytes:
    """Content that is made of pieces of itself."""
    content = draw(st.binary(min_size=1, max_size=200))
    for _ in range(draw(st.integers(0, 6))):
        content += draw(st.binary(max_size=100))
        start = draw(st.integers(0, len(content) - 1))
        content += (content[start:] * 60)[: draw(st.integers(0, 1500))]
    return content


@given(plain=repetitive(), shortest=st.integers(SHORTEST_COPY, 600))
def test_any_content_comes_back(plain: bytes, shortest: int) -> None:
    copies, remainder = take_copies(plain, shortest)
    if not copies:
        assert remainder == plain
        return
    assert entries(copies)[0][1] >= shortest
    assert put_copies(copies, remainder, len(plain)) == plain
    assert reference_copies.put_back(entries(copies), remainder) == plain


@given(copies=st.binary(min_size=1, max_size=12), length=st.integers(1, 400))
def test_lists_of_any_bytes_are_judged_as_the_specification_does(
    copies: bytes, length: int
) -> None:
    try:
        read = entries(copies)
        legal = reference_copies.follows_the_rules(read, length)
    except reference_decoder.InvalidContainerError:
        legal = False
    if legal:
        remainder = bytes(range(256))[: remainder_length(copies, length)].ljust(
            remainder_length(copies, length), b"x"
        )
        assert put_copies(copies, remainder, length) == reference_copies.put_back(read, remainder)
    else:
        with pytest.raises(DamagedError):
            remainder_length(copies, length)


def test_the_example_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "copies.md").read_text()
    (written,) = re.findall(r"The list `([0-9a-f ]+)` stands for", page)
    plain = bytes(range(0x1E)) + b"\x1e" * 100
    assert len(plain) == 130
    assert put_copies(bytes.fromhex(written), bytes(range(0x1F)), 130) == plain


def coded(way: Coding, plain: bytes, copies: bytes, remainder: bytes) -> Block:
    payload = with_copies(way.encode(None, remainder, no_progress), copies)
    return Block(way.kind, way.lanes_log2, len(plain), zlib.crc32(plain), payload)


@pytest.mark.parametrize("lanes_log2", [0, 2])
@pytest.mark.parametrize(
    "way",
    [Coding(BlockKind.ADAPTIVE, 0, 300), Coding(BlockKind.ADAPTIVE, 0, 2, Filter.samples(2, 1))],
)
def test_lanes_and_filters_are_those_of_the_remainder(way: Coding, lanes_log2: int) -> None:
    plain = inputs.TEXT[:90] + b"\0" * 3000 + b"end"
    copies, remainder = without_copies(plain)
    block = coded(way._replace(lanes_log2=lanes_log2), plain, copies, remainder)
    assert decode_block(None, block) == plain == by_reference(block)


def test_a_block_with_copies_comes_back(trained: Executor) -> None:
    plain = inputs.SENTENCES[:4000] + bytes(10_000) + inputs.SENTENCES[:4000]
    for executor, kind in ((None, BlockKind.ADAPTIVE), (trained, BlockKind.MIXED)):
        block = encode_block(executor, plain, mixed_lanes=2)
        assert block.kind is kind
        assert PayloadHead.parse(block.payload)[0].copies
        assert decode_block(executor, block) == plain


def test_what_is_repeated_costs_next_to_nothing() -> None:
    once = len(encode_block(None, NOISE, mixed_lanes=1).payload)
    thrice = len(encode_block(None, NOISE * 3, mixed_lanes=1).payload)
    assert once == len(NOISE)  # it is raw
    assert thrice < once + 60


@given(plain=repetitive())
def test_a_block_is_never_much_longer_than_its_content(plain: bytes) -> None:
    block = encode_block(None, plain, mixed_lanes=1)
    assert len(block.to_bytes()) <= len(plain) + 13
    assert decode_block(None, block) == plain


def test_more_lanes_than_the_remainder_has_bytes_are_refused() -> None:
    copies, remainder = without_copies(bytes(5000))
    assert len(remainder) < 8
    block = coded(Coding(BlockKind.ADAPTIVE, 0), bytes(5000), copies, remainder)
    assert decode_block(None, block) == bytes(5000)
    with pytest.raises(DamagedError, match="fewer than there are lanes"):
        decode_block(None, dataclasses.replace(block, lanes_log2=3))


HOSTILE = {
    "from before the start": "00 00 01",
    "from before its literals": "05 00 06",
    "from nowhere": "05 00 00",
    "beyond the end": "05 ff ff 7f 01",
    "literals beyond the end": "ff ff 7f 00 01",
    "a count of gigabytes": "05 ff ff ff 7f 01",
    "a number of more than 4 bytes": "05 ff ff ff ff 0f 01",
    "not the shortest form": "85 00 00 01",
    "cut inside of an entry": "05 00",
    "cut inside of a number": "05 80",
    "one byte too many": "05 00 01 00",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lists_are_damage(name: str) -> None:
    way = Coding(BlockKind.ADAPTIVE, 0)
    payload = with_copies(
        way.encode(None, inputs.TEXT[:100], no_progress), bytes.fromhex(HOSTILE[name])
    )
    block = Block(way.kind, 0, 1000, 0, payload)
    with pytest.raises(DamagedError):
        decode_block(None, block)
    with pytest.raises(reference_decoder.InvalidContainerError):
        by_reference(block)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ("", "shorter than its head"),
        ("01", "shorter than its head"),
        ("01 80", "shorter than its head"),
        ("00 00", "stands for nothing"),
        ("04 00", "stands for nothing"),
        ("21 00", "stands for nothing"),
        ("11 00", "a patch, but there are no copies"),
        ("19 00 01 05", "a block without a prefix is a patch"),
        ("81 00", "stands for nothing"),
        ("01 80 80 04", "the stride is 65536"),
        ("01 80 00", "needless 0 byte"),
        ("05 00 05 01", "there is no filter 5"),
        ("05 02 01", "shorter than its head"),
        ("09 00 00", "their list is empty"),
        ("09 00 04 05 00 01", "shorter than its head"),
        ("09 00 ff ff ff ff ff ff ff ff 7f", "shorter than its head"),
    ],
)
def test_heads_that_are_none(payload: str, message: str) -> None:
    block = Block(BlockKind.ADAPTIVE, 0, 100, 0, bytes.fromhex(payload))
    with pytest.raises(DamagedError, match=message):
        decode_block(None, block)
    with pytest.raises(reference_decoder.InvalidContainerError):
        by_reference(block)


@given(
    predictor=st.sampled_from(Predictor),
    stride=st.integers(0, 65535),
    filter_=st.sampled_from([b"", b"\x02\x40", b"\x03"]),
    copies=st.binary(max_size=200),
    stream=st.binary(max_size=9),
)
def test_heads_come_back(
    predictor: Predictor, stride: int, filter_: bytes, copies: bytes, stream: bytes
) -> None:
    head = PayloadHead(predictor, stride, filter_, copies)
    found, start = PayloadHead.parse(head.to_bytes() + stream)
    assert found == head
    assert start == len(head.to_bytes())


def test_the_finder_takes_no_shorter_copies_than_a_list_holds() -> None:
    with pytest.raises(UsageError, match="at least 64"):
        take_copies(b"abc", SHORTEST_COPY - 1)


def test_a_file_of_zeros_is_small_at_every_level() -> None:
    plain = bytes(3 << 20)
    for level in (1, 6, 9):
        packed = lmpack.compress(plain, level=level)
        assert len(packed) < 200
        assert lmpack.decompress(packed) == plain

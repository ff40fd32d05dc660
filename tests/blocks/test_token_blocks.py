"""Blocks of tokens: any table, any segmentation, any lanes, and every damage is noticed."""

from __future__ import annotations

import dataclasses
import json

import make_golden
import numpy as np
import pytest
import reference_decoder
from hypothesis import given
from hypothesis import strategies as st
from random_decoder import random_tokens, small_shape
from reference_tokens import TokenModel
from ruled_decoder import RuledDecoder

from lmpack._blocks import choice
from lmpack._blocks.choice import lanes_log2, mixed_lanes_log2, tokens_probe_of
from lmpack._blocks.codec import decode_block, encode_block
from lmpack._blocks.coding import Coding, no_progress
from lmpack._blocks.decoder_memory import lane_memory, pass_memory
from lmpack._blocks.memory import memory_to_decode
from lmpack._container import Block, BlockKind
from lmpack._executors import token_stepping
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._native import TokenDecoder, TokenEncoder, TokenTable
from lmpack.errors import DamagedError, UsageError

BYTES = [bytes([value]) for value in range(256)]
TABLES = {
    "random": random_tokens(300, np.random.default_rng(1)),
    "bytes": BYTES,
    "one token": [b"abc"],
    "one byte": [b"a"],
    "a chain": [b"a" * size for size in range(1, 256)],
    "longest": sorted({*BYTES, bytes(255), bytes(range(255)), b"ab" * 127 + b"a"}),
    "nested": sorted([b"a", b"ab", b"abab", b"ababab", b"b", b"ba", b"c", b"\xff", b"\xff\xff"]),
    "no short ones": sorted([b"abc", b"abcd", b"b", b"bc", b"c", b"d", b"a"]),
}
LETTERS = {"one token": b"abc" * 40, "one byte": b"a" * 90, "a chain": b"a" * 700}


def content_of(name: str, length: int = 200) -> bytes:
    if name in LETTERS:
        return LETTERS[name]
    return RuledDecoder(TABLES[name]).likely_content(length)


def coded(
    executor: RuledDecoder, kind: BlockKind, plain: bytes, lanes: int, stride: int = 0
) -> tuple[Coding, bytes]:
    coding = Coding(kind, lanes, stride)
    payload = coding.encode(executor, plain, no_progress)
    return coding, payload


@pytest.mark.parametrize("kind", [BlockKind.TOKENS, BlockKind.MIXED_TOKENS])
@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("name", TABLES)
def test_any_segmentation_of_any_table_comes_back(
    name: str, seed: int | None, kind: BlockKind
) -> None:
    plain = content_of(name)
    lanes = 2 if name != "one token" else 3  # whose lanes must hold whole tokens
    executor = RuledDecoder(TABLES[name], seed=seed)
    for log2 in (0, lanes):
        coding, payload = coded(executor, kind, plain, log2, 3)
        assert coding.decode(RuledDecoder(TABLES[name]), payload, len(plain), no_progress) == (
            plain
        )


@pytest.mark.parametrize("name", ["nested", "random"])
@pytest.mark.parametrize(
    ("kind", "mixing"),
    [
        (BlockKind.TOKENS, Mixing()),
        *[(BlockKind.MIXED_TOKENS, Mixing(0, predictor)) for predictor in Predictor],
        (BlockKind.MIXED_TOKENS, Mixing(3)),
    ],
)
def test_payloads_are_those_of_the_specification(
    name: str, kind: BlockKind, mixing: Mixing
) -> None:
    executor = RuledDecoder(TABLES[name], context=13, seed=5)
    plain = RuledDecoder(TABLES[name], context=13).likely_content(40)
    coding = Coding(kind, 1, mixing.stride, predictor=mixing.predictor)
    payload = coding.encode(executor, plain, no_progress)
    model = TokenModel(executor.tokens, executor.predict)
    if kind is BlockKind.MIXED_TOKENS:
        decoded = reference_decoder.decode_mixed_block(payload, len(plain), 1, model)
    else:
        decoded = reference_decoder.decode_tokens(payload, len(plain), 1, model, None)
    assert decoded == plain


@given(st.binary(min_size=1, max_size=60), st.integers(0, 3), st.integers(0, 99))
def test_any_bytes_come_back(plain: bytes, log2: int, seed: int) -> None:
    log2 = min(log2, len(plain).bit_length() - 1)
    executor = RuledDecoder(TABLES["random"], context=7, seed=seed)
    for kind in (BlockKind.TOKENS, BlockKind.MIXED_TOKENS):
        coding, payload = coded(executor, kind, plain, log2)
        assert coding.decode(executor, payload, len(plain), no_progress) == plain


def test_lanes_start_afresh_where_the_context_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    executor = RuledDecoder(BYTES, context=10)
    plain = executor.likely_content(47)
    executor.fed.clear()
    expected = executor.encode(plain, 24, None, no_progress_of_steps)
    assert executor.fed == [10, 10, 4]
    monkeypatch.setattr(token_stepping, "ENCODER_PIECE", 3)
    assert executor.encode(plain, 24, None, no_progress_of_steps) == expected
    assert max(executor.fed[3:]) == 3
    told: list[int] = []
    assert executor.decode(expected, 47, 24, None, told.append) == plain
    assert told == [1]


def test_lanes_are_cut_before_a_space_or_behind_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_stepping, "SEGMENTED", 20)
    monkeypatch.setattr(token_stepping, "CUT_WITHIN", 8)
    for lane, sizes in (
        (b"0123456789abcd fghijklmn", [14, 10]),
        (b"0123456789abcd\nfghijklmn", [15, 9]),
        (b"0123456 89abcdefghijklmn", [20, 4]),
        (b"0123456789ab defghijklmn", [12, 12]),
        (b"0123456789a cdefghijklmn", [20, 4]),
        (b"0123456789ab\ndef ghijklmn", [16, 9]),
        (b"0123456789abcdefghi klmn", [19, 5]),
        (b"0123456789abcdefghi\nklmn", [20, 4]),
        (b"0123456789abcdefghijk mn", [20, 4]),
        (bytes(20), [20]),
        (bytes(41), [20, 20, 1]),
    ):
        parts = list(token_stepping.segmented_pieces(lane))
        assert b"".join(parts) == lane
        assert [len(part) for part in parts] == sizes


def no_progress_of_steps(steps: int) -> None:
    pass


def test_progress_ends_with_the_last_step() -> None:
    executor = RuledDecoder(TABLES["random"], context=50)
    plain = executor.likely_content(600)
    told: list[int] = []
    payload = executor.encode(plain, 300, Mixing(), told.append)
    assert told == sorted(told)
    assert told[:2] == [0, 0]  # while tokens are found, lane by lane
    assert told[-1] == 300
    told.clear()
    assert executor.decode(payload, 600, 300, Mixing(), told.append) == plain
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 300


@pytest.mark.parametrize(("mixed_lanes", "lanes"), [(None, 8), (1, 4), (2, 8)])
def test_a_decoder_makes_blocks_of_tokens(
    mixed_lanes: int | None, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "SHORTEST_TOKENS_LANE", 100)
    executor = RuledDecoder(TABLES["random"], context=1000)  # otherwise it repeats itself
    plain = executor.likely_content(900)
    part = -(-len(plain) // lanes)
    plain = (plain[:part] * lanes)[: len(plain)]  # a good start for each lane
    block = encode_block(executor, plain, mixed_lanes=mixed_lanes)
    expected = BlockKind.TOKENS if mixed_lanes is None else BlockKind.MIXED_TOKENS
    assert (block.kind, block.lanes) == (expected, lanes)
    assert decode_block(executor, block) == plain


def test_a_decoder_that_knows_nothing_does_no_harm() -> None:
    noise = np.random.default_rng(0).bytes(500)
    executor = RuledDecoder(TABLES["random"])
    for mixed_lanes in (None, 1):
        block = encode_block(executor, noise, mixed_lanes=mixed_lanes)
        assert (block.kind, block.payload) == (BlockKind.RAW, noise)
    repeated = noise[:60] * 50
    assert encode_block(executor, repeated, mixed_lanes=1).kind in (
        BlockKind.ADAPTIVE,
        BlockKind.MIXED_TOKENS,
    )


def test_bytes_without_a_token_are_refused() -> None:
    executor = RuledDecoder(TABLES["nested"])
    with pytest.raises(UsageError, match="tokens of lane 0 end 3 bytes before the lane does"):
        encode_block(executor, b"ababxab", mixed_lanes=None)


@pytest.mark.parametrize("kind", [BlockKind.TOKENS, BlockKind.MIXED_TOKENS])
@pytest.mark.parametrize("name", ["random", "nested", "a chain"])
def test_flipped_bits_and_cuts_do_no_more_than_give_other_tokens(
    name: str, kind: BlockKind
) -> None:
    """They may be the same bytes, and another stride may predict them as well."""
    executor = RuledDecoder(TABLES[name], seed=3)
    plain = content_of(name, 25)[:25]
    coding, payload = coded(executor, kind, plain, 1)
    noticed = 0
    others = [payload[:size] for size in range(len(payload))]
    for bit in range(8 * len(payload)):
        flipped = bytearray(payload)
        flipped[bit // 8] ^= 1 << bit % 8
        others.append(bytes(flipped))
    for other in others:
        try:
            # Other bytes have another checksum.
            noticed += coding.decode(executor, other, len(plain), no_progress) != plain
        except DamagedError:
            noticed += 1
    assert noticed > len(others) / 2


@pytest.mark.parametrize("name", ["no short ones", "nested", "one token"])
def test_noise_as_a_payload_is_refused_or_decodes(name: str) -> None:
    """A table without all bytes has lanes that no tokens fill: never a hang or another error."""
    random = np.random.default_rng(4)
    executor = RuledDecoder(TABLES[name])
    refused = 0
    for _ in range(200):
        length = int(random.integers(1, 40))
        noise = random.bytes(int(random.integers(0, 12)))
        try:
            executor.decode(noise, length, -(-length // 2), None, no_progress_of_steps)
        except DamagedError:
            refused += 1
    assert refused > 150


def test_kinds_of_models_of_another_family_are_refused() -> None:
    executor = RuledDecoder(TABLES["random"])
    plain = executor.likely_content(100)
    block = encode_block(executor, plain, mixed_lanes=None)
    forged = dataclasses.replace(block, kind=BlockKind.MODEL)
    with pytest.raises(DamagedError, match="kind model, which its model cannot have made"):
        decode_block(executor, forged)


def test_the_probe_of_a_decoder_is_short() -> None:
    lengths = (1, 16384, 16385, 1 << 18, 1 << 24)
    assert [len(tokens_probe_of(bytes(n))) for n in lengths] == [1, 16384, 4032, 16320, 16320]


def test_lanes_of_a_decoder() -> None:
    architecture = RuledDecoder(BYTES).architecture
    lengths = (1, 16383, 16384, 32768, 1 << 17, 1 << 18, 1 << 24)
    assert [1 << lanes_log2(n, architecture) for n in lengths] == [1, 1, 2, 4, 16, 16, 16]
    for most, lanes in (2, [1, 1, 2, 4, 16, 16, 16]), (1, [1, 1, 1, 2, 8, 16, 16]):
        assert [1 << mixed_lanes_log2(n, most, architecture) for n in lengths] == lanes


def test_a_probe_that_is_the_whole_block_is_coded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "SHORTEST_TOKENS_LANE", 100)
    executor = RuledDecoder(TABLES["random"], context=1000)
    plain = executor.likely_content(200) * 4
    encode_block(executor, plain, mixed_lanes=2)
    executor_alone = RuledDecoder(TABLES["random"], context=1000)
    Coding(BlockKind.MIXED_TOKENS, 3).encode(executor_alone, plain, no_progress)
    assert sum(executor.fed) == sum(executor_alone.fed)


def test_what_a_block_of_tokens_needs() -> None:
    architecture = RuledDecoder(BYTES).architecture

    def needed(kind: BlockKind, log2: int, threads: int = 1) -> int:
        return memory_to_decode(Block(kind, log2, 4096, 0, b""), architecture, threads)

    one = needed(BlockKind.TOKENS, 0)
    lane = lane_memory(architecture, 4096)
    assert needed(BlockKind.TOKENS, 1) - one == lane
    assert needed(BlockKind.TOKENS, 0, 3) - one == 2 * pass_memory(architecture)
    mixing = needed(BlockKind.ADAPTIVE, 0) - 2 * 4096
    ends = needed(BlockKind.MIXED_TOKENS, 0) - one - mixing
    assert 300_000 < ends < 600_000
    # K (2 h + 12) bytes a slot: 32 slots for the window of 1, 64 for that of 64; V + 1 sums.
    assert lane == 2 * (2 * 32 + 12) * (32 + 64) + 8 * 257


def test_what_a_lane_remembers_doubles() -> None:
    architecture = small_shape("llama", BYTES, context=1000, windows=(9, 700), ropes=(0, 0))
    slot, sums = 2 * (2 * 32 + 12), 8 * 257
    for length, slots in ((1, 64), (64, 64), (65, 128), (300, 512), (513, 704), (10**6, 704)):
        assert lane_memory(architecture, length) == slot * (32 + slots) + sums, length


def test_tables_that_are_none_are_refused() -> None:
    for tokens, message in (
        ([], "1 to 1048576 tokens, not 0"),
        ([b"a", b""], "token 1 has no bytes"),
        ([b"b", b"a"], "number 1 is not above the one before"),
        ([b"a", b"a"], "number 1 is not above the one before"),
        ([b"ab", b"a"], "number 1 is not above the one before"),
    ):
        with pytest.raises(UsageError, match=message):
            TokenTable(b"".join(tokens), bytes(map(len, tokens)))
    with pytest.raises(UsageError, match="must have 3 bytes together, not 2"):
        TokenTable(b"ab", bytes([1, 2]))
    assert len(TokenTable(b"ab", bytes([1, 1]))) == 2


def test_arguments_out_of_range_are_refused() -> None:
    table = TokenTable(b"aabb", bytes([1, 2, 1]))

    def encoder(
        tokens: list[int], counts: list[int], mixing: tuple[int, int] | None = None
    ) -> TokenEncoder:
        arrays = np.array(tokens, np.int32), np.array(counts, np.int32)
        return TokenEncoder(table, b"aabab", 3, mixing, *arrays)

    good = encoder([0, 1, 1], [2, 1])
    for tokens, counts, message in (
        ([0, 1, 1], [3], "counts of 2 lanes, not 5 and 1"),
        ([0, 1, 1], [2, 2], "the lanes have more tokens than there are"),
        ([0, 1, 1], [-1, 2], "the lanes have more tokens than there are"),
        ([0, 1, 1, 0], [2, 1], "more tokens than the lanes have"),
        ([0, 1, 3], [2, 1], "tokens must be 0 to 2, not 3"),
        ([0, 1, -1], [2, 1], "tokens must be 0 to 2, not -1"),
        ([0, 0, 0, 1], [3, 1], "tokens of lane 0 are not its bytes"),
        ([0, 1, 0], [2, 1], "tokens of lane 1 end 1 bytes before"),
    ):
        with pytest.raises(UsageError, match=message):
            encoder(tokens, counts)
    for mixing, message in (
        ((65536, 1), "the stride must be 0 to 65535, not 65536"),
        ((-1, 1), "the stride must be 0 to 65535, not -1"),
        ((0, 0), "the predictor must be 1 to 3, not 0"),
        ((0, 4), "the predictor must be 1 to 3, not 4"),
    ):
        with pytest.raises(UsageError, match=message):
            encoder([0, 1, 1], [2, 1], mixing)
    with pytest.raises(UsageError, match="2 steps, not after 0"):
        good.finish()
    with pytest.raises(UsageError, match="2 steps left, not 3"):
        good.encode(np.ones((2, 3, 3), np.int32))
    for wrong in (np.ones((2, 1, 2), np.int32), np.ones((1, 1, 3), np.int32)):
        with pytest.raises(UsageError, match="weights"):
            good.encode(wrong)
    good.encode(np.ones((2, 1, 3), np.int32))
    with pytest.raises(UsageError, match="weights must be 0 to 2\\*\\*30"):
        good.encode(np.full((2, 1, 3), -1, np.int32))
    with pytest.raises(UsageError, match="an earlier error stopped this block"):
        good.encode(np.ones((2, 1, 3), np.int32))
    decoder = TokenDecoder(table, b"", 5, 3, None)
    with pytest.raises(UsageError, match="when all its lanes are full"):
        decoder.finish()
    with pytest.raises(UsageError, match="weights"):
        decoder.decode(np.ones((1, 3), np.int32))
    with pytest.raises(UsageError, match="weights must be"):
        decoder.decode(np.full((2, 3), 2**30 + 1, np.int32))


def test_payloads_are_those_of_old() -> None:
    golden = make_golden.FOLDER / "tokens.json"
    assert make_golden.tokens() == json.loads(golden.read_text(encoding="utf-8"))

"""docs/format.md tells the truth: its examples and its figures, by two decoders and an encoder."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_decoder import (
    BytePredictor,
    Interval,
    InvalidContainerError,
    Predictor,
    Weights,
    cut_lanes,
    decode,
    decode_payload,
    frequencies,
)
from reference_encoder import (
    encode_container,
    encode_model_block,
    encode_payload,
    encode_raw_block,
)
from reference_tokens import TokenModel, share

from lmpack._container import (
    Block,
    BlockKind,
    ByteReader,
    ContainerWriter,
    Header,
    read_block,
    read_blocks,
    read_indexes,
)
from lmpack._native import BlockDecoder, TokenDecoder, TokenEncoder, TokenTable

SPECIFICATION = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
FINGERPRINT = bytes(range(8))
MODEL_LANES_LOG2 = 2


def read_examples() -> list[tuple[bytes, bytes]]:
    """Content and container of each example in the specification."""
    pattern = re.compile(r"^Content: `(.*?)`$.*?^```hex\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [
        (content.encode(), bytes.fromhex(re.sub("#.*", "", listing)))
        for content, listing in pattern.findall(SPECIFICATION)
    ]


def read_trace() -> list[tuple[int, ...]]:
    """The rows of the coder's trace: symbol, c, f, low, range, E."""
    pattern = r"^\| `(.)` \| (\d+) \| (\d+) \| ([0-9a-f]+) \| ([0-9a-f]+) \| (\d+) \|$"
    rows = re.findall(pattern, SPECIFICATION, re.MULTILINE)
    return [
        (ord(s), int(c), int(f), int(low, 16), int(r, 16), int(e)) for s, c, f, low, r, e in rows
    ]


def predict_next_value(lanes: Sequence[bytes]) -> list[Weights]:
    """The rule of the model example."""
    last = [lane[-1] if lane else 64 for lane in lanes]
    return [[1000 if s == (p + 1) % 256 else 1 for s in range(256)] for p in last]


def predict_next_token(lanes: Sequence[Sequence[int]]) -> list[Weights]:
    """The rule of the example with tokens."""
    last = [lane[-1] if lane else 5 for lane in lanes]
    return [[1000 if token == (t + 1) % 6 else 1 for token in range(6)] for t in last]


RAW_EXAMPLE, MODEL_EXAMPLE, TOKENS_EXAMPLE, PAIR_EXAMPLE = read_examples()
TOKENS = [b"a", b"ab", b"abc", b"b", b"c", b"ca"]
TOKEN_MODEL = TokenModel(TOKENS, predict_next_token)
EXAMPLES: list[tuple[bytes, bytes, Predictor]] = [
    (*RAW_EXAMPLE, predict_next_value),
    (*MODEL_EXAMPLE, predict_next_value),
    (*TOKENS_EXAMPLE, TOKEN_MODEL),
    (*PAIR_EXAMPLE, (predict_next_value, predict_next_value)),
]


@pytest.mark.parametrize(("content", "container", "predict"), EXAMPLES)
def test_reference_decoder_reads_the_examples(
    content: bytes, container: bytes, predict: Predictor
) -> None:
    assert decode(container, predict) == content


def test_examples_are_what_the_encoder_writes() -> None:
    content, container = RAW_EXAMPLE
    assert encode_container(FINGERPRINT, [encode_raw_block(content)]) == container
    content, container = MODEL_EXAMPLE
    block = encode_model_block(content, MODEL_LANES_LOG2, predict_next_value)
    assert encode_container(FINGERPRINT, [block]) == container


@pytest.mark.parametrize(("content", "container", "predict"), EXAMPLES)
def test_reference_decoder_refuses_every_truncation_and_bit_flip(
    content: bytes, container: bytes, predict: Predictor
) -> None:
    for size in range(len(container)):
        with pytest.raises(InvalidContainerError):
            decode(container[:size], predict)
    for bit in range(8 * len(container)):
        damaged = bytearray(container)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidContainerError):
            decode(bytes(damaged), predict)


def test_lmpack_reads_the_raw_example() -> None:
    content, container = RAW_EXAMPLE
    ((header, block),) = read_blocks(ByteReader(io.BytesIO(container)))
    assert header.fingerprints == (FINGERPRINT,)
    assert (block.kind, block.payload) == (BlockKind.RAW, content)


def test_lmpack_reads_the_example_of_two_models() -> None:
    content, container = PAIR_EXAMPLE
    ((header, block),) = read_blocks(ByteReader(io.BytesIO(container)))
    assert header.fingerprints == (FINGERPRINT, bytes(range(8, 16)))
    assert header.prefix == bytes(range(16, 24))
    assert block.payload == content


def test_lmpack_reads_the_model_example() -> None:
    content, container = MODEL_EXAMPLE
    file = io.BytesIO(container)
    (index,) = read_indexes(file)
    block = read_block(file, index.blocks[0])
    assert (block.kind, block.lanes_log2) == (BlockKind.MODEL, MODEL_LANES_LOG2)
    assert (block.lane_length, block.lanes) == (8, 4)
    plain = decode_payload(block.payload, block.plain_length, block.lanes_log2, predict_next_value)
    assert plain == content


def test_native_coder_reads_the_model_example() -> None:
    content, container = MODEL_EXAMPLE
    ((_, block),) = read_blocks(ByteReader(io.BytesIO(container)))
    decoder = BlockDecoder(block.payload, block.plain_length, block.lane_length, 256)
    lanes = [b""] * block.lanes
    for _ in range(block.lane_length):
        symbols = decoder.decode(np.array(predict_next_value(lanes), np.int32))
        lanes = [lane + bytes([symbol]) for lane, symbol in zip(lanes, symbols, strict=True)]
    decoder.finish()
    assert b"".join(lanes)[: len(content)] == content


def test_native_coders_read_and_write_the_example_with_tokens() -> None:
    content, container = TOKENS_EXAMPLE
    ((header, block),) = read_blocks(ByteReader(io.BytesIO(container)))
    assert (header.of_tokens, block.kind, block.lanes) == (True, BlockKind.TOKENS, 2)
    table = TokenTable(b"".join(TOKENS), bytes(map(len, TOKENS)))
    decoder = TokenDecoder(table, block.payload, len(content), block.lane_length, None)
    lanes: list[list[int]] = [[], []]
    steps = []
    while not decoder.done:
        steps.append(np.array(predict_next_token(lanes), np.int32))
        for lane, token in zip(lanes, decoder.decode(steps[-1]), strict=True):
            lane.append(int(token))
    assert decoder.finish() == content
    stated = [re.findall("`([abc]+)`", part) for part in read_tokens_of_lanes()]
    assert [
        [TOKENS[t].decode() for t in lane[: len(s)]] for lane, s in zip(lanes, stated, strict=True)
    ] == stated
    tokens = [lane[: len(names)] for lane, names in zip(lanes, stated, strict=True)]
    encoder = TokenEncoder(
        table,
        content,
        block.lane_length,
        None,
        np.concatenate(tokens).astype(np.int32),
        np.array([len(lane) for lane in tokens], np.int32),
    )
    encoder.encode(np.stack(steps, axis=1))
    assert encoder.finish() == block.payload


def read_tokens_of_lanes() -> list[str]:
    """What the specification says of the tokens of the two lanes of its example."""
    pattern = r"The tokens of the first one are ([^;]*); those of the second\none ([^.]*)\."
    (parts,) = re.findall(pattern, SPECIFICATION)
    return list(parts)


@pytest.mark.parametrize("a, b, p, name", [(3, 1002, 195, "seventh bit"), (1000, 2, 65405, "END")])
def test_figures_of_the_example_with_tokens(a: int, b: int, p: int, name: str) -> None:
    assert share(a, b) == p
    assert re.search(rf"^\| {name} \| {a} \| {b} \| {p} \| [01] \|$", SPECIFICATION, re.MULTILINE)


@pytest.mark.parametrize("container", [container for _, container, _ in EXAMPLES])
def test_lmpack_writes_the_examples(container: bytes) -> None:
    sink = io.BytesIO()
    ((header, _),) = read_blocks(ByteReader(io.BytesIO(container)))
    writer = ContainerWriter(sink, header)
    for _, block in read_blocks(ByteReader(io.BytesIO(container))):
        writer.write(block)
    writer.finish()
    assert sink.getvalue() == container


def test_trace_and_figures_of_the_model_example() -> None:
    content, _ = MODEL_EXAMPLE
    (weights,) = predict_next_value([b""])
    assert f"S = {sum(weights)} and R = {(2**24 - 256) * 2**31 // sum(weights)}." in SPECIFICATION
    assert "are\n{} and, for the expected symbol, {},".format(
        *sorted(set(frequencies(weights)))
    ) in (SPECIFICATION)
    coded = [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1)]
    interval = Interval()
    for (lane, step), row in zip(coded, read_trace(), strict=True):
        symbol = content[lane * 8 + step]
        (weights,) = predict_next_value([content[lane * 8 : lane * 8 + step]])
        frequency = frequencies(weights)
        cumulative = sum(frequency[:symbol])
        interval.narrow(cumulative, frequency[symbol])
        state = (interval.low, interval.range, interval.shifts)
        assert (symbol, cumulative, frequency[symbol], *state) == row


def test_overhead_of_a_short_file_is_the_one_stated() -> None:
    sink = io.BytesIO()
    writer = ContainerWriter(sink, Header((FINGERPRINT,)))
    block = Block(BlockKind.MODEL, 0, 1024, 0, bytes(300))
    writer.write(block)
    writer.finish()
    overhead = len(sink.getvalue()) - len(block.payload)
    assert f"| **{overhead}** | in all |" in SPECIFICATION
    assert overhead + 1 <= 40


def predictor_of(favourites: bytes, weight: int) -> BytePredictor:
    """A rule in which the favoured symbol goes round with the length of the lane."""

    def predict(lanes: Sequence[bytes]) -> list[Weights]:
        rows: list[Weights] = []
        for lane in lanes:
            row = [1] * 256
            row[favourites[len(lane) % len(favourites)]] = weight
            rows.append(row)
        return rows

    return predict


payloads = st.tuples(
    st.binary(min_size=1, max_size=40),
    st.integers(0, 10),
    st.builds(
        predictor_of, st.binary(min_size=1, max_size=8), st.sampled_from([0, 900, 2**24 - 1])
    ),
)


@given(payloads)
def test_reference_coder_round_trip(drawn: tuple[bytes, int, BytePredictor]) -> None:
    plain, lanes_log2, predict = drawn
    payload = encode_payload(plain, lanes_log2, predict)
    assert decode_payload(payload, len(plain), lanes_log2, predict) == plain


@given(payloads, st.binary(max_size=2), st.integers(0, 3))
def test_a_symbol_sequence_has_one_payload(
    drawn: tuple[bytes, int, BytePredictor], appended: bytes, removed: int
) -> None:
    plain, lanes_log2, predict = drawn
    payload = encode_payload(plain, lanes_log2, predict)
    other = payload[: len(payload) - removed] + appended
    try:
        decoded = decode_payload(other, len(plain), lanes_log2, predict)
    except InvalidContainerError:
        assert other != payload
    else:
        assert (decoded == plain) == (other == payload)


@given(st.integers(1, 5000), st.integers(0, 10))
def test_lanes_of_the_reference_are_those_of_a_block(length: int, lanes_log2: int) -> None:
    lanes_log2 = min(lanes_log2, length.bit_length() - 1)
    block = Block(BlockKind.MODEL, lanes_log2, length, 0, b"")
    lane_lengths = cut_lanes(length, lanes_log2)
    assert sum(lane_lengths) == length
    assert (block.lanes, block.lane_length) == (len(lane_lengths), lane_lengths[0])

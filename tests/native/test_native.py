"""The C++ coder as Python sees it: right bytes, right errors, any thread."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import coding
import numpy as np
import numpy.typing as npt
import pytest
import reference_coder
from coding import CodedBlock, seeded_block
from hypothesis import given
from hypothesis import strategies as st

from lmpack._native import BlockDecoder, BlockEncoder, build_info, odds_to_frequencies
from lmpack.errors import DamagedError


def coded_order(block: CodedBlock) -> tuple[list[list[int]], list[int]]:
    """Tables of frequencies and symbols of a block, in coding order."""
    cells = list(reference_coder.in_coding_order(block.length, block.lane_length))
    tables = [reference_coder.frequencies(block.weights[cell].tolist()) for cell in cells]
    return tables, [int(block.symbols[cell]) for cell in cells]


@given(coding.blocks())
def test_symbols_come_back(block: CodedBlock) -> None:
    np.testing.assert_array_equal(coding.decode(block, coding.encode(block)), block.symbols)


@given(coding.blocks(), st.integers(1, 8))
def test_pieces_make_no_difference(block: CodedBlock, piece: int) -> None:
    assert coding.encode(block, piece) == coding.encode(block)


@given(coding.blocks())
def test_same_bytes_as_the_reference(block: CodedBlock) -> None:
    tables, symbols = coded_order(block)
    payload = coding.encode(block)
    assert payload == reference_coder.encode(tables, symbols)
    assert reference_coder.decode(tables, payload) == symbols


@given(coding.blocks(), st.binary(max_size=12))
def test_same_judgement_of_any_payload_as_the_reference(block: CodedBlock, payload: bytes) -> None:
    tables, _ = coded_order(block)
    expected = reference_coder.decode(tables, payload)
    try:
        decoded = coding.decode(block, payload)
    except DamagedError:
        assert expected is None
        return
    cells = reference_coder.in_coding_order(block.length, block.lane_length)
    assert [int(decoded[cell]) for cell in cells] == expected


@given(coding.blocks())
def test_frequencies_equal_the_reference(block: CodedBlock) -> None:
    weights = block.weights.reshape(-1, block.vocabulary)
    expected = [reference_coder.frequencies(row) for row in weights.tolist()]
    frequencies = odds_to_frequencies(weights)
    assert frequencies.dtype == np.uint32
    assert frequencies.tolist() == expected


@pytest.mark.parametrize("vocabulary", [2, 256, 65536])
@pytest.mark.parametrize("weight", [1, 2**23, coding.LARGEST_WEIGHT])
def test_frequencies_of_extreme_weights(vocabulary: int, weight: int) -> None:
    weights = np.zeros((3, vocabulary), np.int32)
    weights[0, :] = weight
    weights[1, -1] = weight
    weights[2, :] = 1
    weights[2, 0] = weight
    frequencies = odds_to_frequencies(weights)
    assert frequencies.tolist() == [reference_coder.frequencies(row) for row in weights.tolist()]
    assert frequencies.sum(axis=1).tolist() == [2**24] * 3
    assert frequencies.min() >= 1


def size_bound(frequencies: npt.NDArray[np.integer]) -> float:
    """Most bytes that symbols of these frequencies may take.

    The part of a symbol is at least floor(b), b = range * frequency / 2**24. As range >= 2**24,
    b >= frequency, so rounding costs less than log2(1 + 1 / frequency) bits. The first range is
    2**32 - 1 instead of 2**32. With n bytes shifted out the interval is below 256**-n, so n is at
    most the bits / 8, and one byte at most ends the stream.
    """
    exact = np.log2(2**24 / frequencies).sum()
    rounding = np.log2(1 + 1 / frequencies).sum()
    return float(exact + rounding + math.log2(2**32 / (2**32 - 1))) / 8 + 1


@given(coding.blocks())
def test_size_stays_within_the_bound(block: CodedBlock) -> None:
    tables, symbols = coded_order(block)
    chosen = np.array([table[symbol] for table, symbol in zip(tables, symbols, strict=True)])
    assert len(coding.encode(block)) <= size_bound(chosen) + 1e-9


def test_loss_over_the_weights_is_below_a_part_in_5000() -> None:
    block = seeded_block(1, 8192, 512, 256)
    shares = block.weights / block.weights.sum(axis=-1, keepdims=True)
    chosen = np.take_along_axis(shares, block.symbols[..., None], axis=-1)
    entropy = -np.log2(chosen).sum() / 8
    assert entropy * 0.9998 < len(coding.encode(block)) < entropy * 1.0002


def test_no_bit_flip_gives_the_same_symbols() -> None:
    block = seeded_block(2, 40, 10, 8)
    payload = coding.encode(block)
    for bit in range(8 * len(payload)):
        damaged = bytearray(payload)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            symbols = coding.decode(block, bytes(damaged))
        except DamagedError:
            continue
        assert (symbols != block.symbols).any()


def test_truncated_payload_is_refused() -> None:
    block = seeded_block(3, 200, 20, 16)
    payload = coding.encode(block)
    for size in range(len(payload) - 1):
        with pytest.raises(DamagedError, match="ends before its symbols do"):
            coding.decode(block, payload[:size])


def test_longer_payload_is_refused() -> None:
    block = seeded_block(3, 200, 20, 16)
    with pytest.raises(DamagedError, match="but its symbols end after"):
        coding.decode(block, coding.encode(block) + b"\0")


def test_payload_may_be_any_contiguous_bytes() -> None:
    block = seeded_block(4, 50, 10, 8)
    payload = coding.encode(block)
    array: Any = np.frombuffer(payload, np.uint8)  # a Buffer to type checkers from Python 3.12
    for view in (bytearray(payload), memoryview(payload), array):
        np.testing.assert_array_equal(coding.decode(block, view), block.symbols)


def test_payload_outside_of_the_first_interval_is_refused() -> None:
    with pytest.raises(DamagedError, match="starts with bytes that no encoder writes"):
        BlockDecoder(b"\xff\xff\xff\xff", 1, 1, 2)


def test_threads_with_a_coder_each_give_the_same_bytes() -> None:
    blocks = [seeded_block(seed, 600, 50, 64) for seed in range(8)]
    expected = [coding.encode(block) for block in blocks]
    with ThreadPoolExecutor(4) as pool:
        payloads = list(pool.map(coding.encode, blocks))
        symbols = list(pool.map(coding.decode, blocks, payloads))
    assert payloads == expected
    for block, decoded in zip(blocks, symbols, strict=True):
        np.testing.assert_array_equal(decoded, block.symbols)


def test_threads_that_share_a_coder_take_turns() -> None:
    steps, lanes, vocabulary = 400, 4, 256
    random = seeded_block(5, lanes, 1, vocabulary)
    block = CodedBlock(
        steps * lanes, random.weights.repeat(steps, axis=1), random.symbols.repeat(steps, axis=1)
    )
    encoder = BlockEncoder(*block.arguments)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: encoder.encode(random.weights, random.symbols), range(steps)))
    payload = encoder.finish()
    assert payload == coding.encode(block)
    decoder = BlockDecoder(payload, *block.arguments)
    weights = np.ascontiguousarray(random.weights[:, 0])
    with ThreadPoolExecutor(4) as pool:
        decoded = list(pool.map(lambda _: decoder.decode(weights), range(steps)))
    decoder.finish()
    np.testing.assert_array_equal(np.stack(decoded, axis=1), block.symbols)


def test_build_info_names_compiler_and_flags() -> None:
    info = build_info()
    assert info.keys() == {"compiler", "compiler_version", "build_type", "flags", "processor"}
    assert all(info.values())
    assert "fast-math" not in info["flags"]


def test_intervals_code_like_the_tables_that_they_come_from() -> None:
    block = seeded_block(3, 90, 30, 16)
    pairs = []
    for weights, symbols in zip(block.weights, block.symbols, strict=True):
        tables = odds_to_frequencies(weights).astype(np.int64)
        sums = np.concatenate([np.zeros((len(tables), 1), np.int64), tables.cumsum(axis=1)], axis=1)
        places = np.arange(len(symbols)), symbols
        pairs.append(np.stack([sums[places], tables[places]], axis=-1))
    encoder = BlockEncoder(*block.arguments)
    encoder.encode_intervals(np.array(pairs, np.int32))
    assert encoder.finish() == coding.encode(block)

"""The C++ coder as Python sees it: right bytes, right errors, any thread."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import coding
import numpy as np
import numpy.typing as npt
import pytest
import reference_coder
from coding import CodedBlock, seeded_block
from hypothesis import given
from hypothesis import strategies as st

from lmpack._native import BlockDecoder, BlockEncoder, build_info, weights_to_frequencies
from lmpack.errors import DamagedError, UsageError


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
    frequencies = weights_to_frequencies(weights)
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
    frequencies = weights_to_frequencies(weights)
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
    for view in (bytearray(payload), memoryview(payload), np.frombuffer(payload, np.uint8)):
        np.testing.assert_array_equal(coding.decode(block, view), block.symbols)


@pytest.mark.parametrize(
    "payload", [memoryview(b"abcdef")[::2], np.zeros(4, np.int32), np.zeros((2, 2), np.uint8)]
)
def test_other_buffers_are_refused_as_payload(payload: memoryview) -> None:
    with pytest.raises(UsageError, match="payload must be contiguous bytes, not a buffer of"):
        BlockDecoder(payload, 1, 1, 2)


WEIGHTS = np.ones((2, 3, 4), np.int32)
SYMBOLS = np.zeros((2, 3), np.int32)


def unaligned(array: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """A copy at an address that is no multiple of the item's size."""
    memory = np.zeros(array.nbytes + 1, np.uint8)
    copy = memory[1:].view(np.int32).reshape(array.shape)
    copy[...] = array
    return copy


@pytest.mark.parametrize(
    ("weights", "symbols", "message"),
    [
        (WEIGHTS.astype(np.int64), SYMBOLS, "weights must be an int32 array, not int64"),
        (WEIGHTS.astype(np.float32), SYMBOLS, "weights must be an int32 array, not float32"),
        (WEIGHTS.astype(">i4"), SYMBOLS, "weights must be an int32 array, not >i4"),
        (WEIGHTS[0], SYMBOLS, r"weights must have the shape \[L=2, T=3, V=4\], not \[3, 4\]"),
        (WEIGHTS[:, :, :3], SYMBOLS, r"shape \[L=2, T=3, V=4\], not \[2, 3, 3\]"),
        (WEIGHTS[:, :2], SYMBOLS, r"shape \[L=2, T=3, V=4\], not \[2, 2, 4\]"),
        (WEIGHTS.copy(order="F"), SYMBOLS, "weights must be aligned and C-contiguous"),
        (unaligned(WEIGHTS), SYMBOLS, "weights must be aligned and C-contiguous"),
        (WEIGHTS, SYMBOLS.astype(np.uint8), "symbols must be an int32 array, not uint8"),
        (WEIGHTS, SYMBOLS[0], r"symbols must have the shape \[L=2, T\], not \[3\]"),
        (WEIGHTS, SYMBOLS[:1], r"symbols must have the shape \[L=2, T\], not \[1, 3\]"),
        (WEIGHTS, SYMBOLS.copy(order="F"), "symbols must be aligned and C-contiguous"),
        (WEIGHTS, SYMBOLS + 4, "a symbol must be 0 to 3, not 4"),
        (WEIGHTS, SYMBOLS - 1, "a symbol must be 0 to 3, not -1"),
        (WEIGHTS * 0, SYMBOLS, "at least one weight must be above 0, but all 4 are 0"),
        (WEIGHTS * -1, SYMBOLS, "a weight must be 0 to 16777215, not -1"),
        (WEIGHTS << 24, SYMBOLS, "a weight must be 0 to 16777215, not 16777216"),
    ],
)
def test_encoder_checks_arrays(
    weights: npt.NDArray[np.int32], symbols: npt.NDArray[np.int32], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        BlockEncoder(6, 3, 4).encode(weights, symbols)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (WEIGHTS[:, 0].astype(np.int64), "weights must be an int32 array, not int64"),
        (WEIGHTS, r"weights must have the shape \[L=2, V=4\], not \[2, 3, 4\]"),
        (WEIGHTS[0], r"weights must have the shape \[L=2, V=4\], not \[3, 4\]"),
        (WEIGHTS[:, 0], "weights must be aligned and C-contiguous"),
        (np.zeros((2, 4), np.int32), "at least one weight must be above 0"),
    ],
)
def test_decoder_checks_arrays(weights: npt.NDArray[np.int32], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        BlockDecoder(b"", 6, 3, 4).decode(weights)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (WEIGHTS, r"weights must have the shape \[N, V\], not \[2, 3, 4\]"),
        (WEIGHTS[0].astype(np.uint32), "weights must be an int32 array, not uint32"),
        (np.ones((0, 1), np.int32), "a vocabulary must have 2 to 65536 symbols, not 1"),
        (np.ones((1, 65537), np.int32), "a vocabulary must have 2 to 65536 symbols, not 65537"),
        (np.full((1, 2), -5, np.int32), "a weight must be 0 to 16777215, not -5"),
    ],
)
def test_frequencies_check_their_argument(weights: npt.NDArray[np.int32], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        weights_to_frequencies(weights)


def test_no_tables_give_no_frequencies() -> None:
    assert weights_to_frequencies(np.ones((0, 5), np.int32)).shape == (0, 5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1, 2), "a block must have 1 to 2147483647 symbols, not 0"),
        ((2**31, 1, 2), "a block must have 1 to 2147483647 symbols, not 2147483648"),
        ((5, 0, 2), "a lane of this block must have 1 to 5 symbols, not 0"),
        ((5, 6, 2), "a lane of this block must have 1 to 5 symbols, not 6"),
        ((5, 5, 1), "a vocabulary must have 2 to 65536 symbols, not 1"),
        ((5, 5, 65537), "a vocabulary must have 2 to 65536 symbols, not 65537"),
    ],
)
def test_block_arguments_are_checked(arguments: tuple[int, int, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        BlockEncoder(*arguments)
    with pytest.raises(UsageError, match=message):
        BlockDecoder(b"", *arguments)


def test_encoder_refuses_calls_out_of_turn() -> None:
    encoder = BlockEncoder(6, 3, 4)
    with pytest.raises(UsageError, match="can be finished after 3 steps, not after 0"):
        encoder.finish()
    encoder.encode(WEIGHTS, SYMBOLS)
    with pytest.raises(UsageError, match="the block has 0 steps left, not 3"):
        encoder.encode(WEIGHTS, SYMBOLS)
    encoder.finish()
    with pytest.raises(UsageError, match="the block is finished"):
        encoder.finish()
    with pytest.raises(UsageError, match="the block is finished"):
        encoder.encode(WEIGHTS, SYMBOLS)


def test_decoder_refuses_calls_out_of_turn() -> None:
    decoder = BlockDecoder(b"", 1, 1, 4)
    with pytest.raises(UsageError, match="can be finished after 1 steps, not after 0"):
        decoder.finish()
    decoder.decode(WEIGHTS[:1, 0])
    with pytest.raises(UsageError, match="all 1 steps of the block are decoded"):
        decoder.decode(WEIGHTS[:1, 0])
    decoder.finish()


def test_coders_stop_for_good_after_an_error() -> None:
    encoder = BlockEncoder(6, 3, 4)
    with pytest.raises(UsageError, match="a symbol must be"):
        encoder.encode(WEIGHTS, SYMBOLS + 4)
    with pytest.raises(UsageError, match="start it anew"):
        encoder.encode(WEIGHTS, SYMBOLS)
    decoder = BlockDecoder(b"\x80", 1, 1, 4)
    with pytest.raises(UsageError, match="at least one weight"):
        decoder.decode(WEIGHTS[:1, 0] * 0)
    with pytest.raises(UsageError, match="start it anew"):
        decoder.decode(WEIGHTS[:1, 0])


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

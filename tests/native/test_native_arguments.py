"""What the C++ coder refuses from Python: the message says what came and what is allowed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from lmpack._native import (
    BlockDecoder,
    BlockEncoder,
    MixedDecoder,
    MixedEncoder,
    odds_to_frequencies,
)
from lmpack.errors import UsageError

ODDS = np.ones((2, 3, 4), np.int32)
SYMBOLS = np.zeros((2, 3), np.int32)


@pytest.mark.parametrize(
    "payload", [memoryview(b"abcdef")[::2], np.zeros(4, np.int32), np.zeros((2, 2), np.uint8)]
)
def test_other_buffers_are_refused_as_payload(payload: memoryview) -> None:
    with pytest.raises(UsageError, match="payload must be contiguous bytes, not a buffer of"):
        BlockDecoder(payload, 1, 1, 2)


def unaligned(array: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """A copy at an address that is no multiple of the item's size."""
    memory = np.zeros(array.nbytes + 1, np.uint8)
    copy = memory[1:].view(np.int32).reshape(array.shape)
    copy[...] = array
    return copy


@pytest.mark.parametrize(
    ("odds", "symbols", "message"),
    [
        (ODDS.astype(np.int64), SYMBOLS, "odds must be an int32 array, not int64"),
        (ODDS.astype(np.float32), SYMBOLS, "odds must be an int32 array, not float32"),
        (ODDS.astype(">i4"), SYMBOLS, "odds must be an int32 array, not >i4"),
        (ODDS[0], SYMBOLS, r"odds must have the shape \[L=2, T=3, V=4\], not \[3, 4\]"),
        (ODDS[:, :, :3], SYMBOLS, r"shape \[L=2, T=3, V=4\], not \[2, 3, 3\]"),
        (ODDS[:, :2], SYMBOLS, r"shape \[L=2, T=3, V=4\], not \[2, 2, 4\]"),
        (ODDS.copy(order="F"), SYMBOLS, "odds must be aligned and C-contiguous"),
        (unaligned(ODDS), SYMBOLS, "odds must be aligned and C-contiguous"),
        (ODDS, SYMBOLS.astype(np.uint8), "symbols must be an int32 array, not uint8"),
        (ODDS, SYMBOLS[0], r"symbols must have the shape \[L=2, T\], not \[3\]"),
        (ODDS, SYMBOLS[:1], r"symbols must have the shape \[L=2, T\], not \[1, 3\]"),
        (ODDS, SYMBOLS.copy(order="F"), "symbols must be aligned and C-contiguous"),
        (ODDS, SYMBOLS + 4, "a symbol must be 0 to 3, not 4"),
        (ODDS, SYMBOLS - 1, "a symbol must be 0 to 3, not -1"),
        (ODDS * 0, SYMBOLS, "at least one of the odds must be above 0, but all 4 are 0"),
        (ODDS * -1, SYMBOLS, "odds must be 0 to 16777215, not -1"),
        (ODDS << 24, SYMBOLS, "odds must be 0 to 16777215, not 16777216"),
    ],
)
def test_encoder_checks_arrays(
    odds: npt.NDArray[np.int32], symbols: npt.NDArray[np.int32], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        BlockEncoder(6, 3, 4).encode(odds, symbols)


@pytest.mark.parametrize(
    ("odds", "message"),
    [
        (ODDS[:, 0].astype(np.int64), "odds must be an int32 array, not int64"),
        (ODDS, r"odds must have the shape \[L=2, V=4\], not \[2, 3, 4\]"),
        (ODDS[0], r"odds must have the shape \[L=2, V=4\], not \[3, 4\]"),
        (ODDS[:, 0], "odds must be aligned and C-contiguous"),
        (np.zeros((2, 4), np.int32), "at least one of the odds must be above 0"),
    ],
)
def test_decoder_checks_arrays(odds: npt.NDArray[np.int32], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        BlockDecoder(b"", 6, 3, 4).decode(odds)


@pytest.mark.parametrize(
    ("odds", "message"),
    [
        (ODDS, r"odds must have the shape \[N, V\], not \[2, 3, 4\]"),
        (ODDS[0].astype(np.uint32), "odds must be an int32 array, not uint32"),
        (np.ones((0, 1), np.int32), "a vocabulary must have 2 to 65536 symbols, not 1"),
        (np.ones((1, 65537), np.int32), "a vocabulary must have 2 to 65536 symbols, not 65537"),
        (np.full((1, 2), -5, np.int32), "odds must be 0 to 16777215, not -5"),
    ],
)
def test_frequencies_check_their_argument(odds: npt.NDArray[np.int32], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        odds_to_frequencies(odds)


def test_no_tables_give_no_frequencies() -> None:
    assert odds_to_frequencies(np.ones((0, 5), np.int32)).shape == (0, 5)


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
    encoder.encode(ODDS, SYMBOLS)
    with pytest.raises(UsageError, match="the block has 0 steps left, not 3"):
        encoder.encode(ODDS, SYMBOLS)
    encoder.finish()
    with pytest.raises(UsageError, match="the block is finished"):
        encoder.finish()
    with pytest.raises(UsageError, match="the block is finished"):
        encoder.encode(ODDS, SYMBOLS)


def test_decoder_refuses_calls_out_of_turn() -> None:
    decoder = BlockDecoder(b"", 1, 1, 4)
    with pytest.raises(UsageError, match="can be finished after 1 steps, not after 0"):
        decoder.finish()
    decoder.decode(ODDS[:1, 0])
    with pytest.raises(UsageError, match="the block has 0 steps left, not 1"):
        decoder.decode(ODDS[:1, 0])
    decoder.finish()


def test_coders_stop_for_good_after_an_error() -> None:
    encoder = BlockEncoder(6, 3, 4)
    with pytest.raises(UsageError, match="a symbol must be"):
        encoder.encode(ODDS, SYMBOLS + 4)
    with pytest.raises(UsageError, match="start again with a new coder"):
        encoder.encode(ODDS, SYMBOLS)
    decoder = BlockDecoder(b"\x80", 1, 1, 4)
    with pytest.raises(UsageError, match="at least one of the odds"):
        decoder.decode(ODDS[:1, 0] * 0)
    with pytest.raises(UsageError, match="start again with a new coder"):
        decoder.decode(ODDS[:1, 0])


@pytest.mark.parametrize(
    "interval", [(-1, 5), (0, 0), (2**24, 1), (1, 2**24), (2**31 - 1, 2**31 - 1)]
)
def test_intervals_outside_of_a_table_are_refused(interval: tuple[int, int]) -> None:
    intervals = np.full((1, 1, 2), interval, np.int32)
    with pytest.raises(UsageError, match="an interval must lie in 0 to 16777216"):
        BlockEncoder(1, 1, 4).encode_intervals(intervals)
    with pytest.raises(UsageError, match="intervals must"):
        BlockEncoder(1, 1, 4).encode_intervals(np.zeros((1, 1, 3), np.int32))


def test_odds_in_lists_are_refused_rather_than_read_after_their_end() -> None:
    mixing = (0, 1)
    encoder = MixedEncoder(b"abcd", 4, mixing, 1)
    with pytest.raises(TypeError, match="odds must be arrays"):
        encoder.encode([[[np.int32(1)] * 256] * 4])  # type: ignore[arg-type]
    decoder = MixedDecoder(bytes(8), 4, 4, mixing, 1)
    with pytest.raises(TypeError, match="odds must be arrays"):
        decoder.decode([[np.int32(1)] * 256])  # type: ignore[arg-type]

"""From odds to frequencies and places of symbols (docs/format.md, section 5.2), in integers."""

import triton
import triton.language as tl

from lmpack._executors.coding_constants import FREQUENCY_TOTAL, MOST_SYMBOLS, QUOTIENT_BITS

_TOTAL = tl.constexpr(FREQUENCY_TOTAL)
_QUOTIENT_BITS = tl.constexpr(QUOTIENT_BITS)
_MOST_SYMBOLS = tl.constexpr(MOST_SYMBOLS)
_COMPLEMENT = tl.constexpr(MOST_SYMBOLS - 1)


@triton.jit
def summary(odds, place, is_row, VOCABULARY: tl.constexpr, CHUNK: tl.constexpr):
    """Quotient R int64 [B], and the first symbol with the largest odds int32 [B].

    Args:
        odds: int32, rows of VOCABULARY.
        place: int64 [B]: where in `odds` a row begins.
        is_row: int1 [B].
        VOCABULARY: number of symbols.
        CHUNK: symbols at a time.
    """
    total = tl.zeros(place.shape, tl.int64)
    largest = tl.full(place.shape, -1, tl.int64)
    for start in range(0, VOCABULARY, CHUNK):
        symbol = start + tl.arange(0, CHUNK)
        w = row_of_odds(odds, place, is_row, symbol, VOCABULARY)
        total += tl.sum(w, axis=1)
        # Among equal odds the smallest number has the largest complement. No two keys are equal.
        key = w * _MOST_SYMBOLS + (symbol ^ _COMPLEMENT)[None, :]
        largest = tl.maximum(largest, tl.max(key, axis=1))
    room = tl.full(place.shape, (_TOTAL - VOCABULARY) << _QUOTIENT_BITS, tl.int64)
    # Rows that are only padding have no odds.
    quotient = room // tl.maximum(total, 1)
    return quotient, (largest % _MOST_SYMBOLS).to(tl.int32) ^ _COMPLEMENT


@triton.jit
def row_of_odds(odds, place, is_row, symbol, VOCABULARY: tl.constexpr):
    """Odds int64 [B, C] of symbols [C], 0 beyond the vocabulary."""
    known = is_row[:, None] & (symbol < VOCABULARY)[None, :]
    found = tl.load(odds + place[:, None] + symbol[None, :], mask=known, other=0)
    return found.to(tl.int64)


@triton.jit
def shares(w, quotient, symbol, VOCABULARY: tl.constexpr):
    """Frequencies int32 [B, C] of odds w [B, C], before the rest is given to the largest."""
    f = 1 + ((w * quotient[:, None]) >> _QUOTIENT_BITS).to(tl.int32)
    return tl.where((symbol < VOCABULARY)[None, :], f, 0)


@triton.jit
def intervals_kernel(
    odds, symbols, intervals, rows,
    VOCABULARY: tl.constexpr, ROWS: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    """Cumulative frequency and frequency of known symbols.

    Args:
        odds: int32 [rows, VOCABULARY].
        symbols: int32 [rows].
        intervals: int32 [rows, 2]; written.
        rows: number of them.
        VOCABULARY: number of symbols.
        ROWS: rows of a program.
        CHUNK: symbols at a time, a power of 2.
    """
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    is_row = row < rows
    wanted = tl.load(symbols + row, mask=is_row, other=0)
    place = row.to(tl.int64) * VOCABULARY
    quotient, likeliest = summary(odds, place, is_row, VOCABULARY, CHUNK)
    total = tl.zeros([ROWS], tl.int32)
    below = tl.zeros([ROWS], tl.int32)
    own = tl.zeros([ROWS], tl.int32)
    for start in range(0, VOCABULARY, CHUNK):
        symbol = start + tl.arange(0, CHUNK)
        w = row_of_odds(odds, place, is_row, symbol, VOCABULARY)
        f = shares(w, quotient, symbol, VOCABULARY)
        total += tl.sum(f, axis=1)
        below += tl.sum(tl.where(symbol[None, :] < wanted[:, None], f, 0), axis=1)
        own += tl.sum(tl.where(symbol[None, :] == wanted[:, None], f, 0), axis=1)
    rest = tl.full([ROWS], _TOTAL, tl.int32) - total
    below += tl.where(likeliest < wanted, rest, 0)
    own += tl.where(likeliest == wanted, rest, 0)
    tl.store(intervals + 2 * row, below, mask=is_row)
    tl.store(intervals + 2 * row + 1, own, mask=is_row)


@triton.jit
def ends_kernel(
    odds, ends, rows, VOCABULARY: tl.constexpr, ROWS: tl.constexpr, CHUNK: tl.constexpr
):
    """Cumulative frequencies, each with its own symbol's: where the next symbol begins.

    Args:
        odds: int32 [rows, VOCABULARY].
        ends: int32 [rows, VOCABULARY]; written. The last of a row is 2**24.
        rows: number of them.
        VOCABULARY: number of symbols.
        ROWS: rows of a program.
        CHUNK: symbols at a time, a power of 2.
    """
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    is_row = row < rows
    place = row.to(tl.int64) * VOCABULARY
    quotient, likeliest = summary(odds, place, is_row, VOCABULARY, CHUNK)
    total = tl.zeros([ROWS], tl.int32)
    for start in range(0, VOCABULARY, CHUNK):
        symbol = start + tl.arange(0, CHUNK)
        w = row_of_odds(odds, place, is_row, symbol, VOCABULARY)
        total += tl.sum(shares(w, quotient, symbol, VOCABULARY), axis=1)
    rest = tl.full([ROWS], _TOTAL, tl.int32) - total
    before = tl.zeros([ROWS], tl.int32)
    for start in range(0, VOCABULARY, CHUNK):
        symbol = start + tl.arange(0, CHUNK)
        w = row_of_odds(odds, place, is_row, symbol, VOCABULARY)
        f = shares(w, quotient, symbol, VOCABULARY)
        f += tl.where(symbol[None, :] == likeliest[:, None], rest[:, None], 0)
        end = before[:, None] + tl.cumsum(f, axis=1)
        known = is_row[:, None] & (symbol < VOCABULARY)[None, :]
        tl.store(ends + place[:, None] + symbol[None, :], end, mask=known)
        before += tl.sum(f, axis=1)

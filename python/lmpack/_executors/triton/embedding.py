"""The first kernel of a forward pass: embeddings, then what attention of layer 0 reads."""

import triton
import triton.language as tl

from lmpack._executors.triton.queries import store_queries
from lmpack._models import architecture as spec

_WORD = tl.constexpr(spec.WORD)
_WORD_REACH = tl.constexpr(spec.WORD_REACH)
_STEP = tl.constexpr(float(spec.EMBEDDING_STEP))
_MULTIPLIER = tl.constexpr(0x9E3779B1)
_CASE = tl.constexpr(ord("a") - ord("A"))


@triton.jit
def _mix(value, symbol):
    mixed = (value + symbol + 1) * _MULTIPLIER
    return mixed ^ (mixed >> 15)


@triton.jit
def _symbol(symbols, history, lane, t, position, is_row, length,
            START: tl.constexpr, HISTORY: tl.constexpr):  # fmt: skip
    """Symbols uint32 [B] of the rows at t, which may be below 0: fed before this pass.

    This pass writes its own symbols into `history`, at places that it reads nothing from.
    """
    fed = tl.load(symbols + lane * length + t, mask=is_row & (t >= 0), other=START)
    earlier = is_row & (t < 0) & (position >= 0)
    old = tl.load(history + lane * HISTORY + position % HISTORY, mask=earlier, other=START)
    return tl.where(t >= 0, fed, old).to(tl.uint32)


@triton.jit
def _context_hash(symbols, history, lane, t, position, is_row, length,
                  ORDER: tl.constexpr, START: tl.constexpr, HISTORY: tl.constexpr):  # fmt: skip
    """Hash uint32 [B] of the last ORDER symbols of each row, or of the word that it ends in."""
    value = tl.zeros(t.shape, tl.uint32)
    if ORDER == _WORD:
        inside = tl.zeros(t.shape, tl.int1)
        symbol = value
        for i in tl.static_range(_WORD_REACH):
            back = _WORD_REACH - 1 - i
            symbol = _symbol(symbols, history, lane, t - back, position - back, is_row, length,
                             START, HISTORY)  # fmt: skip
            capital = (symbol >= 65) & (symbol <= 90)
            letter = capital | ((symbol >= 97) & (symbol <= 122))
            letter = letter | ((symbol >= 128) & (symbol < 256))
            folded = tl.where(capital, symbol + _CASE, symbol)
            before = tl.where(inside, value, 0)
            value = tl.where(letter, _mix(before, folded), value)
            inside = letter
        value = tl.where(inside, value, _mix(value, symbol))
    else:
        for i in tl.static_range(ORDER):
            back = ORDER - 1 - i
            symbol = _symbol(symbols, history, lane, t - back, position - back, is_row, length,
                             START, HISTORY)  # fmt: skip
            value = _mix(value, symbol)
    return value


@triton.jit
def embedding_kernel(
    symbols, positions, history, embedding, tables, x, queries, keys, values, weight, multiplier,
    rows, length, capacity,
    TABLES: tl.constexpr, START: tl.constexpr, HISTORY: tl.constexpr,
    WIDTH: tl.constexpr, QUERIES: tl.constexpr, HEAD: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """From symbols to the residual stream, and to queries, keys and values of layer 0.

    Args:
        symbols: int32 [L, length].
        positions: int64 [L]: symbols fed to each lane before.
        history: int32 [L, HISTORY]: the symbol of position p is at p mod HISTORY.
        embedding: int8 [V + 1, WIDTH].
        tables: int8: all context tables, one behind the other.
        x: int16 [L * length, WIDTH], residual stream; written.
        queries: and what follows, see :func:`~lmpack._executors.triton.queries.store_queries`.
        keys: see there.
        values: see there.
        weight: see there.
        multiplier: see there.
        rows: L * length.
        length: symbols fed to each lane.
        capacity: places of the rings of layer 0.
        TABLES: for each table order, rows, first channel, width, and offset in `tables`.
        START: the symbol before the first one.
        HISTORY: at least length, and the longest reach of a table less 1 more.
        WIDTH: of the residual stream.
        QUERIES: heads times width of a head.
        HEAD: width of a head.
        ROWS: rows of a program.
        COLUMNS: WIDTH, rounded up to a power of 2.
    """
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    is_row = row < rows
    lane = (row // length).to(tl.int64)
    t = row % length
    position = tl.load(positions + lane, mask=is_row, other=0) + t
    newest = _symbol(symbols, history, lane, t, position, is_row, length, START, HISTORY)
    column = tl.arange(0, COLUMNS)
    cell = is_row[:, None] & (column < WIDTH)[None, :]
    place = newest.to(tl.int64)[:, None] * WIDTH + column[None, :]
    total = tl.load(embedding + place, mask=cell, other=0).to(tl.float32)
    for i in tl.static_range(len(TABLES)):
        channel = column - TABLES[i][2]
        value = _context_hash(symbols, history, lane, t, position, is_row, length,
                              TABLES[i][0], START, HISTORY)  # fmt: skip
        entry = TABLES[i][4] + (value % TABLES[i][1]).to(tl.int64) * TABLES[i][3]
        inside = is_row[:, None] & ((channel >= 0) & (channel < TABLES[i][3]))[None, :]
        found = tl.load(tables + entry[:, None] + channel[None, :], mask=inside, other=0)
        total += found.to(tl.float32)
    stream = total * _STEP
    tl.store(history + lane * HISTORY + position % HISTORY, newest.to(tl.int32), mask=is_row)
    x_place = row.to(tl.int64)[:, None] * WIDTH + column[None, :]
    tl.store(x + x_place, stream.to(tl.int16), mask=cell)
    store_queries(stream, row, is_row, positions, queries, keys, values, weight, multiplier,
                  length, capacity, WIDTH, QUERIES, HEAD)  # fmt: skip

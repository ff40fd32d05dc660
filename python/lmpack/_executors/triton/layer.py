"""What follows attention in a layer, and then what attention of the next layer reads."""

import triton
import triton.language as tl

from lmpack._executors.triton.arithmetic import (
    added,
    normalized,
    rounded,
    rounded_weight,
    scaled_products,
)
from lmpack._executors.triton.queries import store_queries
from lmpack._models import architecture as spec

_SQUARE_LIMIT = tl.constexpr(spec.SQUARE_LIMIT)
_HIDDEN_LIMIT = tl.constexpr(float(spec.HIDDEN_LIMIT))
_HALF = tl.constexpr((spec.HIDDEN_LIMIT + 1) // 2)
_OUTPUT_BASE = tl.constexpr(spec.OUTPUT_BASE)
_OUTPUT_FLOOR = tl.constexpr(spec.OUTPUT_FLOOR)
_OUTPUT_SQUARINGS = tl.constexpr(spec.OUTPUT_SQUARINGS)


@triton.jit
def _attention_added(stream, row, is_row, column, means, weight, multiplier,
                     WIDTH: tl.constexpr, QUERIES: tl.constexpr):  # fmt: skip
    """The residual stream with the projected means of attention."""
    CHUNK: tl.constexpr = 64 if QUERIES % 64 == 0 else 32
    sums = tl.zeros(stream.shape, tl.int32)
    for start in range(0, QUERIES, CHUNK):
        k = start + tl.arange(0, CHUNK)
        place = row.to(tl.int64)[:, None] * QUERIES + k[None, :]
        m = tl.load(means + place, mask=is_row[:, None], other=0)
        w = tl.load(weight + column[None, :] * QUERIES + k[:, None],
                    mask=column[None, :] < WIDTH, other=0)  # fmt: skip
        sums = tl.dot(m, w, acc=sums, out_dtype=tl.int32)
    return added(stream, sums, multiplier, column, WIDTH)


@triton.jit
def _feed_forward_added(stream, column, up, up_multiplier, down, down_sums, down_multiplier,
                        WIDTH: tl.constexpr, HIDDEN: tl.constexpr, SQUARED: tl.constexpr,
                        CHUNK: tl.constexpr):  # fmt: skip
    """The residual stream with what the feed-forward layer makes of it, CHUNK units at a time."""
    n = normalized(stream, WIDTH)
    sums = tl.zeros(stream.shape, tl.int32)
    for start in range(0, HIDDEN, CHUNK):
        unit = start + tl.arange(0, CHUNK)
        y = scaled_products(n, up, up_multiplier, unit, WIDTH)
        if SQUARED:
            y = tl.minimum(tl.maximum(y, 0.0), _SQUARE_LIMIT)
            y = y * y
        f = rounded(tl.minimum(tl.maximum(y, 0.0), _HIDDEN_LIMIT)).to(tl.int32)
        w = tl.load(down + column[None, :] * HIDDEN + unit[:, None],
                    mask=column[None, :] < WIDTH, other=0)  # fmt: skip
        # 0 to 255 fit int8 less 128, which 128 times the sum of the weights makes up.
        sums = tl.dot((f - _HALF).to(tl.int8), w, acc=sums, out_dtype=tl.int32)
    less = tl.load(down_sums + column, mask=column < WIDTH, other=0)
    return added(stream, sums + less[None, :] * _HALF, down_multiplier, column, WIDTH)


@triton.jit
def layer_kernel(
    x, means, out, out_multiplier, up, up_multiplier, down, down_sums, down_multiplier,
    positions, queries, keys, values, weight, multiplier,
    rows, length, capacity,
    WIDTH: tl.constexpr, QUERIES: tl.constexpr, HEAD: tl.constexpr, HIDDEN: tl.constexpr,
    SQUARED: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    """The rest of a layer, and queries, keys and values of the next one.

    Args:
        x: int16 [L * length, WIDTH], residual stream; advanced.
        means: int8 [L * length, QUERIES], of attention.
        out: int8 [WIDTH, QUERIES]; matrices have the inputs of an output side by side.
        out_multiplier: float32 [WIDTH].
        up: int8 [HIDDEN, WIDTH].
        up_multiplier: float32 [HIDDEN].
        down: int8 [WIDTH, HIDDEN].
        down_sums: int32 [WIDTH]: sum of the weights of each output.
        down_multiplier: float32 [WIDTH].
        positions: and what follows, see :func:`~lmpack._executors.triton.queries.store_queries`.
        queries: see there.
        keys: of the next layer.
        values: of the next layer.
        weight: of the next layer.
        multiplier: of the next layer.
        rows: L * length.
        length: symbols fed to each lane.
        capacity: places of the rings of the next layer.
        WIDTH: of the residual stream.
        QUERIES: heads times width of a head.
        HEAD: width of a head.
        HIDDEN: of the feed-forward layer.
        SQUARED: whether its activation is the squared ReLU.
        ROWS: rows of a program.
        COLUMNS: WIDTH, rounded up to a power of 2.
        CHUNK: hidden units at a time, a divisor of HIDDEN.
    """
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    is_row = row < rows
    column = tl.arange(0, COLUMNS)
    cell = is_row[:, None] & (column < WIDTH)[None, :]
    place = row.to(tl.int64)[:, None] * WIDTH + column[None, :]
    stream = tl.load(x + place, mask=cell, other=0).to(tl.float32)
    stream = _attention_added(stream, row, is_row, column, means, out, out_multiplier,
                              WIDTH, QUERIES)  # fmt: skip
    stream = _feed_forward_added(stream, column, up, up_multiplier, down, down_sums,
                                 down_multiplier, WIDTH, HIDDEN, SQUARED, CHUNK)  # fmt: skip
    tl.store(x + place, stream.to(tl.int16), mask=cell)
    store_queries(stream, row, is_row, positions, queries, keys, values, weight, multiplier,
                  length, capacity, WIDTH, QUERIES, HEAD)  # fmt: skip


@triton.jit
def last_layer_kernel(
    x, means, out, out_multiplier, up, up_multiplier, down, down_sums, down_multiplier,
    head, head_multiplier, odds, positions,
    rows, length,
    WIDTH: tl.constexpr, QUERIES: tl.constexpr, HIDDEN: tl.constexpr, VOCABULARY: tl.constexpr,
    SQUARED: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    """The rest of the last layer, and the odds of the next symbols; positions are advanced.

    The outputs are computed twice: for the largest one, then for the odds, which depend on it.

    Args:
        x: and what follows, see :func:`layer_kernel`; not changed.
        means: see there.
        out: see there.
        out_multiplier: see there.
        up: see there.
        up_multiplier: see there.
        down: see there.
        down_sums: see there.
        down_multiplier: see there.
        head: int8 [VOCABULARY, WIDTH].
        head_multiplier: float32 [VOCABULARY].
        odds: int32 [L * length, VOCABULARY]; written.
        positions: int64 [L]; no other program reads them.
        rows: L * length.
        length: symbols fed to each lane.
        WIDTH: of the residual stream.
        QUERIES: heads times width of a head.
        HIDDEN: of the feed-forward layer.
        VOCABULARY: number of symbols.
        SQUARED: whether the activation is the squared ReLU.
        ROWS: rows of a program.
        COLUMNS: WIDTH, rounded up to a power of 2.
        CHUNK: hidden units at a time, a divisor of HIDDEN.
    """
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    is_row = row < rows
    column = tl.arange(0, COLUMNS)
    cell = is_row[:, None] & (column < WIDTH)[None, :]
    place = row.to(tl.int64)[:, None] * WIDTH + column[None, :]
    stream = tl.load(x + place, mask=cell, other=0).to(tl.float32)
    stream = _attention_added(stream, row, is_row, column, means, out, out_multiplier,
                              WIDTH, QUERIES)  # fmt: skip
    stream = _feed_forward_added(stream, column, up, up_multiplier, down, down_sums,
                                 down_multiplier, WIDTH, HIDDEN, SQUARED, CHUNK)  # fmt: skip
    n = normalized(stream, WIDTH)

    SYMBOLS: tl.constexpr = 64 if VOCABULARY % 64 == 0 else 32
    largest = tl.full([ROWS], float("-inf"), tl.float32)
    for start in range(0, VOCABULARY, SYMBOLS):
        scores = scaled_products(n, head, head_multiplier, start + tl.arange(0, SYMBOLS), WIDTH)
        largest = tl.maximum(largest, tl.max(scores, axis=1))
    shift = largest - _OUTPUT_BASE
    for start in range(0, VOCABULARY, SYMBOLS):
        symbol = start + tl.arange(0, SYMBOLS)
        scores = scaled_products(n, head, head_multiplier, symbol, WIDTH)
        b = tl.maximum(scores - shift[:, None], _OUTPUT_FLOOR)
        for _ in tl.static_range(_OUTPUT_SQUARINGS):
            b = b * b
        target = odds + row.to(tl.int64)[:, None] * VOCABULARY + symbol[None, :]
        tl.store(target, rounded_weight(b).to(tl.int32), mask=is_row[:, None])

    lane = row // length
    is_last = is_row & (row % length == length - 1)
    position = tl.load(positions + lane, mask=is_last, other=0)
    tl.store(positions + lane, position + length, mask=is_last)

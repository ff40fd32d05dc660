"""Attention of one layer, from rings of int8."""

import triton
import triton.language as tl

from lmpack._executors.triton.arithmetic import clipped, rounded
from lmpack._models import architecture as spec

_BASE = tl.constexpr(spec.ATTENTION_BASE)
_FLOOR = tl.constexpr(spec.ATTENTION_FLOOR)
_SQUARINGS = tl.constexpr(spec.ATTENTION_SQUARINGS)
_GAIN = tl.constexpr(float(spec.ATTENTION_GAIN))
_LIMIT = tl.constexpr(float(spec.ACTIVATION_LIMIT))
_MASKED = tl.constexpr(spec.MASKED)
_HALF = tl.constexpr((spec.ATTENTION_TOP + 1) // 2)


@triton.jit
def _scores(q, keys, bias, scale, head, behind, age, slot, seen,
            WINDOW: tl.constexpr, HEAD: tl.constexpr):  # fmt: skip
    """Scores float32 [M, K] of queries q int8 [M, C] with keys of K ages."""
    c = tl.arange(0, q.shape[1])
    inside = (age < seen)[None, :] & (c < HEAD)[:, None]
    k = tl.load(keys + slot[None, :] * HEAD + c[:, None], mask=inside, other=0)
    sums = tl.dot(q, k, out_dtype=tl.int32)
    distance = age[None, :] - behind[:, None]
    visible = (distance >= 0) & (distance < WINDOW) & (age < seen)[None, :]
    # Of heads that are only padding the table has nothing.
    known = visible & (head >= 0)[:, None]
    b = tl.load(bias + head[:, None] * (WINDOW + 1) + distance, mask=known, other=0.0)
    return tl.where(visible, sums.to(tl.float32) * scale + b, _MASKED)


@triton.jit
def attention_kernel(
    queries, keys, values, bias, score_scale, positions, means,
    length, capacity,
    HEADS: tl.constexpr, HEAD: tl.constexpr, WINDOW: tl.constexpr,
    BLOCK: tl.constexpr, PADDED_HEADS: tl.constexpr, COLUMNS: tl.constexpr, KEYS: tl.constexpr,
):  # fmt: skip
    """Weighted means of values for BLOCK positions of a lane, by the program (lane, block).

    The keys are walked through twice, newest first: for the largest score, then for the weights,
    which depend on it. The second time they come from a cache.

    Args:
        queries: int8 [L * length, HEADS * HEAD].
        keys: int8 [L, capacity, HEAD]: the key of position p is at p mod capacity.
        values: int8 [L, capacity, HEAD].
        bias: float32 [HEADS, WINDOW + 1].
        score_scale: float32 [1].
        positions: int64 [L]: symbols fed to each lane before this pass.
        means: int8 [L * length, HEADS * HEAD]; written.
        length: symbols fed to each lane, whose keys and values are in the rings.
        capacity: places of the rings: at least WINDOW + length - 1.
        HEADS: number of heads.
        HEAD: width of a head.
        WINDOW: positions that a query sees.
        BLOCK: positions of a program.
        PADDED_HEADS: power of 2, at least HEADS; times BLOCK at least 16.
        COLUMNS: HEAD, rounded up to a power of 2.
        KEYS: how many are looked at together.
    """
    lane = tl.program_id(0).to(tl.int64)
    first = tl.program_id(1) * BLOCK
    newest = tl.minimum(first + BLOCK, length) - 1
    m = tl.arange(0, BLOCK * PADDED_HEADS)
    t = first + m // PADDED_HEADS
    number = m % PADDED_HEADS
    is_query = (t < length) & (number < HEADS)
    head = tl.where(is_query, number, -1)
    behind = newest - t
    c = tl.arange(0, COLUMNS)
    cell = is_query[:, None] & (c < HEAD)[None, :]
    place = (lane * length + t)[:, None] * (HEADS * HEAD) + number[:, None] * HEAD + c[None, :]
    q = tl.load(queries + place, mask=cell, other=0)
    scale = tl.load(score_scale)

    position = tl.load(positions + lane) + newest
    newest_slot = (position % capacity).to(tl.int32)
    seen = tl.minimum(position + 1, WINDOW + newest - first).to(tl.int32)
    lane_keys = keys + lane * capacity * HEAD
    lane_values = values + lane * capacity * HEAD

    largest = tl.full([BLOCK * PADDED_HEADS], _MASKED, tl.float32)
    for start in range(0, seen, KEYS):
        age = start + tl.arange(0, KEYS)
        slot = newest_slot - age
        slot = tl.where(slot < 0, slot + capacity, slot)
        s = _scores(q, lane_keys, bias, scale, head, behind, age, slot, seen, WINDOW, HEAD)
        largest = tl.maximum(largest, tl.max(s, axis=1))

    shift = largest - _BASE
    total = tl.zeros([BLOCK * PADDED_HEADS], tl.int32)
    sums = tl.zeros([BLOCK * PADDED_HEADS, COLUMNS], tl.int32)
    all_values = tl.zeros([COLUMNS], tl.int32)
    for start in range(0, seen, KEYS):
        age = start + tl.arange(0, KEYS)
        slot = newest_slot - age
        slot = tl.where(slot < 0, slot + capacity, slot)
        s = _scores(q, lane_keys, bias, scale, head, behind, age, slot, seen, WINDOW, HEAD)
        b = tl.maximum(s - shift[:, None], _FLOOR)
        for _ in tl.static_range(_SQUARINGS):
            b = b * b
        w = rounded(b).to(tl.int32)
        total += tl.sum(w, axis=1)
        inside = (age < seen)[:, None] & (c < HEAD)[None, :]
        v = tl.load(lane_values + slot[:, None] * HEAD + c[None, :], mask=inside, other=0)
        # Weights of 0 to 255 fit int8 less 128, which 128 times the sum of the values makes up.
        sums = tl.dot((w - _HALF).to(tl.int8), v, acc=sums, out_dtype=tl.int32)
        all_values += tl.sum(v.to(tl.int32), axis=0)

    sums += all_values[None, :] * _HALF
    mean = tl.div_rn(sums.to(tl.float32), total.to(tl.float32)[:, None])
    tl.store(means + place, rounded(clipped(mean * _GAIN, _LIMIT)).to(tl.int8), mask=cell)

"""What mixing asks of a model while it encodes (docs/mixing.md, section 5), in integers."""

import triton
import triton.language as tl

_BYTES, _BITS = tl.constexpr(256), tl.constexpr(8)
_PROBABILITY_BITS, _HALF, _CERTAIN = tl.constexpr(16), tl.constexpr(1 << 15), tl.constexpr(0xFFFF)


@triton.jit
def paths_kernel(odds, symbols, paths, rows, VOCABULARY: tl.constexpr, ROWS: tl.constexpr):
    """The probability of each bit of known bytes, each that it is 1, given the bits before it.

    Args:
        odds: int32 [rows, VOCABULARY], those of the bytes first.
        symbols: int32 [rows]: bytes.
        paths: int16 [rows, 8]; written: the 16 bits of 1 to 65535, in units of 2**-16.
        rows: number of them.
        VOCABULARY: number of symbols, at least 256.
        ROWS: rows of a program.
    """
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    is_row = row < rows
    wanted = tl.load(symbols + row, mask=is_row, other=0)
    symbol = tl.arange(0, _BYTES)
    place = row.to(tl.int64) * VOCABULARY
    w = tl.load(odds + place[:, None] + symbol[None, :], mask=is_row[:, None], other=0)
    w = w.to(tl.int64)
    for bit in tl.static_range(_BITS):
        shift = _BITS - 1 - bit
        # The known bits, and behind them a 1 or a 0.
        one = ((wanted >> shift) | 1)[:, None]
        ending = (symbol >> shift)[None, :]
        ones = tl.sum(tl.where(ending == one, w, 0), axis=1)
        total = ones + tl.sum(tl.where(ending == one - 1, w, 0), axis=1)
        p = (ones << _PROBABILITY_BITS) // tl.maximum(total, 1)
        p = tl.where(total == 0, _HALF, tl.minimum(tl.maximum(p, 1), _CERTAIN))
        tl.store(paths + row.to(tl.int64) * _BITS + bit, p.to(tl.int16), mask=is_row)

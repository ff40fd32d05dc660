"""The coder alone, frequencies included, and constriction's range coder on the same tables.

    scripts/bench coder

Needs `pip install constriction`. The tables are what the built-in model predicts for real text.
Each coder starts from the model's int32 weights: ours makes frequencies of 24 bits from them,
constriction quantises them as float32 probabilities (24 bits, fast mode). One thread, best of some
runs; every symbol is decoded and compared.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import constriction
import numpy as np
import numpy.typing as npt

from benchmarks.data import WIKIPEDIA, start_of
from benchmarks.record import environment, timed, write_result
from lmpack._blocks.levels import DEFAULT_MODEL
from lmpack._executors import open_executor
from lmpack._models.bundle import load_byte_model
from lmpack._native import BlockDecoder, BlockEncoder

SYMBOLS = 1 << 17
LANES = 64
RUNS = 5

Weights = npt.NDArray[np.int32]
Symbols = npt.NDArray[np.int32]


def predicted(data: bytes) -> tuple[Weights, Symbols]:
    """Weights [L, T, V] and symbols [L, T]."""
    executor = open_executor(load_byte_model(DEFAULT_MODEL), "cpu", 1)
    symbols = np.frombuffer(data, np.uint8).reshape(LANES, -1).astype(np.int32)
    before = np.full((LANES, 1), executor.architecture.start_symbol, np.int32)
    fed = np.concatenate([before, symbols[:, :-1]], axis=1)
    return executor.prefill(executor.start(LANES), fed), symbols


def code_with_lmpack(weights: Weights, symbols: Symbols) -> dict[str, float]:
    """Seconds of both directions and bytes."""
    lanes, steps, vocabulary = weights.shape

    def encode() -> bytes:
        coder = BlockEncoder(lanes * steps, steps, vocabulary)
        coder.encode(weights, symbols)
        return coder.finish()

    payload, encoding = timed(encode)
    columns = [np.ascontiguousarray(weights[:, step]) for step in range(steps)]

    def decode() -> list[Symbols]:
        coder = BlockDecoder(payload, lanes * steps, steps, vocabulary)
        return [coder.decode(column) for column in columns]

    decoded, decoding = timed(decode)
    if not np.array_equal(np.stack(decoded, axis=1), symbols):
        raise RuntimeError("the round trip failed")
    return {"encode": encoding["wall"], "decode": decoding["wall"], "bytes": len(payload)}


def code_with_constriction(weights: Weights, symbols: Symbols) -> dict[str, float]:
    """Seconds of both directions and bytes."""
    family = constriction.stream.model.Categorical(perfect=False)
    rows = weights.transpose(1, 0, 2).reshape(-1, weights.shape[2])
    flat = np.ascontiguousarray(symbols.T).reshape(-1)

    def probabilities() -> npt.NDArray[np.float32]:
        floats: npt.NDArray[np.float32] = rows.astype(np.float32)
        return floats

    def encode() -> Any:
        coder = constriction.stream.queue.RangeEncoder()
        coder.encode(flat, family, probabilities())
        return coder.get_compressed()

    def decode(words: Any) -> Symbols:
        coder = constriction.stream.queue.RangeDecoder(words)
        decoded: Symbols = coder.decode(family, probabilities())
        return decoded

    words, encoding = timed(encode)
    decoded, decoding = timed(decode, words)
    if not np.array_equal(decoded, flat):
        raise RuntimeError("the round trip failed")
    return {"encode": encoding["wall"], "decode": decoding["wall"], "bytes": 4 * len(words)}


def best_of(code: Callable[[Weights, Symbols], dict[str, float]], *data: Any) -> dict[str, float]:
    """Millions of symbols per second of the best runs, and bytes."""
    runs = [code(*data) for _ in range(RUNS)]
    count = data[1].size / 1e6
    return {
        "encode_msymbols_per_s": count / min(run["encode"] for run in runs),
        "decode_msymbols_per_s": count / min(run["decode"] for run in runs),
        "bytes": runs[0]["bytes"],
    }


def main() -> int:
    tables = predicted(start_of(WIKIPEDIA, SYMBOLS))
    result = {
        "environment": environment(),
        "symbols": SYMBOLS,
        "coders": {
            "lmpack": best_of(code_with_lmpack, *tables),
            "constriction": best_of(code_with_constriction, *tables),
        },
    }
    write_result("coder", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How fast the CPU makes payloads of the intervals that a GPU has looked up.

    python -m benchmarks.gpu.intervals [--result FILE]

One core, the C++ coder alone: blocks of 16 lanes, in pieces of 256 positions as the encoder gets
them. The intervals are those of bytes by their frequencies in a text, as the time depends on no
model. The best of some runs, in seconds of CPU time, and each payload is the same.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

from benchmarks.gpu.results import environment, stage_parser, write_json
from benchmarks.record import timed
from benchmarks.state import program_state
from lmpack._blocks.speed import manual_text
from lmpack._executors.stepping import ENCODER_PIECE, lane_symbols
from lmpack._native import BlockEncoder, odds_to_frequencies

LANES, STEPS = 16, 4096
BLOCKS, RUNS = 32, 9
"""Blocks in a run, one after another."""


def intervals_of(plain: bytes) -> npt.NDArray[np.int32]:
    """Cumulative frequency and frequency, int32 [L, T, 2], of each byte."""
    counts = np.bincount(np.frombuffer(plain, np.uint8), minlength=256).astype(np.int32)
    table = odds_to_frequencies(counts[None])[0].astype(np.int64)
    symbols = lane_symbols(plain, STEPS)
    below = np.cumsum(table) - table
    return np.stack([below[symbols], table[symbols]], axis=-1).astype(np.int32)


def payloads(pieces: list[npt.NDArray[np.int32]]) -> set[bytes]:
    """Those of blocks of the same content."""
    return {_payload(pieces) for _ in range(BLOCKS)}


def _payload(pieces: list[npt.NDArray[np.int32]]) -> bytes:
    coder = BlockEncoder(LANES * STEPS, STEPS, 256)
    for piece in pieces:
        coder.encode_intervals(piece)
    return bytes(coder.finish())


def main(arguments: list[str]) -> int:
    options = stage_parser(__doc__, "gpu_intervals").parse_args(arguments)
    found = intervals_of(manual_text(LANES * STEPS))
    pieces = [
        np.ascontiguousarray(found[:, first : first + ENCODER_PIECE])
        for first in range(0, STEPS, ENCODER_PIECE)
    ]
    runs = [timed(payloads, pieces) for _ in range(RUNS)]
    (payload,) = set.union(*(found for found, _ in runs))
    seconds = min(times["cpu"] for _, times in runs)
    write_json(
        options.result,
        {
            "environment": {**environment(), "state": program_state()},
            "bytes": BLOCKS * LANES * STEPS,
            "payload": len(payload),
            "cpu_seconds": seconds,
            "mb_per_s": BLOCKS * LANES * STEPS / 1e6 / seconds,
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

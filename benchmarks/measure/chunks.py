"""What small chunks of an array cost: their size and CPU time, by the size of a chunk.

    scripts/bench chunks

The array is a random walk of 32-bit integers, which anybody can make again. The caches and models
are warm, as they are for all but the first chunk of an array.
"""

from __future__ import annotations

import itertools
import random
import struct
import sys
import time
import zlib
from typing import Any

import lmpack
from benchmarks.record import environment, write_result

LEVELS = (1, 2, 6)
SIZES = (1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18)
STEPS = (-3, -2, -1, 0, 0, 1, 2, 3)


def walk() -> bytes:
    """As many bytes as the largest chunk has."""
    draw = random.Random(1).choice
    values = itertools.accumulate(draw(STEPS) for _ in range(max(SIZES) // 4))
    return struct.pack(f"<{max(SIZES) // 4}i", *values)


def measure(array: bytes, size: int, level: int) -> dict[str, Any]:
    """Bytes of all chunks of a size, and the CPU seconds that they took in both directions."""
    chunks = [array[start : start + size] for start in range(0, len(array), size)]
    started = time.process_time()
    packed = [lmpack.compress(chunk, level=level, threads=1) for chunk in chunks]
    between = time.process_time()
    if [lmpack.decompress(one, threads=1) for one in packed] != chunks:
        raise RuntimeError("the round trip failed")
    taken = (round(between - started, 3), round(time.process_time() - between, 3))
    return {"size": size, "level": level, "bytes": sum(map(len, packed)), "cpu": taken}


def main() -> int:
    array = walk()
    for level in LEVELS:
        measure(array[:1024], 1024, level)  # loads the model
    rows = [measure(array, size, level) for level in LEVELS for size in SIZES]
    zlib_bytes = {
        size: sum(len(zlib.compress(array[i : i + size], 9)) for i in range(0, len(array), size))
        for size in SIZES
    }
    result = {"bytes": len(array), "rows": rows, "zlib": zlib_bytes}
    write_result("chunks", {"environment": environment(), **result})
    return 0


if __name__ == "__main__":
    sys.exit(main())

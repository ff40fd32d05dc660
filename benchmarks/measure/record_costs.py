"""What a codec of records takes apart from coding: the time of a record of a few bytes, and memory.

Each level is measured in a process of its own, which has coded nothing before.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import lmpack
from benchmarks.record import timed

SHORT = 4
"""Bytes of the short record."""
TIMES = 1000
TURNS = 3
FURTHER_THREADS = 3
CODED = 200
"""So many records each thread codes: they meet, so that each has what it needs of its own."""


def costs(level: int, prefix: bytes, records: list[bytes]) -> dict[str, Any]:
    """Microseconds of a short record, and bytes that are kept, behind a prefix at a level."""
    with multiprocessing.get_context("spawn").Pool(1) as fresh:
        return fresh.apply(_costs, (level, prefix, records[:CODED]))


def _costs(level: int, prefix: bytes, records: list[bytes]) -> dict[str, Any]:
    lmpack.RecordCodec(lmpack.Prefix(b"x"), 1).compress(b"")  # modules are loaded
    before = _resident()
    codec = lmpack.RecordCodec(lmpack.Prefix(prefix), level)
    _code(codec, records)
    kept = _resident() - before
    threads = [
        threading.Thread(target=_code, args=(codec, records)) for _ in range(1 + FURTHER_THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    further = (_resident() - before - kept) / FURTHER_THREADS
    short = records[0][:SHORT]
    packed = codec.compress(short)
    return {
        "level": level,
        "prefix_bytes": len(prefix),
        "short_bytes": len(short),
        "short_packed": len(packed),
        "compress_us": _microseconds(codec.compress, short),
        "decompress_us": _microseconds(codec.decompress, packed),
        "kept_bytes": kept,
        "further_thread_bytes": max(0, further),
    }


def _code(codec: lmpack.RecordCodec, records: list[bytes]) -> None:
    for record in records:
        if codec.decompress(codec.compress(record)) != record:
            raise RuntimeError("the round trip failed")


def _microseconds(code: Any, given: bytes) -> float:
    def often() -> None:
        for _ in range(TIMES):
            code(given)

    return 1e6 * min(timed(often)[1]["cpu"] for _ in range(TURNS)) / TIMES


def _resident() -> int:
    """Bytes of memory that this process has."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

"""What flushing costs in bytes: logs that are flushed after so many bytes of lines.

    scripts/bench flushes

Each log is written line by line, and flushed after the first line with which that many bytes have
come since the flush before. gzip is flushed at the same lines (Z_SYNC_FLUSH), for comparison.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import lmpack
from benchmarks.data import require_shared, start_of, title_of
from benchmarks.record import environment, timed, write_result

LOGS = ("text/Spark_2k.log.xz", "text/Zookeeper_2k.log.xz")
LEVELS = (1, 6)
EVERY = (None, 100_000, 10_000, 1_000)
"""Bytes between flushes; None for no flush before the end."""

GZIP_LEVEL = 9
_GZIP_FORMAT = 31


def pieces(log: bytes, every: int | None) -> Iterator[bytes]:
    """The lines between two flushes, joined."""
    piece = bytearray()
    for line in log.splitlines(keepends=True):
        piece += line
        if every is not None and len(piece) >= every:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def size_by_lmpack(parts: list[bytes], level: int) -> int:
    """Bytes of a container that is flushed after each part; it must come back."""
    compressor = lmpack.LmpackCompressor(level, threads=1)
    packed = [compressor.compress(part, compressor.FLUSH_BLOCK) for part in parts]
    packed.append(compressor.flush())
    if lmpack.decompress(b"".join(packed)) != b"".join(parts):
        raise RuntimeError("the round trip failed")
    return sum(map(len, packed))


def size_by_gzip(parts: list[bytes]) -> int:
    """The same by gzip, not decompressed again."""
    compressor = zlib.compressobj(GZIP_LEVEL, wbits=_GZIP_FORMAT)
    flushes = [zlib.Z_SYNC_FLUSH] * (len(parts) - 1) + [zlib.Z_FINISH]
    packed = [
        compressor.compress(part) + compressor.flush(flush)
        for part, flush in zip(parts, flushes, strict=True)
    ]
    return sum(map(len, packed))


def row(
    log: bytes, every: int | None, program: str, size: Callable[[list[bytes]], int]
) -> dict[str, Any]:
    """What a log comes to, and the CPU seconds of both ways, or of gzip's one."""
    parts = list(pieces(log, every))
    packed, times = timed(size, parts)
    return {
        "program": program,
        "every": every,
        "flushes": len(parts) - 1,
        "bytes": packed,
        "cpu_s": times["cpu"],
    }


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    require_shared()
    result: dict[str, Any] = {"environment": environment(), "files": {}}
    for name in LOGS:
        log = start_of(name)
        rows: list[dict[str, Any]] = []
        result["files"][title_of(name)] = {"bytes": len(log), "rows": rows}
        for level, every in itertools.product(LEVELS, EVERY):
            size = functools.partial(size_by_lmpack, level=level)
            rows.append(row(log, every, f"-{level}", size))
            write_result("flushes", result)
        rows += [row(log, every, f"gzip -{GZIP_LEVEL}", size_by_gzip) for every in EVERY]
        write_result("flushes", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The process in which one compressor is measured: compresses a file, decompresses it, compares.

Arguments: the name of the compressor (:func:`lmpack.evaluation.rivals.contestants`), the path of
the file, and threads, 0 for all cores. Prints the fields of
:class:`~lmpack.evaluation.rivals.Measured` as JSON.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import lmpack
from lmpack.errors import LmpackError
from lmpack.evaluation.classical import FACTORIES, Classical
from lmpack.evaluation.protocol import Compressor
from lmpack.evaluation.rivals import LEVEL_NAME, PROGRAMS, Measured

_WARMING = 1024
"""Bytes that are coded before time is taken: what is loaded at first use is loaded then."""

_TITLES = {"gzip": "gzip -9", "lzma2": "xz -6", "zstd": "zstd -19", "brotli": "brotli -q 11"}


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1, and a line on standard error, if it cannot be measured."""
    name, path, threads = arguments
    try:
        measured = _measured(name, Path(path).read_bytes(), int(threads) or None)
    except (LmpackError, OSError, MemoryError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(measured._asdict()))
    return 0


def _measured(name: str, plain: bytes, threads: int | None) -> Measured:
    compressor = _compressor(name, threads)
    compressor.decompress(compressor.compress(plain[:_WARMING]))
    packed, encode_seconds = _timed(lambda: compressor.compress(plain))
    back, decode_seconds = _timed(lambda: compressor.decompress(packed))
    if back != plain:
        raise LmpackError(f"{compressor.name} did not give the bytes back")
    return Measured(
        compressor.name,
        len(plain),
        len(packed),
        len(plain) / 1000 / encode_seconds,
        len(plain) / 1000 / decode_seconds,
        _children_peak() if name.startswith("program:") else _own_peak(),
    )


def _compressor(name: str, threads: int | None) -> Compressor:
    kind, _, rest = name.partition(":")
    if kind == "level":
        level = int(rest)
        return Classical(
            f"{LEVEL_NAME}-{level}",
            lambda data: lmpack.compress(data, level=level, threads=threads),
            lambda data: lmpack.decompress(data, threads=threads),
        )
    if kind == "program":
        program = PROGRAMS[rest]
        return Classical(
            program.title,
            lambda data: _run([rest, *program.compress], data),
            lambda data: _run([rest, *program.decompress], data),
        )
    made = FACTORIES[name]()
    made.name = _TITLES[name]
    return made


def _run(command: list[str], data: bytes) -> bytes:
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def _timed(function: Callable[[], bytes]) -> tuple[bytes, float]:
    started = time.perf_counter()
    result = function()
    return result, time.perf_counter() - started


def _own_peak() -> int | None:
    """Bytes that this process had in memory at most; getrusage would count its parent's, too."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        return None
    return None if found is None else int(found[1]) * 1024


def _children_peak() -> int | None:
    """The same of programs that were run; None if it cannot be told from this process's memory."""
    if os.name == "nt":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    own = _own_peak()
    return peak if own is not None and peak > own else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The same calls ten thousand times: the memory of the process does not grow."""

from __future__ import annotations

import contextlib
import functools
import io
import resource
import time
from collections.abc import Callable
from pathlib import Path

import inputs

import lmpack
from benchmarks.reliability.children import in_child
from benchmarks.reliability.tally import Setting, Tally

CALLS = 10_000
WARM_UP = 500
"""Calls after which allocators and caches have what they keep."""
MOST_GROWTH_MIB = 4.0
"""A leak of 420 bytes a call is more."""
CONTENT = inputs.TEXT[:100]


def attack(setting: Setting) -> Tally:
    """Call each function again and again."""
    tally = Tally()
    options = lmpack.Options(level=1, threads=1)
    with_model = lmpack.Options(level=3, model=setting.model, mixing=False, threads=1)
    calls = _calls(options, with_model)
    for name, call in calls.items():
        seconds = setting.seconds / len(calls)
        try:
            done, growth = in_child(functools.partial(_growth, call, seconds), int(seconds) + 60)
        except ChildProcessError as error:
            tally.fail(f"{name}: {error}")
            continue
        tally.held += done - 1
        tally.judge(name, [f"grew by {growth:.1f} MiB"] if growth > MOST_GROWTH_MIB else [])
        tally.facts[f"{name}_growth_mib"] = growth
        tally.is_complete &= done == CALLS
    return tally


def _calls(options: lmpack.Options, with_model: lmpack.Options) -> dict[str, Callable[[], object]]:
    packed = lmpack.compress(CONTENT, options=options)
    modelled = lmpack.compress(CONTENT, options=with_model)
    damaged = packed[:-20] + bytes([packed[-20] ^ 1]) + packed[-19:]

    def read() -> bytes:
        with lmpack.open(io.BytesIO(packed), options=options) as file:
            return file.read()

    def fail() -> None:
        with contextlib.suppress(lmpack.LmpackError):
            lmpack.decompress(damaged, options=options)

    return {
        "compress": lambda: lmpack.compress(CONTENT, options=options),
        "decompress": lambda: lmpack.decompress(packed, options=options),
        "compress_with_model": lambda: lmpack.compress(CONTENT, options=with_model),
        "decompress_with_model": lambda: lmpack.decompress(modelled, options=with_model),
        "open": read,
        "describe": lambda: lmpack.describe(io.BytesIO(packed)),
        "failing_decompress": fail,
    }


def _growth(call: Callable[[], object], seconds: float) -> tuple[int, float]:
    """Calls made, and by how many MiB the process grew after the first of them."""
    end = time.monotonic() + seconds
    done, before = 0, resident_mib()
    while done < CALLS and time.monotonic() < end:
        call()
        done += 1
        if done == WARM_UP:
            before = resident_mib()
    return done, resident_mib() - before


def resident_mib() -> float:
    """Memory that the process has now, where the system tells, else the most that it had."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

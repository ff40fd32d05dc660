"""Threads, forks and event loops at once on one `Options` and one model: the same bytes."""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import inputs

import lmpack
from benchmarks.reliability.children import in_child
from benchmarks.reliability.tally import Setting, Tally

WORKERS = 8
CALLS = 6
"""Of each worker, for each content."""
ROUND_SECONDS = 120
CONTENTS = (b"", inputs.TEXT, inputs.NOISE[:400], inputs.SENTENCES[:3000])

Work = Callable[[], list[str]]
"""Compresses and decompresses all contents; a line for each that differs."""
Round = Callable[[Work], list[list[str]]]
"""Does the work many times at the same time; what each time gave."""


def attack(setting: Setting) -> Tally:
    """Do the same in many ways at once."""
    tally = Tally()
    end = time.monotonic() + setting.seconds
    kinds = itertools.product((1, 2), (*ROUNDS.items(), ("threads, each with a file", None)))
    for threads, (name, round_) in kinds:
        if time.monotonic() >= end:
            tally.is_complete = False
            break
        options = lmpack.Options(level=3, model=setting.model, threads=threads)
        try:
            work = functools.partial(_of_round, round_, options, setting.folder)
            for number, faults in enumerate(in_child(work, ROUND_SECONDS)):
                tally.judge(f"{name}, {threads} threads, worker {number}", faults)
        except ChildProcessError as error:
            tally.fail(f"{name}, {threads} threads: {error}")
    return tally


def _of_round(round_: Round | None, options: lmpack.Options, folder: Path) -> list[list[str]]:
    expected = {content: lmpack.compress(content, options=options) for content in CONTENTS}
    if round_ is None:
        return _readers_of_one_file(options, folder)

    def work() -> list[str]:
        faults = []
        for content in CONTENTS * CALLS:
            packed = lmpack.compress(content, options=options)
            if packed != expected[content]:
                faults.append(f"{len(content)} bytes were compressed otherwise")
            if lmpack.decompress(packed, options=options) != content:
                faults.append(f"{len(content)} bytes came back otherwise")
        return faults

    return round_(work)


def _in_threads(work: Work) -> list[list[str]]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda _: work(), range(WORKERS)))


def _in_forks(work: Work) -> list[list[str]]:
    return [[] if status == 0 else [f"status {status}"] for status in _forked(work)]


def _in_forks_while_threads_work(work: Work) -> list[list[str]]:
    found: list[list[str]] = []
    busy = [threading.Thread(target=lambda: found.append(work())) for _ in range(2)]
    for thread in busy:
        thread.start()
    statuses = _forked(work)
    for thread in busy:
        thread.join()
    return found + [[] if status == 0 else [f"status {status}"] for status in statuses]


def _in_an_event_loop(work: Work) -> list[list[str]]:
    async def all_of_them() -> list[list[str]]:
        return await asyncio.gather(*(asyncio.to_thread(work) for _ in range(WORKERS)))

    return asyncio.run(all_of_them())


def _forked(work: Work) -> list[int]:
    """Statuses of processes that do the work; 0 if nothing differs."""
    children = []
    for _ in range(WORKERS):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                signal.alarm(ROUND_SECONDS)
                status = int(bool(work()))
            finally:
                os._exit(status)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def _readers_of_one_file(options: lmpack.Options, folder: Path) -> list[list[str]]:
    """Threads that seek in one compressed file, each with a file object of its own."""
    content = inputs.SENTENCES[:6000]
    path = folder / "shared.lmp"
    path.write_bytes(lmpack.compress(content[:2500], options=options))
    with path.open("ab") as file:
        file.write(lmpack.compress(content[2500:], options=options))

    def read(number: int) -> list[str]:
        faults = []
        with lmpack.open(path, options=options) as file:
            for place in range(number * 100, len(content), 1500):
                file.seek(place)
                if file.read(50) != content[place : place + 50]:
                    faults.append(f"other bytes at {place}")
        return faults

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(read, range(WORKERS)))


ROUNDS: dict[str, Round] = {
    "threads": _in_threads,
    "forks": _in_forks,
    "forks while threads work": _in_forks_while_threads_work,
    "asyncio": _in_an_event_loop,
}

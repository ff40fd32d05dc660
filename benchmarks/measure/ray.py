"""Two workers of Ray beside one process, on the same files; and what a killed worker costs.

    scripts/bench ray [--files N] [--bytes N] [--rounds N]

It needs Ray (pip install 'lmpack[ray]') and two free cores, and takes about three minutes of them.
All files are the same text, so that they take the same time. One
process with one thread, one with two, two workers, and two workers of which one is killed take
turns. The start of Ray is not measured; that of the workers is, in the time of the files and by
itself: two files of a byte. Workers run at the priority of the process (RAY_worker_niceness=0).
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import lmpack
import lmpack.ray
from benchmarks.data import WIKIPEDIA, start_of
from benchmarks.record import environment, write_result
from lmpack import FileResult
from lmpack._extras import import_extra

LEVEL = 2
WORKERS = 2

Run = Callable[[Path, Path], Iterator[FileResult]]


def one_process(threads: int) -> Run:
    """Compresses a folder here."""
    return lambda source, out: lmpack.compress_files(
        [source], out, recursive=True, level=LEVEL, threads=threads
    )


def two_workers(source: Path, out: Path) -> Iterator[FileResult]:
    """Compresses a folder on workers."""
    return lmpack.ray.compress([source], out, recursive=True, level=LEVEL, workers=WORKERS)


def with_a_killed_worker(source: Path, out: Path) -> Iterator[FileResult]:
    """The same; one worker is killed after a third of the files."""
    files = len(os.listdir(source))
    for number, result in enumerate(two_workers(source, out)):
        if number == files // 3:
            os.kill(_worker(), signal.SIGKILL)
        yield result


def _worker() -> int:
    """A process of a worker of this driver."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            if (entry / "cmdline").read_bytes().startswith(b"ray::_Worker"):
                raylet = _parent(int(entry.name))
                if _parent(raylet) == os.getpid():
                    return int(entry.name)
        except OSError:
            continue
    raise RuntimeError("there is no worker")


def _parent(process: int) -> int:
    stat = Path(f"/proc/{process}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


RUNS: dict[str, Run] = {
    "one process, one thread": one_process(1),
    "two workers": two_workers,
    "one process, two threads": one_process(WORKERS),
    "two workers, one killed": with_a_killed_worker,
}


def seconds(run: Run, source: Path, out: Path, expected: bytes) -> float:
    """How long a run takes; its outputs are compared and deleted."""
    started = time.monotonic()
    results = list(run(source, out))
    taken = time.monotonic() - started
    if any(result.error for result in results):
        raise RuntimeError(f"it failed: {results}")
    if {path.read_bytes() for path in out.iterdir()} != {expected}:
        raise RuntimeError("an output is another one")
    shutil.rmtree(out)
    return round(taken, 2)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--bytes", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args(arguments)
    text = start_of(WIKIPEDIA, given.bytes)
    about = {"level": LEVEL, "files": given.files, "bytes": len(text)}
    result = {"environment": environment("ray"), **about}
    os.environ.update(RAY_worker_niceness="0")
    ray = import_extra("ray", "ray", extra="ray")
    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        source = _folder(top / "in", given.files, text)
        tiny = _folder(top / "tiny", WORKERS, b"x")
        expected, byte = lmpack.compress(text, LEVEL), lmpack.compress(b"x", LEVEL)
        rounds = []
        for _ in range(given.rounds):
            taken = {
                name: seconds(run, source, top / "out", expected) for name, run in RUNS.items()
            }
            taken["start"] = seconds(two_workers, tiny, top / "out", byte)
            print(taken, flush=True)
            rounds.append(taken)
    write_result("ray", {**result, "rounds": rounds, "load_after": os.getloadavg()[0]})
    return 0


def _folder(path: Path, files: int, content: bytes) -> Path:
    path.mkdir()
    for number in range(files):
        (path / str(number)).write_bytes(content)
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a measurement was made with, the clock, and the files of results."""

from __future__ import annotations

import contextlib
import fcntl
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from benchmarks.places import RESULTS, ROOT
from lmpack.evaluation import environment as conditions

PACKAGES = ("lmpack", "numpy", "onnxruntime", "zstandard", "pyppmd", "constriction")
Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


def environment() -> dict[str, Any]:
    """Versions, CPU and commit of this checkout."""
    return conditions.environment(PACKAGES, ROOT)


def write_result(name: str, result: dict[str, Any]) -> None:
    """Write benchmarks/results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


def read_result(name: str) -> dict[str, Any] | None:
    """What benchmarks/results/NAME.json holds; None if it was not measured yet."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return None
    result: dict[str, Any] = json.loads(path.read_text())
    return result


@contextlib.contextmanager
def result_locked(name: str) -> Iterator[None]:
    """While it lasts, no other process that asks for it changes benchmarks/results/NAME.json."""
    with (Path(tempfile.gettempdir()) / f"lmpack_{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def timed(
    function: Callable[Arguments, Value], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> tuple[Value, dict[str, float]]:
    """The result of a call, and its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = function(*args, **kwargs)
    return result, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}

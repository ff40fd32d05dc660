"""What a measurement was made with, the clock, and the files of results."""

from __future__ import annotations

import contextlib
import fcntl
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from benchmarks.places import RESULTS, ROOT
from benchmarks.state import program_state, state_key
from lmpack.evaluation import environment as conditions

PACKAGES = ("lmpack", "numpy", "onnxruntime", "zstandard", "pyppmd", "constriction")
NAME = "result"
"""The key of the name of a result, in memory only."""

States = dict[str, Mapping[str, Any]]
Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


def environment(*further: str) -> dict[str, Any]:
    """Versions, of further packages too, CPU, commit, tree and state of this checkout."""
    return {**conditions.environment((*PACKAGES, *further), ROOT), "state": program_state()}


def row_conditions() -> dict[str, Any]:
    """What a row is told apart by in a result whose rows are of several runs."""
    found = environment()
    kept = {key: found[key] for key in ("cpu", "commit", "tree", "modified")}
    return {**kept, "state": state_key(program_state())}


def referred_states(result: dict[str, Any] | None, rows: Sequence[dict[str, Any]]) -> States:
    """The states that the rows refer to, of an earlier result or of this checkout."""
    known = {} if result is None else result.get("states", {})
    known = {**known, state_key(program_state()): program_state()}
    wanted = dict.fromkeys(row["state"] for row in rows if "state" in row)
    return {key: known[key] for key in wanted}


def write_result(name: str, result: dict[str, Any]) -> None:
    """Write benchmarks/results/NAME.json."""
    result = {key: value for key, value in result.items() if key != NAME}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


def read_result(name: str) -> dict[str, Any] | None:
    """What benchmarks/results/NAME.json holds, and its name; None if it was not measured yet."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return None
    result: dict[str, Any] = json.loads(path.read_text())
    return {**result, NAME: name}


@contextlib.contextmanager
def result_locked(name: str) -> Iterator[None]:
    """While it lasts, no other process that asks for it changes benchmarks/results/NAME.json."""
    with (Path(tempfile.gettempdir()) / f"lmpack_{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def put_row(name: str, row: dict[str, Any], keys: Sequence[str], **facts: Any) -> None:
    """Write a row into a result of several runs, in the place of the one of the same `keys`.

    Another process may be adding rows, too. `facts` are further fields of the result.
    """
    with result_locked(name):
        old = read_result(name)
        before = [] if old is None else old["rows"]
        rows = {tuple(other[key] for key in keys): other for other in before}
        rows[tuple(row[key] for key in keys)] = row
        listed = list(rows.values())
        facts = {**facts, "states": referred_states(old, listed)}
        write_result(name, {"environment": environment(), **facts, "rows": listed})


def timed(
    function: Callable[Arguments, Value], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> tuple[Value, dict[str, float]]:
    """The result of a call, and its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = function(*args, **kwargs)
    return result, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}

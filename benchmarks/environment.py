"""What a measurement depends on, and how its results are written."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lmpack.evaluation.environment import environment as lmpack_environment

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
SHARED = ROOT.parent / "shared" / "data"

VALIDATION = (
    "text/wikipedia_en_2014.valid.xz",
    "text/enwik8_prefix.valid.xz",
    "text/novels_en.valid.xz",
    "general/code.valid.xz",
    "general/docs.valid.xz",
    "general/structured.valid.xz",
    "general/multilingual.valid.xz",
    "general/latex_mail.valid.xz",
)
"""Files that no model was trained on."""


def environment() -> dict[str, Any]:
    """Versions, CPU and commit."""
    packages = ("lmpack", "numpy", "onnxruntime", "zstandard", "pyppmd", "constriction")
    return lmpack_environment(packages, ROOT)


def write_result(name: str, result: dict[str, Any]) -> None:
    """Write benchmarks/results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


def require_shared() -> Path:
    """The folder with the shared data; ends the program where it is absent."""
    if not SHARED.is_dir():
        sys.exit(f"this benchmark needs the data folder {SHARED}, which is not there")
    return SHARED


def timed(function: Callable[..., Any], *arguments: Any) -> tuple[Any, dict[str, float]]:
    """The result of a call, and its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = function(*arguments)
    return result, {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}

"""What a measurement depends on, and how its results are written."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in packages},
        "commit": _git("rev-parse", "HEAD"),
        "modified": bool(_git("status", "--porcelain", "--", ".", ":!benchmarks/results")),
        "load_before": os.getloadavg()[0],
    }


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


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

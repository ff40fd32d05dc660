"""What a measurement depends on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def environment(packages: Sequence[str], checkout: Path | None = None) -> dict[str, Any]:
    """Versions, CPU, commit and tree.

    Args:
        packages: names of the packages that matter; those that are not installed get None.
        checkout: folder of a git checkout; None for the one that lmpack runs from, if it does.
    """
    folder = Path(__file__).parent if checkout is None else checkout
    status = _git(folder, "status", "--porcelain", "--", ".", ":!benchmarks/results")
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in packages},
        "commit": _git(folder, "rev-parse", "HEAD"),
        "tree": _git(folder, "rev-parse", "HEAD^{tree}"),
        "modified": None if status is None else bool(status),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says of the folder's checkout; None if it is none, or there is no git."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        result = subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()

"""The files that the command leaves in its output."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from benchmarks.gpu.evaluation import WEIGHTS
from benchmarks.gpu.parts import pieces_of, places
from benchmarks.gpu.training import STATES

RESULTS = "results.json"


def prepare(folder: Path, resume: Path | None) -> None:
    """Make the folder, without what an earlier call left there, unless a run goes on from it.

    Raises:
        OSError: this is not possible.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if resume is None or folder not in places(resume):
        for path in [folder / RESULTS, folder / f"{RESULTS}.tmp", *_products(folder)]:
            path.unlink(missing_ok=True)


def described(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of each file that is there, by its name, but not of the results."""
    contents = {path.name: path.read_bytes() for path in _products(folder)}
    return {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in contents.items()
    }


def _products(folder: Path) -> list[Path]:
    """Weights, and states in parts."""
    weights = [path for path in [folder / WEIGHTS] if path.is_file()]
    return weights + [path for name in STATES for path in pieces_of(folder, name)]

"""Data and a recipe for a rehearsal: small, and made of what comes with Python."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

from lmpack._blocks.speed import manual_text

SIZE = 1 << 17
VALID_SIZE = 1 << 10


def write_rehearsal_data(folder: Path) -> tuple[Path, str]:
    """A folder with sources, and the path of a recipe that trains on them."""
    data = folder / "data"
    data.mkdir()
    text = manual_text(SIZE)
    (data / "train.xz").write_bytes(lzma.compress(text[VALID_SIZE:]))
    (data / "valid.xz").write_bytes(lzma.compress(text[:VALID_SIZE]))
    recipe = {
        "architecture": "tiny",
        "symbols": 1 << 20,
        "batch": 2,
        "length": 256,
        "valid_bytes": VALID_SIZE,
        "report_every": 2,
        "train": [{"path": "train.xz", "weight": 1.0}],
        "valid": [{"path": "valid.xz"}],
    }
    path = folder / "recipe.json"
    path.write_text(json.dumps(recipe))
    return data, str(path)

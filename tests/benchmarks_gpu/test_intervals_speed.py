"""What is measured of the coder of intervals is a whole payload."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.gpu import intervals
from lmpack._blocks.speed import manual_text
from lmpack._native import BlockEncoder


def test_the_payload_is_that_of_the_odds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(intervals, "STEPS", 300)
    monkeypatch.setattr(intervals, "BLOCKS", 1)
    monkeypatch.setattr(intervals, "RUNS", 2)
    assert intervals.main(["--result", str(tmp_path / "result.json")]) == 0
    found = json.loads((tmp_path / "result.json").read_text())
    plain = np.frombuffer(manual_text(intervals.LANES * 300), np.uint8)
    counts = np.bincount(plain, minlength=256).astype(np.int32)
    coder = BlockEncoder(len(plain), 300, 256)
    symbols = plain.reshape(intervals.LANES, 300).astype(np.int32)
    coder.encode(np.ascontiguousarray(np.broadcast_to(counts, (*symbols.shape, 256))), symbols)
    assert found["bytes"] == len(plain)
    assert found["payload"] == len(coder.finish())
    assert found["mb_per_s"] > 0

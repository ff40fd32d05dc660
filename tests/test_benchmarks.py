"""Numbers in the documents are those of the committed result files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_tables_match_their_results() -> None:
    command = [sys.executable, str(BENCHMARKS / "render.py"), "--check"]
    assert subprocess.run(command).returncode == 0, "run python benchmarks/render.py"

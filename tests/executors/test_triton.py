"""lmpack's own kernels, run by Triton's interpreter: in a process of its own.

Triton decides when it is imported who runs kernels. To run a file by hand:

    TRITON_INTERPRET=1 pytest tests/executors/interpreted/kernels.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("triton", "3.7", reason="Triton 3.7 is not installed: pip install triton")

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "interpreted"


SLOW = ("shipped.py",)
NAMES = sorted(path.name for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize(
    "name", [pytest.param(it, marks=[pytest.mark.slow] * (it in SLOW)) for it in NAMES]
)
def test_interpreted(name: str, tmp_path: Path) -> None:
    # With a folder of its own: one that others clean up at the same time ends in a warning.
    own = ["-p", "no:cacheprovider", "--basetemp", str(tmp_path / "inner")]
    command = [sys.executable, "-m", "pytest", "-q", *own, str(FOLDER / name)]
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr

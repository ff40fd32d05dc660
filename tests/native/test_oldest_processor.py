"""The command on an x86-64 processor without AVX, in an emulator: no instruction is too new."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from inputs import SENTENCES

import lmpack

PROCESSOR = "Nehalem"
"""The oldest one that the wheels of numpy take (x86-64-v2)."""


def emulated(*arguments: str | Path) -> None:
    """Runs the command on that processor."""
    # Some machines say there what their own processor is.
    environ = {name: value for name, value in os.environ.items() if "OPENBLAS" not in name}
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    command = ["qemu-x86_64", "-cpu", PROCESSOR, sys.executable, "-m", "lmpack", *arguments]
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
@pytest.mark.skipif(
    platform.machine() != "x86_64" or shutil.which("qemu-x86_64") is None,
    reason="needs x86-64 and qemu-x86_64",
)
def test_it_gives_the_same_bytes_and_reads_them(tmp_path: Path) -> None:
    plain, packed, back = (tmp_path / name for name in ("plain", "packed", "back"))
    plain.write_bytes(SENTENCES[:500])
    emulated("compress", "-1", plain, "-o", packed)
    assert packed.read_bytes() == lmpack.compress(plain.read_bytes(), level=1)
    emulated("decompress", packed, "-o", back)
    assert back.read_bytes() == plain.read_bytes()

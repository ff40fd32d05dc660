"""Libraries find the codecs by the entry points of the package, and load them only when asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
import numcodecs
import zarr

assert not any(name.startswith("lmpack") for name in sys.modules), "loaded by an import"
print(numcodecs.get_codec({"id": "lmpack", "level": 3}))
codec = {"name": "lmpack", "configuration": {"level": 1}}
array = zarr.create_array({}, shape=8, chunks=8, dtype="i4", compressors=[codec])
array[:] = range(8)
print(array.compressors[0].options.level, *array[:])
"""


def test_zarr_and_numcodecs_find_their_codecs(package_metadata: Path) -> None:
    for library in ("numcodecs", "zarr"):
        pytest.importorskip(library, reason=f"{library} is missing: lmpack[zarr] has it")
    paths = [str(package_metadata), *filter(None, sys.path)]
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[0].startswith("Lmpack(level=3")
    assert result.stdout.splitlines()[1] == "1 0 1 2 3 4 5 6 7"

"""An earlier commit of this history, built."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.places import ROOT

FOLDER = ROOT / "build" / "earlier"
JOBS = 2


def build_of(commit: str) -> Path:
    """The folder of the package `lmpack` of a commit with its compiled module, built if need be.

    It needs CMake, a compiler and pybind11, and takes some minutes.

    Raises:
        subprocess.CalledProcessError: the commit is not in this history, or cannot be built.
    """
    tree = FOLDER / commit
    package = tree / "python"
    if any((package / "lmpack").glob("_native.*.so")):
        return package
    tree.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE) as archive:
        subprocess.run(["tar", "-x", "-C", str(tree)], stdin=archive.stdout, check=True)
    where = [sys.executable, "-m", "pybind11", "--cmakedir"]
    pybind11 = subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip()
    build = tree / "build" / "native"
    configure = ["cmake", "-S", str(tree), "-B", str(build), "-DCMAKE_BUILD_TYPE=Release"]
    configure += ["-DLMPACK_BUILD_BINDINGS=ON", f"-Dpybind11_DIR={pybind11}"]
    subprocess.run([*configure, f"-DPython_EXECUTABLE={sys.executable}"], check=True)
    subprocess.run(["cmake", "--build", str(build), f"-j{JOBS}"], check=True)
    (module,) = build.rglob("_native.*.so")
    module.rename(package / "lmpack" / module.name)
    return package

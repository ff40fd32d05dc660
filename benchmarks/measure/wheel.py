"""Size of a wheel, and how long it takes to install and to import.

    scripts/bench wheel [WHEEL]

Without WHEEL one is built of this checkout. Everything that pip installs is fetched first, so no
network counts: what is timed is pip's own work in a virtual environment made for it, modules being
compiled included. CPU times of starts are the best of alternated runs, beside those of a Python
that does nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.measure import process
from benchmarks.places import ROOT
from benchmarks.record import environment, write_result

RUNS = 15
PACKAGES = Path("lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")
STARTS = {
    "a Python that does nothing": ["-c", ""],
    "import lmpack": ["-c", "import lmpack"],
    "import lmpack; lmpack.compress": ["-c", "import lmpack; lmpack.compress"],
    "import numpy": ["-c", "import numpy"],
    "lmpack --version": ["-m", "lmpack", "--version"],
}
"""By name: the arguments of Python."""


def part_of(name: str) -> str:
    """What a file of the wheel belongs to."""
    if "/bundles/" in name:
        return "models"
    if name.endswith(".so"):
        return "compiled core"
    return "Python" if name.endswith((".py", ".typed")) else "manual, completions, licence"


def contents(wheel: Path) -> list[dict[str, Any]]:
    """Files, bytes and packed bytes of each part of a wheel, the largest part first."""
    files: Counter[str] = Counter()
    size: Counter[str] = Counter()
    packed: Counter[str] = Counter()
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            part = part_of(info.filename)
            files[part] += 1
            size[part] += info.file_size
            packed[part] += info.compress_size
    return [
        {"part": part, "files": files[part], "bytes": size[part], "packed": count}
        for part, count in packed.most_common()
    ]


def installed_sizes(packages: Path) -> dict[str, int]:
    """By package: the bytes of its files, less what Python compiles itself."""
    sizes: Counter[str] = Counter()
    for path in packages.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            sizes[path.relative_to(packages).parts[0].partition("-")[0].partition(".")[0]] += (
                path.stat().st_size
            )
    return dict(sizes)


def built_wheel(folder: Path) -> Path:
    """A wheel of this checkout."""
    process.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)]
    )
    (wheel,) = folder.glob("lmpack-*.whl")
    return wheel


def starts(python: Path, folder: Path) -> dict[str, dict[str, float]]:
    """By start: least CPU seconds, and the most memory in bytes of these runs."""
    environ = {**os.environ, "XDG_CACHE_HOME": str(folder)}
    for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
        environ.pop(name, None)
    found = {name: {"cpu": float("inf"), "peak_memory": 0.0} for name in STARTS}
    for _ in range(RUNS):
        for name, arguments in STARTS.items():
            run = process.run([str(python), *arguments], env=environ, cwd=folder, stdout=sys.stderr)
            kept = found[name]
            kept["cpu"] = min(kept["cpu"], run["cpu"])
            kept["peak_memory"] = max(kept["peak_memory"], run["peak_memory"])
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", nargs="?", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = built_wheel(folder) if options.wheel is None else options.wheel.absolute()
        fetched, venv = folder / "fetched", folder / "venv"
        pip = [sys.executable, "-m", "pip"]
        process.run([*pip, "download", "-q", "-d", str(fetched), str(wheel)])
        process.run([sys.executable, "-m", "venv", str(venv)])
        packages = venv / PACKAGES
        before = installed_sizes(packages)
        install = [str(venv / "bin" / "python"), "-m", "pip", "install", "-q", "--no-index"]
        install += ["--find-links", str(fetched)]
        others = [str(path) for path in fetched.iterdir() if path.name != wheel.name]
        times = {
            "what it needs": process.run([*install, *others]),
            "lmpack": process.run([*install, str(wheel)]),
        }
        after = installed_sizes(packages)
        result = {
            "environment": environment(),
            "wheel": {"name": wheel.name, "bytes": wheel.stat().st_size},
            "rows": contents(wheel),
            "installed": {
                name: size - before.get(name, 0)
                for name, size in sorted(after.items(), key=lambda item: -item[1])
                if size > before.get(name, 0)
            },
            "install": times,
            "runs": RUNS,
            "starts": starts(venv / "bin" / "python", folder),
        }
        write_result("wheel", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How small a version becomes beside the one before: lmpack and programs that make patches.

    scripts/bench patches

Neighbouring versions of packages, as the Python Package Index keeps them: single files of their
sources, and whole tar files. Sizes of the files that each program writes, its CPU seconds there and
back, start included; all with one thread. Of lmpack's files also the payload alone: the rest is the
container's own. What was fetched is named by its digest.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import lmpack
from benchmarks.kinds.packages import Package
from benchmarks.measure import process
from benchmarks.record import environment, write_result

LEVELS = (1, 6, 9)
OLD, NEW, PATCH, BACK = "old", "new", "patch", "back"


class Pair(NamedTuple):
    """Two versions of a package, and a file in both; None for the whole tar file."""

    name: str
    old: str
    new: str
    member: str | None = None

    def contents(self) -> tuple[bytes, bytes]:
        """The file in the earlier version, and in the later one."""
        return self._content(self.old), self._content(self.new)

    def _content(self, version: str) -> bytes:
        package = Package(f"{self.name}=={version}", source=self.member is None)
        if self.member is None:
            return gzip.decompress(package.path().read_bytes())
        return package.read(self.member)

    @property
    def title(self) -> str:
        """What is compared, in words."""
        return f"{self.member or self.name + '.tar'} {self.old} - {self.new}"


PAIRS = (
    Pair("requests", "2.31.0", "2.32.2", "requests/models.py"),
    Pair("requests", "2.31.0", "2.32.2", "requests/adapters.py"),
    Pair("requests", "2.31.0", "2.32.2", "requests/utils.py"),
    Pair("requests", "2.31.0", "2.32.2", "requests/sessions.py"),
    Pair("click", "8.1.7", "8.1.8", "click/core.py"),
    Pair("click", "8.1.6", "8.1.7", "click/shell_completion.py"),
    Pair("flask", "3.0.2", "3.0.3", "flask/app.py"),
    Pair("flask", "3.0.2", "3.0.3", "flask/cli.py"),
    Pair("flask", "2.3.3", "3.0.0", "flask/app.py"),
    Pair("jinja2", "3.1.3", "3.1.4", "jinja2/filters.py"),
    Pair("jinja2", "3.1.4", "3.1.5", "jinja2/compiler.py"),
    Pair("jinja2", "3.1.4", "3.1.5", "jinja2/environment.py"),
    Pair("werkzeug", "3.0.2", "3.0.3", "werkzeug/debug/__init__.py"),
    Pair("werkzeug", "3.0.2", "3.0.3", "werkzeug/sansio/http.py"),
    Pair("attrs", "23.1.0", "23.2.0", "attr/_make.py"),
    Pair("attrs", "23.1.0", "23.2.0", "attr/validators.py"),
    Pair("rich", "13.7.1", "13.8.0", "rich/console.py"),
    Pair("rich", "13.7.0", "13.7.1", "rich/text.py"),
    Pair("requests", "2.31.0", "2.32.2"),
    Pair("click", "8.1.6", "8.1.7"),
)


class Program(NamedTuple):
    """The commands of a program: from OLD and NEW to PATCH, and from OLD and PATCH to BACK."""

    make: tuple[str, ...]
    apply: tuple[str, ...]


def programs() -> dict[str, Program]:
    """All by name, those of lmpack first."""
    ours = (sys.executable, "-m", "lmpack")
    rest = ("-qf", "-T1", "--patch-from", OLD)
    zstd = ("zstd", "-qf", "--long=27", f"--patch-from={OLD}")
    return {
        **{
            f"lmpack -{level}": Program(
                (*ours, "compress", f"-{level}", *rest, NEW, "-o", PATCH),
                (*ours, "decompress", *rest, PATCH, "-o", BACK),
            )
            for level in LEVELS
        },
        "zstd -19 --patch-from": Program(
            (*zstd, "-19", NEW, "-o", PATCH), (*zstd, "-d", PATCH, "-o", BACK)
        ),
        "xdelta3 -9 -S lzma": Program(
            ("xdelta3", "-f", "-9", "-S", "lzma", "-e", "-s", OLD, NEW, PATCH),
            ("xdelta3", "-f", "-d", "-s", OLD, PATCH, BACK),
        ),
        "bsdiff": Program(("bsdiff", OLD, NEW, PATCH), ("bspatch", OLD, BACK, PATCH)),
    }


def measured(program: Program, folder: Path) -> dict[str, Any]:
    """Size of a patch, and CPU seconds to make and to apply it."""
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    made = process.run(list(program.make), **quiet)
    applied = process.run(list(program.apply), **quiet)
    if (folder / BACK).read_bytes() != (folder / NEW).read_bytes():
        raise RuntimeError(f"{program.make} does not come back")
    size = (folder / PATCH).stat().st_size
    found = {"size": size, "make_s": made["cpu"], "apply_s": applied["cpu"]}
    if program.make[0] == sys.executable:
        with (folder / PATCH).open("rb") as file:
            blocks = [block for part in lmpack.describe(file) for block in part.blocks]
        found["payload"] = sum(block.payload_length for block in blocks)
    return found


def row(pair: Pair) -> dict[str, Any]:
    """What all programs make of a pair."""
    old, new = pair.contents()
    if old == new:
        raise RuntimeError(f"{pair.title}: both versions are the same")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / OLD).write_bytes(old)
        (folder / NEW).write_bytes(new)
        found = {title: measured(program, folder) for title, program in programs().items()}
    digests = [hashlib.sha256(content).hexdigest()[:16] for content in (old, new)]
    return {"title": pair.title, "bytes": len(new), "digests": digests, "programs": found}


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    missing = [name for name in ("zstd", "xdelta3", "bsdiff", "bspatch") if not shutil.which(name)]
    if missing:
        print(f"install {', '.join(missing)} first", file=sys.stderr)
        return 1
    result: dict[str, Any] = {"environment": environment(), "rows": []}
    for pair in PAIRS:
        result["rows"].append(row(pair))
        write_result("patches", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Other compressors and lmpack itself as programs, all with one thread."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

from benchmarks.measure.process import run
from lmpack._blocks.levels import LEVELS
from lmpack.evaluation.classical import PPMD_SETTINGS

PPMD = "import sys, pyppmd; sys.stdout.buffer.write(pyppmd.{}(sys.stdin.buffer.read(), {}))"

PLAIN, BACK = "data", "back"
"""Names of the files, before and after. zpaq finds the first one under its name in the archive."""


@dataclasses.dataclass(frozen=True)
class Program:
    """The two commands of a compressor.

    "IN" and "OUT" in them are names of files; a command without them is a filter.

    Attributes:
        program: what has to be installed; "lmpack" always is.
        compress: the command.
        decompress: the way back.
        suffix: that its files need to have.
    """

    program: str
    compress: tuple[str, ...]
    decompress: tuple[str, ...]
    suffix: str = ""

    def packed(self, folder: Path) -> Path:
        """Its compressed file in a folder."""
        return folder / f"packed{self.suffix}"

    def pack(self, folder: Path) -> dict[str, float]:
        """Compress FOLDER/data into :meth:`packed`; time and memory as :func:`process.run`."""
        return _run(self.compress, folder / PLAIN, self.packed(folder))

    def unpack(self, folder: Path) -> dict[str, float]:
        """Decompress :meth:`packed` into FOLDER/back; time and memory as :func:`process.run`."""
        return _run(self.decompress, self.packed(folder), folder / BACK)


def _run(command: tuple[str, ...], source: Path, target: Path) -> dict[str, float]:
    named = [{"IN": source.name, "OUT": target.name}.get(word, word) for word in command]
    if named != list(command):
        return run(named, cwd=source.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with source.open("rb") as stdin, target.open("wb") as stdout:
        return run(named, stdin=stdin, stdout=stdout)


def _program(compress: str, decompress: str, suffix: str = "") -> Program:
    return Program(compress.split()[0], tuple(compress.split()), tuple(decompress.split()), suffix)


def _level(level: int) -> Program:
    ours = (sys.executable, "-m", "lmpack")
    compress, decompress = ("compress", f"-{level}", "-T1", "-c"), ("decompress", "-T1", "-c")
    return Program("lmpack", (*ours, *compress), (*ours, *decompress))


def _ppmd() -> Program:
    """PPMd of the package pyppmd.

    Its version 1.3.1 fails on five of the files of benchmarks/kinds: what it has compressed it
    refuses to decompress, as "Corrupted input data". So it has no rows for them.
    """
    settings = ", ".join(f"{name}={value}" for name, value in PPMD_SETTINGS.items())
    python = (sys.executable, "-c")
    compress, decompress = (PPMD.format(way, settings) for way in ("compress", "decompress"))
    return Program(sys.executable, (*python, compress), (*python, decompress))


def _paq8px(paq: Path, level: int) -> Program:
    return _program(f"{paq} -{level} IN OUT", f"{paq} -d IN OUT", ".paq8px")


LRZIP = "-q -N 0 -p 1 -o OUT IN"
"""It would run at the lowest priority unless told otherwise."""

ZPAQ = _program(
    "zpaq add OUT IN -m5 -threads 1", f"zpaq extract IN {PLAIN} -to OUT -threads 1", ".zpaq"
)


def programs(folder: Path) -> dict[str, Program]:
    """All by name, those of lmpack first; lpaq1 and paq8px are those in `folder`."""
    lpaq, paq = folder / "lpaq1", folder / "paq8px"
    return {
        **{f"lmpack -{level}": _level(level) for level in LEVELS},
        "gzip -9": _program("gzip -9c", "gzip -dc"),
        "xz -9e": _program("xz -9ec -T1", "xz -dc"),
        "zstd -19": _program("zstd -19 -qc", "zstd -dqc"),
        "zstd -22": _program("zstd --ultra -22 --long=27 -qc", "zstd -dqc --long=27"),
        "brotli -11": _program("brotli -q 11 -w 24 -c", "brotli -dc"),
        "bzip3": _program("bzip3 -b 16 -e -c", "bzip3 -d -c"),
        "PPMd (order 16)": _ppmd(),
        "lrzip -z": _program(f"lrzip -z -L 9 {LRZIP}", f"lrzip -d {LRZIP}"),
        "zpaq -m5": ZPAQ,
        "lpaq1 9": _program(f"{lpaq} 9 IN OUT", f"{lpaq} d IN OUT"),
        **{f"paq8px -{level}": _paq8px(paq, level) for level in (6, 8)},
    }

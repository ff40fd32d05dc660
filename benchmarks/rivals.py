"""All levels beside other compressors, as programs, on files of every kind.

    python benchmarks/rivals.py [--programs DIR] [--codecs NAME...] [--files NAME...]

Needs gzip, xz, zstd, brotli, bzip3, zpaq (Debian packages of these names) and the Python package
pyppmd. lpaq1 and paq8px are used where DIR holds them; docs/benchmarks.md says where they come
from. One thread each, every row decoded and compared. Rows that the result file holds are not
measured again, so that a run can be interrupted.
"""

from __future__ import annotations

import argparse
import fcntl
import filecmp
import json
import lzma
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from environment import RESULTS, environment, require_shared, write_result
from process import run

from lmpack._blocks.levels import LEVELS

RESULT = "rivals"
LIMIT = 1_000_000
"""Bytes of the longer files that are used, but for those of Silesia, which are used whole."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "prose": (
        "text/wikipedia_en_2014.valid.xz", "text/novels_en.valid.xz",
        "text/enwik8_prefix.valid.xz", "general/docs.valid.xz", "general/multilingual.valid.xz",
        "silesia/reymont.xz",
    ),
    "code, data, logs": (
        "general/code.valid.xz", "general/structured.valid.xz", "general/latex_mail.valid.xz",
        "silesia/xml.xz", "text/Spark_2k.log.xz", "text/Zookeeper_2k.log.xz",
    ),
    "Canterbury": (
        "alice29.txt", "asyoulik.txt", "cp.html", "fields.c", "grammar.lsp", "kennedy.xls",
        "lcet10.txt", "plrabn12.txt", "ptt5", "sum", "xargs.1",
    ),
    "Calgary": (
        "bib", "book1", "book2", "geo", "news", "obj1", "obj2", "paper1", "paper2", "paper3",
        "paper4", "paper5", "paper6", "pic", "progc", "progl", "progp", "trans",
    ),
    "images, audio": ("image/imagenet_patches_shared.bin.xz", "audio/librispeech_chunks.bin.xz"),
    "noise": ("random",),
}  # fmt: skip

WHOLE = ("silesia/reymont.xz", "silesia/xml.xz")

SAMPLE = (
    "wikipedia_en_2014.valid",
    "enwik8_prefix.valid",
    "novels_en.valid",
    "code.valid",
    "structured.valid",
    "alice29.txt",
)
"""What every model and codec is measured on. These files are below 1 MiB, so that all levels of a
model make the same of them."""

LARGE = ("xml", "reymont")
"""What shows how much larger blocks bring."""

MEASURED = {
    "lmpack -2": LARGE,
    "lmpack -3": SAMPLE + LARGE,
    "lmpack -4": LARGE,
    "lmpack -5": LARGE,
    "lmpack -7": SAMPLE + LARGE,
    "lmpack -8": LARGE,
    "lmpack -9": SAMPLE + LARGE,
    "paq8px -6": SAMPLE,
}
"""The files that slow codecs, and levels that other levels stand for, are measured on. All others
are measured on all files."""

PPMD = (
    "import sys, pyppmd; data = sys.stdin.buffer.read(); "
    "sys.stdout.buffer.write(pyppmd.{}(data, max_order=16, mem_size=256 << 20))"
)


class Codec(NamedTuple):
    """The two commands of a compressor.

    Attributes:
        program: what has to be there.
        compress: the command. "IN" and "OUT" in it are file names; without them it is a filter.
        decompress: the way back.
        suffix: that it wants its files to have.
    """

    program: str
    compress: list[str]
    decompress: list[str]
    suffix: str = ""


def codecs(programs: Path) -> dict[str, Codec]:
    """All codecs by name, those of lmpack first."""
    ours = [sys.executable, "-m", "lmpack"]
    ppmd = [[sys.executable, "-c", PPMD.format(way)] for way in ("compress", "decompress")]
    zpaq = ["-threads", "1"]
    lpaq, paq = str(programs / "lpaq1"), str(programs / "paq8px")
    return {
        **{
            f"lmpack -{level}": Codec(
                "lmpack", [*ours, "compress", f"-{level}", "-T1", "-c"], [*ours, "-d", "-T1", "-c"]
            )
            for level in LEVELS
        },
        "gzip -9": Codec("gzip", ["gzip", "-9c"], ["gzip", "-dc"]),
        "xz -9e": Codec("xz", ["xz", "-9ec", "-T1"], ["xz", "-dc"]),
        "zstd -19": Codec("zstd", ["zstd", "-19", "-qc"], ["zstd", "-dqc"]),
        "brotli -11": Codec("brotli", ["brotli", "-q", "11", "-w", "24", "-c"], ["brotli", "-dc"]),
        "bzip3": Codec("bzip3", ["bzip3", "-b", "16", "-e", "-c"], ["bzip3", "-d", "-c"]),
        "PPMd (order 16)": Codec(sys.executable, ppmd[0], ppmd[1]),
        "zpaq -m5": Codec(
            "zpaq",
            ["zpaq", "add", "OUT", "IN", "-m5", *zpaq],
            ["zpaq", "extract", "IN", "data", "-to", "OUT", *zpaq],
            ".zpaq",
        ),
        "lpaq1 9": Codec(lpaq, [lpaq, "9", "IN", "OUT"], [lpaq, "d", "IN", "OUT"]),
        "paq8px -6": Codec(paq, [paq, "-6", "IN", "OUT"], [paq, "-d", "IN", "OUT"], ".paq8px"),
    }


def inputs(folder: Path) -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """Group, name and content of every file."""
    for group, names in GROUPS.items():
        for name in names:
            prefix = group.lower() if group in ("Canterbury", "Calgary") else ""
            limit = None if prefix or name in WHOLE else LIMIT
            title = Path(name).name.removesuffix(".xz")
            yield group, title, lambda path=folder / prefix / name, size=limit: content(path, size)


def content(path: Path, limit: int | None) -> bytes:
    """The start of a file."""
    if path.name == "random":
        return random.Random(0).randbytes(LIMIT)
    data = path.read_bytes()
    return (lzma.decompress(data) if path.suffix == ".xz" else data)[:limit]


def measure(codec: Codec, data: bytes) -> dict[str, Any]:
    """Size, and time and memory of both ways; the round trip is checked."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "data"
        packed = Path(folder) / f"packed{codec.suffix}"
        back = Path(folder) / "back"
        plain.write_bytes(data)
        compress = _run(codec.compress, plain, packed)
        decompress = _run(codec.decompress, packed, back)
        if not filecmp.cmp(plain, back, shallow=False):
            raise RuntimeError(f"{codec.program} did not give the bytes back")
        size = packed.stat().st_size
    return {"bytes": len(data), "size": size, "compress": compress, "decompress": decompress}


def _run(command: list[str], source: Path, target: Path) -> dict[str, float]:
    named = [{"IN": source.name, "OUT": target.name}.get(word, word) for word in command]
    if named != command:
        return run(named, cwd=source.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with source.open("rb") as stdin, target.open("wb") as stdout:
        return run(command, stdin=stdin, stdout=stdout)


def _rows() -> list[dict[str, Any]]:
    path = RESULTS / f"{RESULT}.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text())["rows"] if path.exists() else []
    return rows


def _add(row: dict[str, Any]) -> None:
    """Append a row to the result file, to which another process may be adding, too."""
    with (Path(tempfile.gettempdir()) / f"lmpack_{RESULT}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        write_result(
            RESULT, {"environment": environment(), "limit": LIMIT, "rows": [*_rows(), row]}
        )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, default=Path("."))
    parser.add_argument("--codecs", nargs="*")
    parser.add_argument("--files", nargs="*")
    options = parser.parse_args(arguments)
    folder = require_shared()
    for name, codec in codecs(options.programs.resolve()).items():
        if options.codecs and name not in options.codecs:
            continue
        if codec.program != "lmpack" and not shutil.which(codec.program):
            print(f"{name} is left out: there is no program {codec.program}")
            continue
        done = {(row["group"], row["file"]) for row in _rows() if row["codec"] == name}
        for group, title, read in inputs(folder):
            if title not in (options.files or MEASURED.get(name, (title,))):
                continue
            if (group, title) in done:
                continue
            row = {"codec": name, "group": group, "file": title, **measure(codec, read())}
            print(f"{name} {title} {8 * row['size'] / row['bytes']:.4f}", flush=True)
            _add(row)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

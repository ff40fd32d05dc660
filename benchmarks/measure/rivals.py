"""All levels and other compressors, as programs, on files of every kind.

    scripts/bench rivals [--programs DIR] [--codecs NAME...] [--files NAME...]

Needs gzip, xz, zstd, brotli, bzip3, lrzip, zpaq (Debian packages of these names) and the Python
package pyppmd. lpaq1 and paq8px are used where DIR holds them; docs/benchmarks.md says where they
come from. One thread each, every row decoded and compared. A row that the result file holds is not
measured again, so that a run can be interrupted, unless it is of another version or has no memory.
"""

from __future__ import annotations

import argparse
import filecmp
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure.programs import BACK, PLAIN, Program, programs
from benchmarks.measure.rival_files import LIMIT, MEASURED, inputs
from benchmarks.measure.versions import version_of
from benchmarks.record import put_row, read_result, row_conditions

RESULT = "rivals"
KEYS = ("codec", "group", "file")


def measure(program: Program, data: bytes, way_back: bool = True) -> dict[str, Any]:
    """Size, and time and memory of both ways; the round trip is checked.

    Without the way back "decompress" is None, and nothing is checked.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / PLAIN).write_bytes(data)
        compress = program.pack(folder)
        decompress = program.unpack(folder) if way_back else None
        if way_back and not filecmp.cmp(folder / PLAIN, folder / BACK, shallow=False):
            raise RuntimeError(f"{program.program} did not give the bytes back")
        size = program.packed(folder).stat().st_size
    return {"bytes": len(data), "size": size, "compress": compress, "decompress": decompress}


def _rows() -> list[dict[str, Any]]:
    result = read_result(RESULT)
    return [] if result is None else list(result["rows"])


def is_measured(row: dict[str, Any], version: str) -> bool:
    """Whether a row is one of this version of the program, with its memory.

    Rows without a version are of other programs, which stay the same.
    """
    return row.get("version", version) == version and all(
        "peak_memory" in row[way] for way in ("compress", "decompress")
    )


def measure_missing(name: str, program: Program, titles: list[str] | None) -> None:
    """Measure a program on the files that have no row yet, of `titles` or of all that it takes."""
    version = version_of(program)
    mine = [row for row in _rows() if row["codec"] == name and is_measured(row, version)]
    done = {(row["group"], row["file"]) for row in mine}
    for file in inputs():
        if file.title not in (titles or MEASURED.get(name, (file.title,))):
            continue
        if (file.group, file.title) not in done:
            measured = measure(program, file.read())
            rate = 8 * measured["size"] / measured["bytes"]
            print(f"{name} {file.title} {rate:.4f}", flush=True)
            head = {"codec": name, "version": version, "group": file.group, "file": file.title}
            put_row(RESULT, {**head, **row_conditions(), **measured}, KEYS, limit=LIMIT)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, default=Path())
    parser.add_argument("--codecs", nargs="*")
    parser.add_argument("--files", nargs="*")
    options = parser.parse_args(arguments)
    for name, program in programs(options.programs.resolve()).items():
        if options.codecs and name not in options.codecs:
            continue
        if program.program == "lmpack" or shutil.which(program.program):
            measure_missing(name, program, options.files)
        else:
            print(f"{name} is left out: there is no program {program.program}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

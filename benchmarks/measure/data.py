"""Whether the data is here that the other measurements, training and some tests read.

    scripts/bench data [NAME]...

`benchmarks/data.json` has of each file the bytes and the SHA-256 of its content, decompressed where
the name ends in .xz, and where it is from. Says which files are missing and which hold something
else; without a NAME, of all of them. A NAME that ends in a slash is a folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.data import require_shared
from benchmarks.places import ROOT

LIST = ROOT / "benchmarks" / "data.json"
PIECE = 1 << 20


def fault(path: Path, expected: Mapping[str, Any]) -> str | None:
    """What is wrong with a file; None if it is the one that is expected.

    Args:
        path: the file, which need not be there.
        expected: `bytes` and `sha256` of its content.
    """
    if not path.is_file():
        return "missing"
    digest, size = hashlib.sha256(), 0
    try:
        with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
                size += len(piece)
    except (lzma.LZMAError, EOFError):
        return "damaged"
    if size != expected["bytes"]:
        return f"{size:,} bytes, not {expected['bytes']:,}"
    if digest.hexdigest() != expected["sha256"]:
        return "other content of the same length"
    return None


def chosen(files: Mapping[str, Any], names: list[str]) -> list[str]:
    """The files that are named, or lie in a folder that is named; all if there is no name."""
    folders = tuple(name for name in names if name.endswith("/"))
    found = [name for name in files if not names or name in names or name.startswith(folders)]
    for name in names:
        if name not in found and not (name in folders and any(f.startswith(name) for f in found)):
            sys.exit(f"data: {LIST.name} has no {name}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    files = json.loads(LIST.read_text())
    folder = require_shared()
    names = chosen(files, arguments.names)
    faults = 0
    for name in names:
        if what := fault(folder / name, files[name]):
            faults += 1
            print(f"{name}: {what}. From: {_source(files[name])}", flush=True)
    print(f"{len(names) - faults} of {len(names)} files are as they should be")
    return 1 if faults else 0


def _source(entry: Mapping[str, Any]) -> str:
    source = entry["source"]
    return source if isinstance(source, str) else f"{len(source)} repositories ({LIST.name})"


if __name__ == "__main__":
    sys.exit(main())

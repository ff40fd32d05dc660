"""A small folder of files for tests of batches, and what is to come out of it."""

from __future__ import annotations

import os
import random
from pathlib import Path

import lmpack
from lmpack import FileResult

BLOCK = 700
"""Bytes of a block in these tests."""


def text(size: int, seed: int = 0) -> bytes:
    words = random.Random(seed).choices([b"a", b"batch", b"of", b"many", b"files", b"\n"], k=size)
    return b" ".join(words)[:size]


CONTENTS = {
    "empty": b"",
    "one": b"x",
    "block": text(BLOCK, 1),
    "long": text(5 * BLOCK + 3, 2),
    "noise": random.Random(3).randbytes(2 * BLOCK),
    "sub/short": text(90, 4),
    "sub/sub/long": text(3 * BLOCK, 5),
    "with space\nand line": b"odd",
    "-r": b"looks like an option",
    os.fsdecode(b"not \xff UTF-8"): b"bytes",
}


def write_tree(top: Path, contents: dict[str, bytes]) -> Path:
    for name, content in contents.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(content)
    return top


def read_tree(top: Path) -> dict[str, bytes]:
    return {str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if not p.is_dir()}


def packed_tree(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{name}.lmp": lmpack.compress(content) for name, content in contents.items()}


def errors(results: list[FileResult]) -> dict[str, str]:
    return {Path(r.source).name: str(r.error) for r in results if r.error is not None}

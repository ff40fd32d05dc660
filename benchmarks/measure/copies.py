"""What it brings to copy what a block holds twice, by the length of the shortest copy.

    scripts/bench copies

Each file, or its first megabyte, is coded without a model as one block: once as it is, and once for
each least length with all stretches of that length taken out that stood before. One thread.

Then zeros, and tar files of ten folders alike next to one folder alone, go through a level without
a model, both ways: what repeats in them is copied.
"""

from __future__ import annotations

import argparse
import functools
import io
import sys
import sysconfig
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import lmpack
from benchmarks.data import VALIDATION, require_shared, start_of, title_of
from benchmarks.record import environment, timed, write_result
from lmpack._blocks.coding import Coding, no_progress
from lmpack._blocks.copies import with_copies
from lmpack._container import BlockKind
from lmpack._native import SHORTEST_COPY, likely_stride, put_copies, take_copies

SHORTEST = (256, 384, 512, 1024, 2048, 4096)
BLOCK = 1_000_000
OTHERS = (
    "text/Spark_2k.log.xz",
    "text/Zookeeper_2k.log.xz",
    "silesia/xml.xz",
    "silesia/reymont.xz",
    "calgary/bib",
    "calgary/obj2",
    "calgary/pic",
    "calgary/progl",
    "calgary/trans",
    "canterbury/kennedy.xls",
    "canterbury/ptt5",
    "canterbury/sum",
)
"""Beside the texts: logs, markup, tables, programs, pictures."""

SOURCES = ("email", "json", "unittest")
MORE_SOURCES = (*SOURCES, "asyncio")
"""Ten folders of these are more than a block of the level."""
TIMES = 10

LEVEL = 2
"""Its blocks have 8 MiB, and it has no model."""
TURNS = 3
"""Of which the best counts."""

REPEATS: Mapping[str, Callable[[], bytes]] = {
    "64 MiB of zeros": lambda: bytes(64 << 20),
    "one folder": lambda: tar_of_sources(1),
    f"{TIMES} folders": lambda: tar_of_sources(TIMES),
    "one larger folder": lambda: tar_of_sources(1, MORE_SOURCES),
    f"{TIMES} larger folders": lambda: tar_of_sources(TIMES, MORE_SOURCES),
}
"""What repeats, and what is mixed of it."""


def files() -> Iterator[tuple[str, bytes]]:
    """Title and content of all that is coded."""
    for name in VALIDATION + OTHERS:
        yield title_of(name), start_of(name, BLOCK)
    yield "sources.tar", tar_of_sources(1)
    yield f"sources_{TIMES}_times.tar", tar_of_sources(TIMES)


def tar_of_sources(times: int, names: tuple[str, ...] = SOURCES) -> bytes:
    """A tar file of modules of Python's library, in so many folders alike."""
    library = Path(sysconfig.get_path("stdlib"))
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for number in range(times):
            for path in sorted(path for name in names for path in library.glob(f"{name}/*.py")):
                entry = tarfile.TarInfo(f"{number}/{path.relative_to(library)}")
                entry.size = path.stat().st_size
                with path.open("rb") as file:
                    tar.addfile(entry, file)
    return target.getvalue()


def coded(plain: bytes) -> Iterator[dict[str, Any]]:
    """What a block comes to as it is, then without its copies, by the least length of these.

    Where a length takes out the same as the one before, nothing is coded again.
    """
    way = Coding(BlockKind.ADAPTIVE, 0, likely_stride(plain))
    row: dict[str, Any] = {}
    before = None
    for shortest in (None, *SHORTEST):
        least = len(plain) + SHORTEST_COPY if shortest is None else shortest
        (copies, remainder), finding = timed(take_copies, plain, least)
        if copies != before:
            row = measured(way, plain, copies, remainder)
        before = copies
        yield row | {"shortest": shortest, "find_s": finding["cpu"]}


def measured(way: Coding, plain: bytes, copies: bytes, remainder: bytes) -> dict[str, Any]:
    """Size and time of the payload of a block with these copies."""
    payload, encoding = timed(way.encode, None, remainder, no_progress)
    if copies and put_copies(copies, remainder, len(plain)) != plain:
        raise RuntimeError("the round trip failed")
    return {
        "list": len(copies),
        "remainder": len(remainder),
        "payload": len(with_copies(payload, copies)),
        "encode_s": encoding["cpu"],
    }


def through_the_level(plain: bytes) -> dict[str, Any]:
    """Size, and CPU seconds of both ways, the best of some turns."""
    encode = functools.partial(lmpack.compress, plain, level=LEVEL, threads=1)
    turns = []
    for _ in range(TURNS):
        file, encoding = timed(encode)
        back, decoding = timed(lmpack.decompress, file, threads=1)
        if back != plain:
            raise RuntimeError("the round trip failed")
        turns.append({"encode_s": encoding["cpu"], "decode_s": decoding["cpu"]})
    best = {way: min(turn[way] for turn in turns) for way in turns[0]}
    return {"bytes": len(plain), "size": len(file), **best}


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    require_shared()
    result: dict[str, Any] = {"environment": environment(), "block": BLOCK, "files": {}}
    result |= {"level": LEVEL, "repeats": {}}
    for title, plain in files():
        result["files"][title] = {"bytes": len(plain), "rows": list(coded(plain))}
        write_result("copies", result)
    for title, make in REPEATS.items():
        result["repeats"][title] = through_the_level(make())
        write_result("copies", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

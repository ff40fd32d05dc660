"""The table of pretrained language models in docs/reproduction.md, beside the paper's rows."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.pages.tables import conditions
from lmpack.evaluation.markdown import table
from lmpack.evaluation.paper import (
    ADJUSTED,
    CHUNK,
    CHUNKED,
    COLUMNS,
    PAPER_BYTES,
    Rates,
    paper_column,
)
from lmpack.evaluation.rates import BYTES_PER_PARAMETER
from lmpack.evaluation.results import Row

PAPERS = ("Llama 2 7B", "Chinchilla 1B", "Chinchilla 7B", "Chinchilla 70B")

HEADER = ["", "chunks", "text", "images", "speech", "random"]
COSTS = ["+ 2 bytes a parameter", "+ files", "KB/s in / out"]


def body(rows: Sequence[Row]) -> str:
    """The table.

    Args:
        rows: of a result file of `lmpack eval table1`; those of chunks are shown.
    """
    mine = [row for row in rows if row["chunked"]]
    lines = [_line(name, mine) for name in dict.fromkeys(row["compressor"] for row in mine)]
    parts = [table([*HEADER, *COSTS], [*lines, *map(_paper_line, PAPERS)])]
    if mine:
        parts.append(conditions(mine[-1]))
    return "\n\n".join(parts)


def _line(name: str, rows: Sequence[Row]) -> list[str]:
    """What was measured with one compressor; of several measurements the latest."""
    found = {paper_column(row["data_set"]): row for row in rows if row["compressor"] == name}
    some = next(iter(found.values()))
    rates = [
        f"{100 * found[column]['compressed_bytes'] / found[column]['raw_bytes']:.1f}"
        if column in found
        else ""
        for column in COLUMNS
    ]
    chunks = sorted({row["raw_bytes"] // CHUNK for row in found.values()})
    speeds = [
        sum(row["raw_bytes"] for row in found.values())
        / sum(row[seconds] for row in found.values())
        for seconds in ("compress_seconds", "decompress_seconds")
    ]
    return [
        name,
        " to ".join(f"{count:,}" for count in (chunks[0], chunks[-1])[: len(chunks)]),
        *rates,
        _points(BYTES_PER_PARAMETER * some["parameters"]),
        _points(some["model_bytes"]),
        " / ".join(f"{speed / 1000:,.2f}" for speed in speeds),
    ]


def _points(model_bytes: int) -> str:
    """What a model adds to a rate over the paper's 10^9 bytes."""
    return f"{100 * model_bytes / PAPER_BYTES:,.1f}"


def _paper_line(name: str) -> list[str]:
    raw: Rates = CHUNKED[name]
    cost = ADJUSTED[name][0] - raw[0]
    return [f"paper: {name}", f"{PAPER_BYTES // CHUNK:,}", *map(str, raw), f"{cost:,.1f}", "", ""]

"""The table of docs/libraries.md: arrays in zarr."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table


def parts() -> dict[str, str]:
    """What stands between the markers of the page."""
    result = read_result("zarr")
    return {"zarr": "" if result is None else arrays(result)}


def arrays(result: dict[str, Any]) -> str:
    """A line for each array and codec, with bytes and times of both formats."""
    forms: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in result["rows"]:
        about = f"{row['file']}: {row['dtype']}, {' x '.join(map(str, row['shape']))}"
        forms.setdefault((about, row["codec"]), []).append(row)
    header = ["array", "codec", "bytes", "CPU ms in / out, format 2", "format 3"]
    lines = [[about, codec, *_cells(rows)] for (about, codec), rows in forms.items()]
    about = (
        "`scripts/bench zarr`: arrays of files of benchmarks/kinds, one chunk each, in a store in "
        "memory. Bytes of the chunk, without zarr's metadata; of both formats where they differ. "
        f"Milliseconds of CPU, the fastest of {result['turns']} turns; one thread each. "
    )
    return "\n\n".join([about + conditions(result), table(header, lines)])


def _cells(rows: list[dict[str, Any]]) -> list[str]:
    sizes = dict.fromkeys(f"{row['bytes']:,}" for row in rows)
    times = [" / ".join(f"{1000 * seconds:,.1f}" for seconds in row["cpu"]) for row in rows]
    return [" and ".join(sizes), *times]

"""Sections of docs/benchmarks.md: the models alone, and the published code, next to others."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions, section
from lmpack.evaluation.markdown import table


def compare(result: dict[str, Any]) -> str:
    """Sizes and speeds next to classical compressors."""
    files = result["files"]
    names = list(next(iter(files.values()))["codecs"])
    sizes = [
        [
            title,
            f"{entry['bytes']:,}",
            *(f"{entry['codecs'][n]['bits_per_byte']:.3f}" for n in names),
        ]
        for title, entry in files.items()
    ]
    speeds = [
        [
            title,
            *(
                "{compress_kb_per_s:,.0f} / {decompress_kb_per_s:,.0f}".format(**entry["codecs"][n])
                for n in names
            ),
        ]
        for title, entry in files.items()
    ]
    return section(
        "The models alone next to classical compressors",
        f"`scripts/bench compare`: the first {result['limit']:,} bytes of each file, "
        "without mixing; every row decoded and compared. The model is not counted in the size. "
        + conditions(result),
        "Bits per byte:",
        table(["file", "bytes", *names], sizes),
        "Compress / decompress, KB/s of wall time, one process:",
        table(["file", *names], speeds),
    )


def reference_repository(result: dict[str, Any]) -> str:
    """Speed next to the paper's published code."""
    rows = []
    for row in result["rows"]:
        line = [row["mode"], f"{row['bytes']:,}", str(row.get("lanes", 1))]
        for direction in ("encode", "decode"):
            ours = row["bytes"] / row["ours"][direction]
            seconds = row["theirs"].get(direction)
            theirs = None if seconds is None else row["bytes"] / seconds
            line.append(f"{ours:,.0f}")
            line.append("cannot" if theirs is None else f"{theirs:,.1f}")
            line.append("" if theirs is None else f"{ours / theirs:,.0f}")
        rows.append(line)
    parameters = result["parameters"]
    header = ["their mode", "bytes", "lanes"]
    for direction in ("encode", "decode"):
        header += [f"{direction} bytes/s", "theirs", "ratio"]
    return section(
        "The paper's published code",
        "`scripts/bench reference_repository`: google-deepmind/"
        "language_modeling_is_compression, compiled for the length, and ours on one thread, both "
        f"with random weights: {parameters['theirs']:,} and {parameters['ours']:,} parameters. The "
        "cost of its lossless mode grows with the square of the length; longer texts were not run "
        "in it. Its default mode was run on three chunks of 2,048 bytes, and what it makes cannot "
        "be decoded. Lanes are chunks that ours codes together. " + conditions(result),
        table(header, rows),
    )

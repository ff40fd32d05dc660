"""Turns benchmarks/results/*.json into docs/benchmarks.md and the table in README.md.

    python benchmarks/render.py [--check]

With --check it only says whether the files are up to date.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from environment import RESULTS, ROOT

TARGET = ROOT / "docs" / "benchmarks.md"
README = ROOT / "README.md"
START, END = "<!-- results, made by benchmarks/render.py -->\n", "<!-- end of results -->\n"


def table(header: list[str], rows: Iterable[list[str]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def conditions(result: dict[str, Any]) -> str:
    """One line on what a measurement was made with."""
    e = result["environment"]
    packages = ", ".join(f"{name} {version}" for name, version in e["packages"].items() if version)
    return (
        f"{e['cpu']}, {e['cores']} cores, Python {e['python']}, {packages}; "
        f"commit {e['commit'][:12]}{' with changes' if e['modified'] else ''}."
    )


def compare(result: dict[str, Any]) -> str:
    """Sizes and speeds beside classical compressors."""
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
    return "\n\n".join(
        [
            "## Beside classical compressors",
            f"`python benchmarks/compare.py`: the first {result['limit']:,} bytes of each file, "
            "every row decoded and compared. The model is not counted in the size. "
            + conditions(result),
            "Bits per byte:",
            table(["file", "bytes", *names], sizes),
            "Compress / decompress, KB/s of wall time, one process:",
            table(["file", *names], speeds),
        ]
    )


def breakdown(result: dict[str, Any]) -> str:
    """Times by lane count, their shares, and the coder's loss."""
    rows = []
    for row in result["lanes"]:
        cells = [f"{row['bytes']:,}", str(row["lanes"]), f"{row['payload']:,}"]
        cells.append(f"{row['bits_per_byte']:.4f}")
        for direction in ("encode", "decode"):
            part = row[direction]
            shares = " / ".join(f"{100 * part[key]:.1f}" for key in ("model", "coder", "rest"))
            cells += [f"{part['kb_per_s']:.1f}", shares]
        rows.append(cells)
    loss = result["loss"]
    return "\n\n".join(
        [
            f"## Where the time goes, by number of lanes: {result['executor']}",
            f"`python benchmarks/breakdown.py --executor {result['executor'].split()[0]} "
            f"--threads {result['threads']}`: one block of Wikipedia text, "
            f"model {result['model']}. Shares of the wall time in percent: "
            "model / coder / rest (Python). " + conditions(result),
            table(
                [
                    "block",
                    "lanes",
                    "payload",
                    "bits per byte",
                    "encode KB/s",
                    "shares",
                    "decode KB/s",
                    "shares",
                ],
                rows,
            ),
            f"Loss of the coder: {loss['payload']:,} bytes against {loss['ideal']:,.1f} under the "
            f"model's own probabilities, {100 * loss['loss']:.4f} %.",
        ]
    )


def memory(result: dict[str, Any]) -> str:
    """Peak memory by input size."""
    rows = [
        [f"{row['bytes']:,}", *(f"{row[key] / 2**20:.0f}" for key in ("compress", "decompress"))]
        for row in result["rows"]
    ]
    return "\n\n".join(
        [
            "## Memory",
            "`python benchmarks/memory.py`: peak resident set of the command, MiB. "
            + conditions(result),
            table(["input bytes", "compress", "decompress"], rows),
        ]
    )


SECTIONS = {
    "compare": compare,
    "breakdown_native": breakdown,
    "breakdown_onnxruntime": breakdown,
    "memory": memory,
}


def readme(text: str) -> str:
    """The README with its table of results."""
    result = json.loads((RESULTS / "compare.json").read_text())
    files = result["files"]
    names = list(next(iter(files.values()))["codecs"])
    rows = []
    for title, entry in files.items():
        codecs = entry["codecs"]
        ours = "{compress_kb_per_s:.0f} / {decompress_kb_per_s:.0f}".format(**codecs[names[0]])
        rates = [f"{codecs[name]['bits_per_byte']:.3f}" for name in names]
        rows.append([title, f"{entry['bytes']:,}", *rates, ours])
    before, rest = text.split(START)
    _, after = rest.split(END)
    part = table(["file", "bytes", "lmpack", *names[1:], "lmpack KB/s in / out"], rows)
    return before + START + part + "\n" + END + after


def render() -> str:
    """The whole document."""
    parts = [
        "# Benchmarks",
        "Made by `python benchmarks/render.py` from `benchmarks/results/`; do not edit. Speeds "
        "compare only within one table: they depend on the machine and on what else it was doing.",
    ]
    for name, section in SECTIONS.items():
        path = RESULTS / f"{name}.json"
        if path.exists():
            parts.append(section(json.loads(path.read_text())))
    return "\n\n".join(parts) + "\n"


def main(arguments: list[str]) -> int:
    new = {TARGET: render(), README: readme(README.read_text())}
    if "--check" in arguments:
        return int(any(text != path.read_text() for path, text in new.items()))
    for path, text in new.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

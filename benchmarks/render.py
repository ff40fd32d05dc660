"""Turns benchmarks/results/*.json into docs/benchmarks.md and the table in README.md.

    python benchmarks/render.py [--check]

With --check it only says whether the files are up to date.
"""

from __future__ import annotations

import json
import sys

import sections
from environment import RESULTS, ROOT
from tables import table

TARGET = ROOT / "docs" / "benchmarks.md"
README = ROOT / "README.md"
START, END = "<!-- results, made by benchmarks/render.py -->\n", "<!-- end of results -->\n"

SECTIONS = {
    "compare": sections.compare,
    "engine": sections.engine,
    "scaling": sections.scaling,
    "small_files": sections.small_files,
    "lanes_native_small": sections.lanes,
    "lanes_native_base": sections.lanes,
    "lanes_onnxruntime_small": sections.lanes,
    "coder": sections.coder,
    "reference_repository": sections.reference_repository,
    "instructions": sections.instructions,
}
"""What is made of each result file, in the order of the document."""


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

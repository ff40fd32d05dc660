"""Turns benchmarks/results/*.json into docs/benchmarks.md and the tables of other documents.

    python benchmarks/render.py [--check]

With --check it only says whether the files are up to date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import gpu_tables
import models_page
import reproduction_page
import rival_tables
import sections
from environment import RESULTS, ROOT

BENCHMARKS = ROOT / "docs" / "benchmarks.md"
MODELS = ROOT / "docs" / "models.md"
README = ROOT / "README.md"
GPU = ROOT / "docs" / "gpu.md"
REPRODUCTION = ROOT / "docs" / "reproduction.md"

SECTIONS = {
    "rivals": rival_tables.rivals,
    "compare": sections.compare,
    "mixing": sections.mixing,
    "engine": sections.engine,
    "scaling": sections.scaling,
    "small_files": sections.small_files,
    "batch": sections.batch,
    "lanes_native_small": sections.lanes,
    "lanes_native_base": sections.lanes,
    "lanes_onnxruntime_small": sections.lanes,
    "coder": sections.coder,
    "reference_repository": sections.reference_repository,
    "instructions": sections.instructions,
}
"""What is made of each result file, in the order of the document."""


def filled(document: Path, parts: dict[str, str]) -> str:
    """A document with new text between the markers of each part."""
    text = document.read_text()
    for name, part in parts.items():
        before, rest = text.split(start := f"<!-- {name}, made by benchmarks/render.py -->\n")
        _, after = rest.split(end := f"<!-- end of {name} -->\n")
        text = before + start + (part + "\n" if part else "") + end + after
    return text


def readme_parts() -> dict[str, str]:
    """The README's tables."""
    rows = json.loads((RESULTS / "rivals.json").read_text())["rows"]
    return {"sizes": rival_tables.readme_sizes(rows), "levels": rival_tables.readme_levels(rows)}


def benchmarks() -> str:
    """The whole document of benchmarks."""
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
    new = {
        BENCHMARKS: benchmarks(),
        MODELS: filled(MODELS, models_page.parts()),
        GPU: filled(GPU, gpu_tables.parts()),
        REPRODUCTION: filled(REPRODUCTION, reproduction_page.parts()),
        README: filled(README, readme_parts()),
    }
    if "--check" in arguments:
        return int(any(text != path.read_text() for path, text in new.items()))
    for path, text in new.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

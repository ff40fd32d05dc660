"""Turns benchmarks/results/ into docs/benchmarks.md and the tables of other documents.

    scripts/docs [--check]

With --check nothing is written: it fails, and names them, if documents are not up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.pages import (
    chunks,
    command,
    copies,
    decoders,
    engine,
    filters,
    flushes,
    gpu_tables,
    kinds,
    mixing_parts,
    models,
    others,
    reliability,
    reproduction,
    rivals,
)
from benchmarks.places import DOCS, ROOT
from benchmarks.record import read_result

BENCHMARKS = DOCS / "benchmarks.md"
MODELS = DOCS / "models.md"
FILTERS = DOCS / "filters.md"
README = ROOT / "README.md"
GPU = DOCS / "gpu.md"
REPRODUCTION = DOCS / "reproduction.md"
RELIABILITY = DOCS / "reliability.md"
PRETRAINED = DOCS / "pretrained.md"
COPIES = DOCS / "copies.md"
MIXING = DOCS / "mixing.md"
PYTHON = DOCS / "python.md"
LIBRARIES = DOCS / "libraries.md"

SECTIONS = {
    "rivals": rivals.rivals,
    "kinds": kinds.kinds,
    "compare": others.compare,
    "mixing": engine.mixing,
    "two_models": engine.two_models,
    "engine": engine.engine,
    "scaling": command.scaling,
    "threads": command.threads,
    "small_files": command.small_files,
    "batch": command.batch,
    "coding_ratio": command.coding_ratio,
    "verify": command.verify,
    "choice": command.choice,
    "lanes_native_small": engine.lanes,
    "lanes_native_base": engine.lanes,
    "lanes_onnxruntime_small": engine.lanes,
    "coder": engine.coder,
    "reference_repository": others.reference_repository,
    "instructions": engine.instructions,
}
"""What is made of each result file, in the order of the document."""


def filled(document: Path, parts: dict[str, str]) -> str:
    """A document with new text between the markers of each part."""
    text = document.read_text()
    for name, part in parts.items():
        before, rest = text.split(start := f"<!-- {name}, made by scripts/docs -->\n")
        _, after = rest.split(end := f"<!-- end of {name} -->\n")
        text = before + start + (part + "\n" if part else "") + end + after
    return text


def readme_parts() -> dict[str, str]:
    """The README's tables."""
    result = read_result("rivals")
    rows = [] if result is None else result["rows"]
    return {"sizes": rivals.readme_sizes(rows), "levels": rivals.readme_levels(rows)}


def benchmarks() -> str:
    """The whole document of benchmarks."""
    parts = [
        "# Benchmarks",
        "Made by `scripts/docs` from `benchmarks/results/`; do not edit. Speeds "
        "compare only within one table: they depend on the machine and on what else it was doing.",
    ]
    for name, section in SECTIONS.items():
        if result := read_result(name):
            parts.append(section(result))
    return "\n\n".join(parts) + "\n"


def main(arguments: list[str]) -> int:
    new = {
        BENCHMARKS: benchmarks(),
        MODELS: filled(MODELS, models.parts()),
        FILTERS: filled(FILTERS, filters.parts()),
        GPU: filled(GPU, gpu_tables.parts()),
        REPRODUCTION: filled(REPRODUCTION, reproduction.parts()),
        RELIABILITY: filled(RELIABILITY, reliability.parts()),
        PRETRAINED: filled(PRETRAINED, decoders.parts()),
        COPIES: filled(COPIES, copies.parts()),
        MIXING: filled(MIXING, mixing_parts.parts()),
        PYTHON: filled(PYTHON, flushes.parts()),
        LIBRARIES: filled(LIBRARIES, chunks.parts()),
        README: filled(README, readme_parts()),
    }
    if "--check" in arguments:
        stale = [path.name for path, text in new.items() if text != path.read_text()]
        for name in stale:
            print(f"{name} is not up to date: run scripts/docs")
        return int(bool(stale))
    for path, text in new.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

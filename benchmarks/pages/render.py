"""Turns benchmarks/results/ into benchmarks.md and history.md in docs/, and tables of others.

    scripts/docs [--check]

With --check nothing is written: it fails, and names them, if documents are not up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import commits
from benchmarks.pages import (
    chunks,
    command,
    copies,
    decoders,
    earlier_build,
    engine,
    filters,
    flushes,
    gpu_tables,
    kinds,
    mixing_parts,
    models,
    others,
    patches,
    ray,
    records,
    reliability,
    reproduction,
    rivals,
    threads,
    wheel,
    zarr,
)
from benchmarks.pages.tables import OURS, row_days, row_origins, standing
from benchmarks.places import DOCS, ROOT
from benchmarks.record import read_result
from benchmarks.standing import is_earlier

BENCHMARKS = DOCS / "benchmarks.md"
HISTORY = DOCS / "history.md"
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
CLUSTER = DOCS / "cluster.md"

SECTIONS = {
    "rivals": rivals.rivals,
    "kinds": kinds.kinds,
    "compare": others.compare,
    "mixing": engine.mixing,
    "two_models": engine.two_models,
    "engine": engine.engine,
    "engine_amx": engine.engine,
    "scaling": command.scaling,
    "threads": threads.threads,
    "small_files": command.small_files,
    "wheel": wheel.wheel,
    "patches": patches.patches,
    "batch": command.batch,
    "records": records.records,
    "coding_ratio": earlier_build.coding_ratio,
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

MADE = "Made by `scripts/docs` from `benchmarks/results/`; do not edit."
NOT_COMPARED = (
    "Speeds compare only within one table: they depend on the machine and on what else it was "
    "doing. A commit *not in this history* was changed before it came here, and cannot be fetched."
)


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
    sizes = read_result("rivals") or {"rows": []}
    by_kind = read_result("kinds") or {"rows": []}
    return {
        "sizes": _with_standing(rivals.readme_sizes(sizes["rows"]), sizes)
        + f"\n\n{row_origins(sizes['rows'])}".rstrip(),
        "kinds": _with_standing(kinds.readme_kinds(by_kind), by_kind),
        "levels": _with_standing(rivals.readme_levels(sizes["rows"]), sizes) + _where_levels(sizes),
        "threads": threads.readme_threads(read_result("threads") or {"rows": []}),
    }


def _where_levels(sizes: Mapping[str, Any]) -> str:
    """On which day and processor our rows of the rivals' table were measured."""
    ours = [row for row in sizes["rows"] if row["codec"].startswith(OURS)]
    if not ours:
        return ""
    return f"\n\nMeasured with lmpack of {row_days(ours)} on {sizes['environment']['cpu']}."


def _rows_of(name: str) -> list[dict[str, Any]]:
    """The rows of a result; none if it was not measured."""
    rows: list[dict[str, Any]] = (read_result(name) or {"rows": []})["rows"]
    return rows


def _with_standing(table: str, result: Mapping[str, Any]) -> str:
    """A table that says what state it is of, if that is an earlier one."""
    words = standing(result)
    return f"{table}\n\n{words}" if words else table


def _sections(earlier: bool) -> list[str]:
    """The sections on results of the program as it is, or on those of an earlier state."""
    results = {name: read_result(name) for name in SECTIONS if is_earlier(name) == earlier}
    return [SECTIONS[name](result) for name, result in results.items() if result is not None]


def benchmarks() -> str:
    """The whole document of benchmarks, of which every table is of the program as it is."""
    parts = [
        "# Benchmarks",
        "*For whoever compares lmpack with other programs, or its levels with one another.*",
        f"{MADE} {NOT_COMPARED} {night_words()}",
        *_sections(earlier=False),
    ]
    if earlier := _sections(earlier=True):
        titles = (part.splitlines()[0].removeprefix("## ") for part in earlier)
        listed = "\n".join(f"- {title}" for title in titles)
        parts += [
            "## Earlier measurements",
            "These tables were measured with other models, predictors or levels. They stand in "
            f"[history.md](history.md):\n\n{listed}",
        ]
    return "\n\n".join(parts) + "\n"


def history() -> str:
    """The whole document of the tables that are kept of an earlier state."""
    parts = [
        "# Earlier measurements",
        "*For whoever wants numbers that were not measured with the program as it is.*",
        f"{MADE} {NOT_COMPARED} These tables were measured with other models, predictors or "
        "levels, and each says which. Do not compare them with those of "
        "[benchmarks.md](benchmarks.md).",
        *_sections(earlier=True),
    ]
    return "\n\n".join(parts) + "\n"


def night_words() -> str:
    """Whether all results were ever measured in one run."""
    made = (
        "`scripts/bench night` measures what the documents show, one after another, except what "
        "needs a GPU, training, or models and builds of others"
    )
    result = read_result("night")
    if result is None:
        return f"{made}; it has not been run as a whole yet."
    commit = result["environment"]["commit"]
    return f"{made}; it was last run as a whole with commit {commit[:12]}."


def main(arguments: list[str]) -> int:
    if "--check" not in arguments and commits.has_history():
        commits.update()
    new = {
        BENCHMARKS: benchmarks(),
        HISTORY: history(),
        MODELS: filled(MODELS, models.parts()),
        FILTERS: filled(FILTERS, filters.parts()),
        GPU: filled(GPU, gpu_tables.parts()),
        REPRODUCTION: filled(REPRODUCTION, reproduction.parts()),
        RELIABILITY: filled(RELIABILITY, reliability.parts()),
        PRETRAINED: filled(PRETRAINED, decoders.parts()),
        COPIES: filled(COPIES, copies.parts()),
        MIXING: filled(MIXING, mixing_parts.parts()),
        PYTHON: filled(PYTHON, flushes.parts()),
        LIBRARIES: filled(LIBRARIES, chunks.parts() | zarr.parts()),
        CLUSTER: filled(CLUSTER, ray.parts() | {"costs": rivals.costs(_rows_of("rivals"))}),
        README: filled(README, readme_parts()),
    }
    if "--check" in arguments:
        stale = [
            path.name for path, text in new.items() if not path.exists() or text != path.read_text()
        ]
        for name in stale:
            print(f"{name} is not up to date: run scripts/docs")
        return int(bool(stale))
    for path, text in new.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

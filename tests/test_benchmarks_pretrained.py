"""The table of pretrained models: what was measured stands beside the paper's rows."""

from __future__ import annotations

from typing import Any

from benchmarks.pages import pretrained
from lmpack.evaluation.paper import CHUNK

ENVIRONMENT = {
    "cpu": "A CPU",
    "cores": 2,
    "python": "3.11",
    "packages": {"lmpack": "1"},
    "commit": "0123456789abcdef",
    "modified": False,
}


def row(data_set: str, size: int, **others: Any) -> dict[str, Any]:
    measured = {"compressed_bytes": size, "compress_seconds": 2.0, "decompress_seconds": 4.0}
    facts = {"compressor": "gemma (bytes)", "data_set": data_set, "chunked": True}
    model = {"parameters": 268_000_000, "model_bytes": 272_000_000, "environment": ENVIRONMENT}
    return {**facts, "raw_bytes": 4 * CHUNK, **measured, **model, **others}


def test_without_results_the_papers_rows_stand_alone() -> None:
    lines = pretrained.body([]).splitlines()
    assert len(lines) == 2 + len(pretrained.PAPERS)
    paper = "| paper: Llama 2 7B | 488,281 | 8.9 | 53.4 | 23.1 | 103.2 | 1,400.0 |  |  |"
    assert paper in lines


def test_each_compressor_is_a_line() -> None:
    rows = [
        row("enwik8", CHUNK),
        row("enwik8", CHUNK, chunked=False, compressed_bytes=1),
        row("librispeech", 2 * CHUNK, raw_bytes=8 * CHUNK),
        row("enwik7", 4 * CHUNK, compressor="gemma (characters)"),
    ]
    lines = pretrained.body(rows).splitlines()
    assert lines[2] == (
        "| gemma (bytes) | 4 to 8 | 25.0 |  | 25.0 |  | 53.6 | 27.2 | 6.14 / 3.07 |"
    )
    assert lines[3].startswith("| gemma (characters) | 4 | 100.0 |  |  |  |")
    assert lines[-1].startswith("A CPU, 2 cores")

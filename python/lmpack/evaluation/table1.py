"""The paper's Table 1: rates of compressors on data sets, whole and in chunks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lmpack.evaluation.data_sets import DataSet
from lmpack.evaluation.markdown import table
from lmpack.evaluation.paper import (
    ADJUSTED,
    CHUNK,
    CHUNKED,
    PAPER_BYTES,
    WHOLE,
    Rates,
    paper_rate,
)
from lmpack.evaluation.protocol import Compressor
from lmpack.evaluation.rates import Measurement, measure_chunks, measure_whole
from lmpack.evaluation.results import SUBJECT, Report, ResultFile, Row, by_data_set, subject

NAME = "table1"
KEY = (*SUBJECT, "chunked")


def run(
    compressors: Sequence[Compressor],
    data_sets: Iterable[DataSet],
    folder: Path,
    report: Report,
    *,
    whole: bool = True,
) -> list[Row]:
    """Measure what FOLDER/table1.json does not hold yet, and write FOLDER/table1.md.

    Args:
        compressors: all are measured on all data.
        data_sets: loaded one after another.
        folder: made if needed.
        report: called with every row, new or known.
        whole: whether the data are measured as one piece, too, and not only in chunks.

    Returns:
        All rows of the file.

    Raises:
        EvaluationError: something does not come back, or the file is none of these.
    """
    results = ResultFile(folder, NAME, KEY, render)
    for data_set in data_sets:
        for compressor in compressors:
            for chunked in (False, True) if whole else (True,):
                key = {**subject(compressor, data_set), "chunked": chunked}
                row = results.find(**key)
                if row is None:
                    row = {**key, **dataclasses.asdict(_measure(compressor, data_set, chunked))}
                    results.add(row)
                report(row)
    (folder / f"{NAME}.md").write_text(render(results.rows), encoding="utf-8")
    return results.rows


def _measure(compressor: Compressor, data_set: DataSet, chunked: bool) -> Measurement:
    if chunked:
        return measure_chunks(compressor, data_set.chunks)
    return measure_whole(compressor, data_set.data)


def render(rows: Sequence[Row]) -> str:
    """The rows as a page in Markdown, the paper's figures next to ours."""
    return f"# Table 1: compression rates in per cent of the raw size\n\n{body(rows)}\n"


def body(rows: Sequence[Row]) -> str:
    """The page without its title."""
    parts = []
    for chunked in (False, True):
        mine = [row for row in by_data_set(rows) if row["chunked"] == chunked]
        title = f"Chunks of {CHUNK:,} bytes" if chunked else "As one piece"
        if mine:
            parts += [f"{title}:", _table(mine, chunked)]
    parts.append(
        "Adjusted: with 2 bytes for each parameter of a model, over the size of the data, and over "
        "10^9 bytes, as in the paper; with files: with the bytes that the model's files have. "
        "Everything was decompressed and compared."
    )
    return "\n\n".join(parts)


def _table(rows: Sequence[Row], chunked: bool) -> str:
    paper = CHUNKED if chunked else WHOLE
    header = ["compressor", "data", "bytes", "rate", "paper", "adjusted", "with files"]
    header += ["adjusted, 10^9 bytes", "paper"]
    return table([*header, "KB/s in", "KB/s out"], [_line(row, paper, chunked) for row in rows])


def _line(row: Row, paper: Mapping[str, Rates], chunked: bool) -> list[str]:
    name, data_set, measured = row["compressor"], row["data_set"], Measurement.of_row(row)
    costs = [""] * 4
    if measured.parameters:
        costs = [
            _per_cent(measured.adjusted_rate(measured.raw_bytes)),
            _per_cent(measured.rate_with_files),
            _per_cent(measured.adjusted_rate(PAPER_BYTES)),
            _plain(paper_rate(ADJUSTED, name, data_set) if chunked else None),
        ]
    return [
        name,
        data_set,
        f"{measured.raw_bytes:,}",
        _per_cent(measured.rate),
        _plain(paper_rate(paper, name, data_set)),
        *costs,
        *(f"{speed / 1000:,.0f}" for speed in measured.speeds),
    ]


def _per_cent(share: float) -> str:
    return f"{100 * share:.1f}"


def _plain(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.1f}"

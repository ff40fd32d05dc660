"""Adjusted rate against the size of the model, for several sizes of data: the paper's figure 2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lmpack.evaluation.data_sets import DataSet
from lmpack.evaluation.markdown import table
from lmpack.evaluation.paper import CHUNK
from lmpack.evaluation.pictures import Curve, draw_curves
from lmpack.evaluation.protocol import Compressor
from lmpack.evaluation.rates import adjusted, measure_chunks
from lmpack.evaluation.results import SUBJECT, Report, ResultFile, Row, by_data_set, subject

NAME = "scaling"
KEY = (*SUBJECT, "bytes")

SIZES = tuple(10**power for power in range(5, 10))
"""Bytes of data, 10^5 to 10^9."""


def run(
    compressors: Sequence[Compressor], data_sets: Iterable[DataSet], folder: Path, report: Report
) -> list[Row]:
    """Measure what FOLDER/scaling.json does not hold yet; write scaling.md and a PNG for each set.

    Rates in chunks are measured on the first 10^5, 10^6, ... bytes, as far as the data goes. For
    larger sizes the rate of the largest measured one is taken: a frozen model has about the same
    rate on more of the same data.

    Arguments, result and errors are those of :func:`lmpack.evaluation.table1.run`.
    """
    results = ResultFile(folder, NAME, KEY, render)
    for data_set in data_sets:
        for compressor in compressors:
            for size in measured_sizes(len(data_set.data)):
                row = _row(results, compressor, data_set, size)
                report(row)
    (folder / f"{NAME}.md").write_text(render(results.rows), encoding="utf-8")
    draw_pictures(folder, results.rows)
    return results.rows


def measured_sizes(available: int) -> list[int]:
    """Sizes that can be measured on this many bytes; all of them, if they are fewer than 10^5."""
    return [size for size in SIZES if size // CHUNK * CHUNK <= available] or [available]


def _row(results: ResultFile, compressor: Compressor, data_set: DataSet, size: int) -> Row:
    key = {**subject(compressor, data_set), "bytes": size}
    row = results.find(**key)
    if row is None:
        measured = measure_chunks(compressor, data_set.chunks[: size // CHUNK])
        row = {**key, "rate": measured.rate, "parameters": compressor.parameters}
        results.add(row)
    return row


def adjusted_rates(rows: Sequence[Row]) -> list[tuple[int, float, bool]]:
    """Of one compressor and data set: size of the data, adjusted rate, whether it was measured."""
    measured = {row["bytes"]: row["rate"] for row in rows}
    parameters, last = rows[0]["parameters"], max(measured)
    sizes = sorted({*measured, *(size for size in SIZES if size > last)})
    return [
        (size, adjusted(measured.get(size, measured[last]), parameters, size), size in measured)
        for size in sizes
    ]


def render(rows: Sequence[Row]) -> str:
    """The rows as a page in Markdown."""
    return f"# Adjusted rates in per cent, by size of model and data\n\n{body(rows)}\n"


def body(rows: Sequence[Row]) -> str:
    """The page without its title."""
    lines = []
    for mine in _grouped(by_data_set(rows)):
        name, data_set = mine[0]["compressor"], mine[0]["data_set"]
        for size, rate, was_measured in adjusted_rates(mine):
            how = "measured" if was_measured else "computed"
            parameters = f"{mine[0]['parameters']:,}"
            lines.append([name, data_set, parameters, f"{size:,}", f"{100 * rate:.1f}", how])
    header = ["compressor", "data", "parameters", "bytes of data", "adjusted rate", "how"]
    return "\n\n".join(
        [
            table(header, lines),
            "Chunks of 2,048 bytes; 2 bytes for each parameter. Computed: the rate of the largest "
            "measured size, with the parameters spread over more data.",
        ]
    )


def _grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each compressor and data set."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row[field]) for field in SUBJECT), []).append(row)
    return list(groups.values())


def draw_pictures(folder: Path, rows: Sequence[Row]) -> None:
    """Draw FOLDER/scaling_NAME.png for each data set."""
    for name in dict.fromkeys(row["data_set"] for row in rows):
        _draw(folder / f"{NAME}_{name}.png", [row for row in rows if row["data_set"] == name])


def _draw(path: Path, rows: Sequence[Row]) -> None:
    """One curve for each size of data; dashed where nothing was measured."""
    points: dict[int, list[tuple[int, float, bool]]] = {}
    for mine in _grouped(rows):
        if parameters := mine[0]["parameters"]:
            for size, rate, was_measured in adjusted_rates(mine):
                points.setdefault(size, []).append((parameters, 100 * rate, was_measured))
    curves = {}
    for size, of_size in sorted(points.items()):
        measured = all(was_measured for _, _, was_measured in of_size)
        x, y, _ = zip(*sorted(of_size), strict=True)
        name = f"{size:,} bytes" + ("" if measured else ", computed")
        curves[name] = Curve(x, y, dashed=not measured)
    if curves:
        label = "adjusted rate, per cent"
        draw_curves(path, curves, x_label="parameters", y_label=label, logarithmic_y=True)

"""How the rate falls with the length of the sequence: the paper's figure 4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lmpack._blocks.ideal import code_lengths
from lmpack.evaluation.data_sets import DataSet
from lmpack.evaluation.markdown import table
from lmpack.evaluation.model_compressors import Transformer
from lmpack.evaluation.paper import CHUNK
from lmpack.evaluation.pictures import Curve, draw_curves
from lmpack.evaluation.protocol import Compressor
from lmpack.evaluation.results import SUBJECT, Report, ResultFile, Row, by_data_set, subject

NAME = "context"
KEY = SUBJECT

LENGTHS = tuple(2**power for power in range(4, 12))
"""16 to 2048 bytes."""

RESAMPLES = 1000
INTERVAL = (5, 95)
"""Percentiles of the means of this many bootstrap samples of the chunks."""

LANES = 16


def run(
    compressors: Sequence[Compressor], data_sets: Iterable[DataSet], folder: Path, report: Report
) -> list[Row]:
    """Measure what FOLDER/context.json does not hold yet; write context.md and a PNG for each set.

    Arguments, result and errors are those of :func:`lmpack.evaluation.table1.run`.
    """
    results = ResultFile(folder, NAME, KEY, render)
    for data_set in data_sets:
        for compressor in compressors:
            key = subject(compressor, data_set)
            row = results.find(**key)
            if row is None:
                row = {**key, "chunks": len(data_set.chunks), "lengths": LENGTHS}
                row |= bootstrap(prefix_sizes(compressor, data_set.chunks) / LENGTHS)
                results.add(row)
            report(row)
    (folder / f"{NAME}.md").write_text(render(results.rows), encoding="utf-8")
    draw_pictures(folder, results.rows)
    return results.rows


def prefix_sizes(compressor: Compressor, chunks: Sequence[bytes]) -> npt.NDArray[np.float64]:
    """Bytes that the first 16, 32, ... bytes of each chunk become: [chunks, lengths].

    Of a Transformer, which is asked once for all of them, the ideal code length; of all others what
    they give, headers included.
    """
    if isinstance(compressor, Transformer):
        symbols = np.frombuffer(b"".join(chunks), np.uint8).reshape(-1, CHUNK)
        groups = [symbols[first : first + LANES] for first in range(0, len(symbols), LANES)]
        bits = np.concatenate([code_lengths(compressor.executor, group) for group in groups])
        sizes: npt.NDArray[np.float64] = bits.cumsum(axis=1)[:, np.array(LENGTHS) - 1] / 8
        return sizes
    return np.array(
        [[len(compressor.compress(chunk[:length])) for length in LENGTHS] for chunk in chunks],
        np.float64,
    )


def bootstrap(rates: npt.NDArray[np.float64]) -> dict[str, list[float]]:
    """Mean rates [lengths] of [chunks, lengths], and percentiles of the means of resamples."""
    random = np.random.default_rng(0)
    picked = random.integers(0, len(rates), (RESAMPLES, len(rates)))
    means = np.array([rates[rows].mean(axis=0) for rows in picked])
    low, high = np.percentile(means, INTERVAL, axis=0)
    return {"mean": rates.mean(axis=0).tolist(), "low": low.tolist(), "high": high.tolist()}


def render(rows: Sequence[Row]) -> str:
    """The rows as a page in Markdown."""
    return f"# Rates in per cent of the first bytes of a chunk\n\n{body(rows)}\n"


def body(rows: Sequence[Row]) -> str:
    """The page without its title."""
    lines = [
        [
            row["compressor"],
            row["data_set"],
            f"{row['chunks']:,}",
            *(
                f"{100 * mean:.1f} ({100 * low:.1f} - {100 * high:.1f})"
                for mean, low, high in zip(row["mean"], row["low"], row["high"], strict=True)
            ),
        ]
        for row in by_data_set(rows)
    ]
    header = ["compressor", "data", "chunks", *(f"{length:,} bytes" for length in LENGTHS)]
    return "\n\n".join(
        [
            table(header, lines),
            f"Means over the chunks, and the {INTERVAL[0]} % and {INTERVAL[1]} % percentiles of "
            f"{RESAMPLES:,} bootstrap samples. Headers are counted. Transformers: the ideal code "
            "length under the model.",
        ]
    )


def draw_pictures(folder: Path, rows: Sequence[Row]) -> None:
    """Draw FOLDER/context_NAME.png for each data set."""
    for name in dict.fromkeys(row["data_set"] for row in rows):
        _draw(folder / f"{NAME}_{name}.png", [row for row in rows if row["data_set"] == name])


def _draw(path: Path, rows: Sequence[Row]) -> None:
    curves = {}
    for row in rows:
        mean, low, high = ([100 * rate for rate in row[key]] for key in ("mean", "low", "high"))
        curves[row["compressor"]] = Curve(row["lengths"], mean, low, high)
    label = "per cent of the raw size"
    draw_curves(path, curves, x_label="bytes", y_label=label, logarithmic_y=True)

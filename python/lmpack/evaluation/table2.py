"""The paper's Table 2: models of several sizes over the symbols of several tokenizers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lmpack._executors.protocol import no_progress
from lmpack._executors.stepping import decode_symbols, encode_by_prefill
from lmpack._models.architecture import Architecture
from lmpack._models.tokenization import Symbols
from lmpack.errors import EvaluationError, UsageError
from lmpack.evaluation.data_sets import DataSet
from lmpack.evaluation.markdown import table
from lmpack.evaluation.model_compressors import Transformer
from lmpack.evaluation.protocol import Compressor
from lmpack.evaluation.rates import Measurement
from lmpack.evaluation.results import SUBJECT, Report, ResultFile, Row, subject
from lmpack.evaluation.token_compressor import TokenTransformer

NAME = "table2"
KEY = (*SUBJECT, "tokenizer")

SEQUENCE = 2048
"""Symbols of a sequence, which knows nothing of the others: the paper's context, in tokens."""

SEQUENCES = 256
"""Sequences that are predicted together."""


Model = Transformer | TokenTransformer
"""What is measured: it has a tokenizer, which makes its symbols."""


def run(
    compressors: Sequence[Compressor], data_sets: Iterable[DataSet], folder: Path, report: Report
) -> list[Row]:
    """Measure what FOLDER/table2.json does not hold yet, and write FOLDER/table2.md.

    Args:
        compressors: models, over bytes or tokens.
        data_sets: loaded one after another.
        folder: made if needed.
        report: called with every row, new or known.

    Returns:
        All rows of the file.

    Raises:
        UsageError: a compressor is no model.
        EvaluationError: something does not come back, or the file is none of these.
    """
    models = [_model(compressor) for compressor in compressors]
    results = ResultFile(folder, NAME, KEY, render)
    for data_set in data_sets:
        for model in models:
            key = {**subject(model, data_set), "tokenizer": model.tokenizer.name}
            row = results.find(**key)
            if row is None:
                row = {**key, **measure(model, data_set.data)}
                results.add(row)
            report(row)
    (folder / f"{NAME}.md").write_text(render(results.rows), encoding="utf-8")
    return results.rows


def measure(model: Model, data: bytes) -> dict[str, Any]:
    """Code the symbols of some bytes in sequences, and check that the bytes come back.

    Raises:
        EvaluationError: they do not.
    """
    started = time.perf_counter()
    symbols = model.tokenizer.encode(data)
    group = SEQUENCE * SEQUENCES
    parts = [symbols[first : first + group] for first in range(0, len(symbols), group)]
    payloads = [
        encode_by_prefill(model.executor, part, _length(part), no_progress) for part in parts
    ]
    encoded = time.perf_counter()
    back = [
        decode_symbols(model.executor, payload, len(part), _length(part), no_progress)
        for payload, part in zip(payloads, parts, strict=True)
    ]
    if model.tokenizer.decode(np.concatenate(back)) != data:
        raise EvaluationError(f"{model.name} did not give the bytes back")
    return {
        "layer_weights": weights_in_layers(model.bundle.architecture),
        "parameters": model.parameters,
        "model_bytes": model.model_bytes,
        "vocabulary": model.tokenizer.vocabulary,
        "symbols": len(symbols),
        "raw_bytes": len(data),
        "compressed_bytes": sum(map(len, payloads)),
        "compress_seconds": encoded - started,
        "decompress_seconds": time.perf_counter() - encoded,
    }


def weights_in_layers(shape: Architecture) -> int:
    """Weights of the matrices in the layers, which is what the paper names its sizes by."""
    queries = shape.heads * shape.head_width
    return shape.layers * shape.width * 2 * (queries + shape.head_width + shape.hidden)


def render(rows: Sequence[Row]) -> str:
    """The rows as a page in Markdown."""
    return f"# Table 2: rates in per cent by tokenizer and size of model\n\n{body(rows)}\n"


def body(rows: Sequence[Row]) -> str:
    """The page without its title."""
    parts = []
    for name in dict.fromkeys(row["data_set"] for row in rows):
        mine = [row for row in rows if row["data_set"] == name]
        parts += [f"{name}, {mine[0]['raw_bytes']:,} bytes:", _table(mine)]
    parts.append(
        f"Each sequence of {SEQUENCE:,} symbols is coded without the others. Sizes of models are "
        "those of their layers; embeddings of large vocabularies come on top, which "
        '"with files" counts. Everything was decoded and compared.'
    )
    return "\n\n".join(parts)


def _table(rows: Sequence[Row]) -> str:
    header = ["tokenizer", "bytes a symbol", "weights in layers", "rate", "with files"]
    lines = []
    for row in sorted(rows, key=lambda row: (row["layer_weights"], row["vocabulary"])):
        measured = Measurement.of_row(row)
        lines.append(
            [
                row["tokenizer"],
                f"{measured.raw_bytes / row['symbols']:.2f}",
                f"{row['layer_weights']:,}",
                f"{100 * measured.rate:.1f}",
                f"{100 * measured.rate_with_files:.1f}",
                *(f"{speed / 1000:,.0f}" for speed in measured.speeds),
            ]
        )
    return table([*header, "KB/s in", "KB/s out"], lines)


def _model(compressor: Compressor) -> Model:
    if not isinstance(compressor, Transformer | TokenTransformer):
        raise UsageError(
            f"{compressor.name} has no tokenizer: this experiment takes models (model:FOLDER)"
        )
    return compressor


def _length(symbols: Symbols) -> int:
    return min(SEQUENCE, len(symbols))

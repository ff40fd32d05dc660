"""Training sequences from plain or .xz files, the same for the same seed and step."""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lmpack.architecture import Architecture
from lmpack.errors import TrainingError
from lmpack.symbols import embedding_rows
from lmpack.training.config import Source


def read_source(folder: Path, source: Source) -> npt.NDArray[np.uint8]:
    """The bytes of a source, without its skipped ranges: uint8 [n].

    Raises:
        TrainingError: it cannot be read or is empty.
    """
    path = folder / source.path
    try:
        if path.suffix == ".xz":
            with lzma.open(path) as file:
                content = file.read()
        else:
            content = path.read_bytes()
    except (OSError, lzma.LZMAError) as error:
        raise TrainingError(f"training data {path} cannot be read: {error}") from error
    data = np.frombuffer(content, np.uint8)
    keep = np.ones(len(data), bool)
    for start, end in source.skip:
        keep[start:end] = False
    data = data if keep.all() else data[keep]
    if not len(data):
        raise TrainingError(f"training data {path} is empty")
    return data


def sequence_rows(
    architecture: Architecture, symbols: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """Embedding rows for predicting every symbol of sequences [B, T]: [B, T, 1 + tables]."""
    padded = np.full(
        (symbols.shape[0], architecture.history + symbols.shape[1]),
        architecture.start_symbol,
        np.int64,
    )
    padded[:, architecture.history + 1 :] = symbols[:, :-1]
    return embedding_rows(architecture, padded)


class Sampler:
    """Draws sequences from sources by weight, without a state: step s always gives batch s."""

    def __init__(self, folder: Path, sources: Sequence[Source], batch: int, length: int, seed: int):
        if not sources:
            raise TrainingError("a recipe needs at least one source in `train`")
        self._data = [read_source(folder, source) for source in sources]
        for source, data in zip(sources, self._data, strict=True):
            if len(data) < length:
                raise TrainingError(f"{source.path} is shorter than one sequence of {length} bytes")
        weights = np.array([source.weight for source in sources])
        self._shares = weights / weights.sum()
        self._batch, self._length, self._seed = batch, length, seed

    def batch(self, step: int) -> npt.NDArray[np.uint8]:
        """Sequences for one step: uint8 [batch, length]."""
        random = np.random.default_rng((self._seed, step))
        chosen = random.choice(len(self._data), self._batch, p=self._shares)
        rows = []
        for index in chosen:
            data = self._data[index]
            start = int(random.integers(0, len(data) - self._length + 1))
            rows.append(data[start : start + self._length])
        return np.stack(rows)

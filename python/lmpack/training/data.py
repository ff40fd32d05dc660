"""The symbols of training sources, plain or .xz files."""

from __future__ import annotations

import lzma
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lmpack._files.kinds import require_regular
from lmpack._models.bundle import TOKENIZER
from lmpack._models.tokenization import (
    Tokenizer,
    is_learned,
    open_tokenizer,
    train_bpe,
    vocabulary_of,
)
from lmpack.errors import TrainingError
from lmpack.training.config import Source, TrainingConfig

LEARNED_BYTES = 8_000_000
"""How much of each training source a tokenizer learns from."""


def read_source(folder: Path, source: Source) -> npt.NDArray[np.uint8]:
    """The bytes of a source, without its skipped ranges: uint8 [n].

    Raises:
        UsageError: it is a pipe or a device.
        TrainingError: it cannot be read or is empty.
    """
    path = folder / source.path
    require_regular(path)
    try:
        if path.suffix == ".xz":
            with lzma.open(path) as file:
                content = file.read()
        else:
            content = path.read_bytes()
    except (OSError, lzma.LZMAError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"training data {path} cannot be read: {reason}") from error
    data = np.frombuffer(content, np.uint8)
    keep = np.ones(len(data), bool)
    for start, end in source.skip:
        keep[start:end] = False
    data = data if keep.all() else data[keep]
    if not len(data):
        raise TrainingError(f"training data {path} is empty")
    return data


def tokenizer_of_run(config: TrainingConfig, data: Path, run: Path) -> Tokenizer:
    """The tokenizer of a run, which learns from the training sources before the first step."""
    path = run / TOKENIZER
    if is_learned(config.tokenizer) and not path.exists():
        texts = (read_source(data, source)[:LEARNED_BYTES].tobytes() for source in config.train)
        return train_bpe(b"".join(texts), vocabulary_of(config.tokenizer), path)
    return open_tokenizer(config.tokenizer, path)


def read_symbols(
    folder: Path, source: Source, tokenizer: Tokenizer
) -> npt.NDArray[np.unsignedinteger]:
    """The symbols of a source, in as few bytes as they need: unsigned integers [n]."""
    smallest = np.min_scalar_type(tokenizer.vocabulary - 1)
    return tokenizer.encode(read_source(folder, source).tobytes()).astype(smallest)

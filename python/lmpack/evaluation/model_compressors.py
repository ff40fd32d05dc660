"""Transformers as compressors: alone, as in the paper, and as `lmpack compress` uses them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import lmpack
from lmpack._blocks.levels import find_level
from lmpack._executors import open_executor
from lmpack._executors.protocol import no_progress
from lmpack._models.bundle import load_byte_model
from lmpack._models.tokenization import ByteTokenizer, Tokenizer
from lmpack.evaluation.classical import Classical

LANES = 1024
"""Chunks that are coded together, each as a lane of its own: a lane knows nothing of the others."""


class Transformer:
    """A model alone. Chunks are lanes of one block, so that they are predicted together.

    Attributes:
        executor: runs the model.
        tokenizer: makes its symbols, the bytes themselves.

    Args:
        model: name of a built-in model or folder of a bundle.

    Raises:
        ModelError: the model cannot be used.
    """

    header_bytes = 0
    tokenizer: Tokenizer = ByteTokenizer()

    def __init__(self, model: str | os.PathLike[str]) -> None:
        bundle = load_byte_model(model)
        self._model = model
        self.executor = open_executor(bundle)
        self.name = f"Transformer {bundle.name}"
        self.parameters = bundle.architecture.parameters
        self.model_bytes = bundle.size
        self.fingerprint = bundle.fingerprint.hex()

    def compress(self, data: bytes) -> bytes:
        """A container; see :class:`~lmpack.evaluation.protocol.Compressor`."""
        return lmpack.compress(data, model=self._model, mixing=False)

    def decompress(self, packed: bytes) -> bytes:
        """Inverse of :meth:`compress`."""
        return lmpack.decompress(packed, model=self._model)

    def compress_chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """One payload for every :data:`LANES` chunks."""
        groups = (chunks[first : first + LANES] for first in range(0, len(chunks), LANES))
        return [
            self.executor.encode(b"".join(group), len(group[0]), None, no_progress)
            for group in groups
        ]

    def decompress_chunks(self, packed: Sequence[bytes], lengths: Sequence[int]) -> list[bytes]:
        """Inverse of :meth:`compress_chunks`."""
        chunks: list[bytes] = []
        for number, payload in enumerate(packed):
            mine = lengths[number * LANES : (number + 1) * LANES]
            plain = self.executor.decode(payload, sum(mine), mine[0], None, no_progress)
            chunks += _cut(plain, mine)
        return chunks


class Adaptive(Classical):
    """What `lmpack compress` does at a level: the level's model, if it has one, with mixing."""

    def __init__(self, level: int) -> None:
        model = find_level(level).model
        super().__init__(
            f"lmpack -{level}",
            lambda data: lmpack.compress(data, level=level),
            lmpack.decompress,
        )
        if model is not None:
            bundle = load_byte_model(model)
            self.parameters = bundle.architecture.parameters
            self.model_bytes = bundle.size
            self.fingerprint = bundle.fingerprint.hex()


def _cut(plain: bytes, lengths: Sequence[int]) -> Iterator[bytes]:
    start = 0
    for length in lengths:
        yield plain[start : start + length]
        start += length

"""Transformers as compressors: alone, as in the paper, and as `lmpack compress` uses them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import lmpack
from lmpack._blocks.executor_cache import cached_executor
from lmpack._blocks.levels import find_level
from lmpack._executors import CPU
from lmpack._executors.protocol import no_progress
from lmpack._models.bundle import AnyBundle, Bundle, load_bundle, load_byte_model
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack._models.tokenization import ByteTokenizer, Tokenizer
from lmpack.errors import ModelError
from lmpack.evaluation.classical import Classical

Model = str | os.PathLike[str]
"""Name of a model or folder of a bundle."""

LANES = 1024
"""Chunks that are coded together, each as a lane of its own: a lane knows nothing of the others."""

DECODER_LANES = 16
"""The same with a pretrained decoder, of which a lane takes megabytes."""


class ModelAlone:
    """A model that codes bytes. Chunks are lanes of one block, so they are predicted together.

    Attributes:
        bundle: the model.
        executor: runs it.

    Args:
        model: what it is called.
        bundle: what it is.
        name: as in tables.

    Raises:
        ModelError: the model cannot be used.
    """

    header_bytes = 0

    def __init__(self, model: Model, bundle: AnyBundle, name: str) -> None:
        self._model = model
        self.bundle = bundle
        self.executor = cached_executor(bundle, CPU, None)
        self.name = name
        self.parameters = bundle.architecture.parameters
        self.model_bytes = bundle.size
        self.fingerprint = bundle.fingerprint.hex()

    @property
    def lanes(self) -> int:
        """Chunks that are coded together."""
        return LANES

    def compress(self, data: bytes) -> bytes:
        """A container; see :class:`~lmpack.evaluation.protocol.Compressor`."""
        return lmpack.compress(data, model=self._model, mixing=False)

    def decompress(self, packed: bytes) -> bytes:
        """Inverse of :meth:`compress`."""
        return lmpack.decompress(packed, model=self._model)

    def compress_chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """One payload for every `lanes` chunks."""
        groups = (chunks[i : i + self.lanes] for i in range(0, len(chunks), self.lanes))
        return [
            self.executor.encode(b"".join(group), len(group[0]), None, no_progress)
            for group in groups
        ]

    def decompress_chunks(self, packed: Sequence[bytes], lengths: Sequence[int]) -> list[bytes]:
        """Inverse of :meth:`compress_chunks`."""
        chunks: list[bytes] = []
        for number, payload in enumerate(packed):
            mine = lengths[number * self.lanes : (number + 1) * self.lanes]
            plain = self.executor.decode(payload, sum(mine), mine[0], None, no_progress)
            chunks += _cut(plain, mine)
        return chunks


class Transformer(ModelAlone):
    """A model whose symbols are bytes, alone, as in the paper.

    Attributes:
        tokenizer: makes its symbols, the bytes themselves.

    Args:
        model: name of a model or folder of a bundle.

    Raises:
        ModelError: the model cannot be used.
    """

    bundle: Bundle
    tokenizer: Tokenizer = ByteTokenizer()

    def __init__(self, model: Model) -> None:
        bundle = load_byte_model(model)
        super().__init__(model, bundle, f"Transformer {bundle.name}")


class PretrainedDecoder(ModelAlone):
    """An imported language model over the tokens of the bytes, alone.

    Args:
        model: name of a model or folder of a bundle.

    Raises:
        ModelError: the model cannot be used, or is none of these.
    """

    bundle: DecoderBundle

    def __init__(self, model: Model) -> None:
        bundle = load_bundle(model)
        if not isinstance(bundle, DecoderBundle):
            raise ModelError(f"the model {bundle.name} is no imported language model")
        super().__init__(model, bundle, f"{bundle.name} (bytes)")

    @property
    def lanes(self) -> int:
        """See :class:`ModelAlone`."""
        return DECODER_LANES


class Adaptive(Classical):
    """What `lmpack compress` does at a level: the level's models, if it has some, with mixing."""

    def __init__(self, level: int) -> None:
        bundles = [load_byte_model(model) for model in find_level(level).models]
        super().__init__(
            f"lmpack -{level}",
            lambda data: lmpack.compress(data, level=level),
            lmpack.decompress,
        )
        if bundles:
            self.parameters = sum(bundle.architecture.parameters for bundle in bundles)
            self.model_bytes = sum(bundle.size for bundle in bundles)
            self.fingerprint = "+".join(bundle.fingerprint.hex() for bundle in bundles)


def _cut(plain: bytes, lengths: Sequence[int]) -> Iterator[bytes]:
    start = 0
    for length in lengths:
        yield plain[start : start + length]
        start += length

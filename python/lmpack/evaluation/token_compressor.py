"""Transformers over the symbols of a tokenizer as compressors of bytes."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lmpack._blocks.choice import lanes_log2
from lmpack._blocks.coding import lane_length
from lmpack._executors import open_executor
from lmpack._executors.protocol import no_progress
from lmpack._executors.stepping import decode_symbols, encode_by_prefill
from lmpack._models.bundle import TOKENIZER, Bundle, load_byte_model
from lmpack._models.files import read_file
from lmpack._models.tokenization import LARGEST_FILE, Tokenizer, is_learned, open_tokenizer
from lmpack.errors import BundleError, DamagedError, EvaluationError

BLOCK = 1 << 20
"""Symbols that are coded together."""

_SIZES = struct.Struct("<II")
"""Before each block: its symbols, and the bytes of its payload."""


class TokenTransformer:
    """A model over tokens, alone.

    Attributes:
        bundle: the model.
        executor: runs it.
        tokenizer: makes its symbols.

    Args:
        model: folder of a bundle with a tokenizer.

    Raises:
        ModelError: the model cannot be used.
        EvaluationError: its tokenizer needs a package that is not installed.
    """

    header_bytes = 0

    def __init__(self, model: str | os.PathLike[str]) -> None:
        bundle = load_byte_model(model)
        self.tokenizer: Tokenizer = _tokenizer_of(bundle)
        self.bundle = bundle
        self.executor = open_executor(bundle)
        self.name = f"Transformer {bundle.name}"
        self.parameters = bundle.architecture.parameters
        self.model_bytes = bundle.size
        self.fingerprint = bundle.fingerprint.hex()

    def compress(self, data: bytes) -> bytes:
        """See :class:`~lmpack.evaluation.protocol.Compressor`."""
        symbols = self.tokenizer.encode(data)
        packed = bytearray()
        for first in range(0, len(symbols), BLOCK):
            block = symbols[first : first + BLOCK]
            payload = encode_by_prefill(self.executor, block, _lane(len(block)), no_progress)
            packed += _SIZES.pack(len(block), len(payload)) + payload
        return bytes(packed)

    def decompress(self, packed: bytes) -> bytes:
        """Inverse of :meth:`compress`.

        Raises:
            DamagedError: it is not that of any bytes.
        """
        blocks: list[npt.NDArray[np.int32]] = []
        start = 0
        while start < len(packed):
            if start + _SIZES.size > len(packed):
                raise DamagedError("it ends within the sizes of a block")
            count, size = _SIZES.unpack_from(packed, start)
            start += _SIZES.size
            payload = packed[start : start + size]
            start += size
            blocks.append(decode_symbols(self.executor, payload, count, _lane(count), no_progress))
        return self.tokenizer.decode(np.concatenate(blocks))

    def compress_chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """Chunk by chunk: they have different numbers of symbols."""
        return [self.compress(chunk) for chunk in chunks]

    def decompress_chunks(self, packed: Sequence[bytes], lengths: Sequence[int]) -> list[bytes]:
        """Inverse of :meth:`compress_chunks`."""
        return [self.decompress(part) for part in packed]


def _tokenizer_of(bundle: Bundle) -> Tokenizer:
    if bundle.tokenizer is None:
        raise EvaluationError(f"the model {bundle.name} is one of bytes, not of tokens")
    path = bundle.path / TOKENIZER
    if not is_learned(bundle.tokenizer):
        return open_tokenizer(bundle.tokenizer, path)
    content = read_file(path, LARGEST_FILE)
    if hashlib.sha256(content).hexdigest() != bundle.manifest["tokenizer"].get("sha256"):
        raise BundleError(f"{path} is damaged: its SHA-256 is not the manifest's")
    return open_tokenizer(bundle.tokenizer, path, content)


def _lane(count: int) -> int:
    return lane_length(count, lanes_log2(count))

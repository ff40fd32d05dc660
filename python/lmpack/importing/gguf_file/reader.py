"""A GGUF file as a FloatSource: weights of any type that the package `gguf` can dequantize."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize, quant_shape_to_byte_shape

from lmpack.errors import BundleError
from lmpack.importing.fields import Fields
from lmpack.importing.gguf_file.header import StoredTensor, read_header
from lmpack.importing.gguf_file.names import NAMINGS, ROPE_FACTORS
from lmpack.importing.gguf_file.shape import read_shape
from lmpack.importing.gguf_file.tokens import read_tokens
from lmpack.importing.mapped_source import MappedSource
from lmpack.importing.source import Floats

_VALUES_AT_A_TIME = 1 << 22


class GgufSource(MappedSource):
    """A model in a GGUF file.

    Args:
        path: the file.

    Raises:
        BundleError: it is damaged, or of a model that lmpack cannot import.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._header = read_header(path)
        self._metadata = Fields(self._header.metadata, "GGUF")
        size = path.stat().st_size
        self._tensors = {
            name: _Place(name, tensor, size) for name, tensor in self._header.tensors.items()
        }
        embedding = self._header.tensors.get("token_embd.weight")
        if embedding is None or len(embedding.shape) != 2:
            raise BundleError("GGUF: the matrix token_embd.weight is missing")
        factors = self.read(ROPE_FACTORS) if ROPE_FACTORS in self._tensors else None
        shape = read_shape(
            self._metadata,
            vocabulary=embedding.shape[0],
            tied="output.weight" not in self._tensors,
            rope_factors=factors,
        )
        recipes = NAMINGS[shape.family].recipes(shape)
        stored = {name: tensor.shape for name, tensor in self._header.tensors.items()}
        tokens = read_tokens(self._metadata, vocabulary=shape.vocabulary)
        super().__init__(shape, tokens, recipes, stored, ignored=[ROPE_FACTORS])

    def read(self, stored: str) -> Floats:
        """A stored tensor as float32.

        Raises:
            BundleError: it cannot be read.
        """
        return self._tensors[stored].read(self._path)

    def description(self) -> dict[str, Any]:
        """What the metadata say."""
        return {
            "name": self._metadata.text("general.name", default=self._path.stem),
            "format": "gguf",
            "licence": self._metadata.text("general.license", default="not stated"),
        }

    def files(self) -> list[Path]:
        """The one file."""
        return [self._path]


class _Place:
    """Where the bytes of a tensor lie, checked before anything is read."""

    def __init__(self, name: str, tensor: StoredTensor, file_size: int) -> None:
        self._name = name
        self._shape, self._offset = tensor.shape, tensor.offset
        try:
            self._type = GGMLQuantizationType(tensor.type)
            self._row_bytes = quant_shape_to_byte_shape(tensor.shape, self._type)[-1]
        except (ValueError, KeyError, IndexError) as error:
            raise BundleError(
                f"the tensor {name} has the type {tensor.type} and the shape {list(tensor.shape)}, "
                "which do not fit or are not known"
            ) from error
        if not all(tensor.shape):
            raise BundleError(f"the tensor {name} is empty: fetch the file again")
        if tensor.offset + math.prod(tensor.shape[:-1]) * self._row_bytes > file_size:
            raise BundleError(f"the file ends within the tensor {name}: fetch it again")

    def read(self, path: Path) -> Floats:
        """The tensor; rows are converted some at a time, so that nothing else is as large as it."""
        floats = np.empty((math.prod(self._shape[:-1]), self._shape[-1]), np.float32)
        step = max(1, _VALUES_AT_A_TIME // self._shape[-1])
        try:
            with path.open("rb") as file, np.errstate(all="ignore"):  # values are checked later
                file.seek(self._offset)
                for i in range(0, len(floats), step):
                    part = floats[i : i + step]
                    content = np.fromfile(file, np.uint8, len(part) * self._row_bytes)
                    part[:] = dequantize(content.reshape(len(part), -1), self._type)
        except (NotImplementedError, OSError, ValueError) as error:
            raise BundleError(f"the tensor {self._name} cannot be read: {error}") from error
        return floats.reshape(self._shape)

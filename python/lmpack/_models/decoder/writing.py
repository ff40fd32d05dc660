"""Writing the tensor file of a decoder, piece by piece, none of them kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from lmpack._models.decoder.bundle import FINGERPRINT_KIND
from lmpack._models.decoder.layout import decoder_layout
from lmpack._models.decoder.shape import DecoderShape, padded
from lmpack._models.files import map_file
from lmpack._models.folder import fingerprint_of
from lmpack._models.tensor_layout import Layout
from lmpack._models.tensors import TYPES, largest_file

BOUNDARY = 64
"""Bytes: each tensor begins at a multiple of it, so that it can be used where it is mapped."""

_NAMES = {dtype: name for name, dtype in TYPES.items()}


class TensorWriter:
    """`model.safetensors` of a decoder, all zeros at first.

    Args:
        shape: of the model.
        file: opened for writing; what it holds already stays where nothing else is written.
    """

    def __init__(self, shape: DecoderShape, file: IO[bytes]) -> None:
        self._layout = decoder_layout(shape)
        self._file = file
        header, self._starts = _header(self._layout)
        file.seek(0)
        file.write(header)
        file.truncate(len(header) + sum(tensor.size for tensor in self._layout.values()))

    def write(self, name: str, values: npt.NDArray[Any], first: int = 0) -> None:
        """Write entries of a tensor.

        Args:
            name: of the tensor.
            values: of its type, any shape; entries in the order of the whole tensor.
            first: number of the entry of the tensor that `values` begin with.
        """
        tensor = self._layout[name]
        start, size = first * tensor.item_size, values.nbytes
        if values.dtype != tensor.dtype or start + size > tensor.size:
            raise ValueError(f"{values.dtype} {values.shape} from {first} on is not of {name}")
        self._file.seek(self._starts[name] + start)
        self._file.write(np.ascontiguousarray(values).data)


def fingerprint_of_file(shape: DecoderShape, path: Path) -> bytes:
    """32 bytes that name the decoder with this shape and this tensor file."""
    content = map_file(path, largest_file(decoder_layout(shape)))
    return fingerprint_of(FINGERPRINT_KIND, shape.to_json(), content)


def _header(layout: Layout) -> tuple[bytes, dict[str, int]]:
    """The header, and the first byte in the file of each tensor."""
    entries: dict[str, Any] = {}
    position = 0
    for name, tensor in layout.items():
        entries[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": tensor.shape,
            "data_offsets": (position, position + tensor.size),
        }
        position += tensor.size
    text = json.dumps(entries, separators=(",", ":")).encode()
    size = padded(8 + len(text), BOUNDARY)
    header = (size - 8).to_bytes(8, "little") + text.ljust(size - 8)
    return header, {name: size + entry["data_offsets"][0] for name, entry in entries.items()}

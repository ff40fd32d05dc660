"""Writing the tensor file of a decoder, one tensor after another, none of them kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
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


def write_tensors(
    shape: DecoderShape, tensors: Iterable[tuple[str, npt.NDArray[Any]]], file: IO[bytes]
) -> None:
    """Write `model.safetensors` of a decoder.

    Args:
        shape: of the model.
        tensors: names and values of all of them, in the order of the layout; each is taken when
            the one before it is written.
        file: new.

    Raises:
        ValueError: a tensor is another one than the layout demands.
    """
    layout = decoder_layout(shape)
    file.write(_header(layout))
    written = []
    for name, values in tensors:
        expected = layout[name]
        if values.shape != expected.shape or values.dtype != expected.dtype:
            raise ValueError(f"{name} is {values.dtype} {values.shape}, not {expected}")
        file.write(np.ascontiguousarray(values).data)
        written.append(name)
    if written != list(layout):
        raise ValueError(f"tensors are missing, or in another order: {written[-1:]}")


def fingerprint_of_file(shape: DecoderShape, path: Path) -> bytes:
    """32 bytes that name the decoder with this shape and this tensor file."""
    content = map_file(path, largest_file(decoder_layout(shape)))
    return fingerprint_of(FINGERPRINT_KIND, shape.to_json(), content)


def data_start(shape: DecoderShape) -> int:
    """The byte of the file at which its first tensor begins."""
    return len(_header(decoder_layout(shape)))


def _header(layout: Layout) -> bytes:
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
    length = padded(8 + len(text), BOUNDARY) - 8
    return length.to_bytes(8, "little") + text.ljust(length)

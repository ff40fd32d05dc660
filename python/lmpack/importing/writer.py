"""From a FloatSource to the tensor file of an exact decoder, matrix by matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from lmpack._models.decoder.layout import MatrixShape, pack
from lmpack._models.decoder.shape import ALIGNMENT, padded
from lmpack._models.decoder.writing import TensorWriter
from lmpack._models.folder import TENSORS
from lmpack.importing.exact_tensors import ExactTensors, FloatMatrix
from lmpack.importing.partial import PartialBundle
from lmpack.importing.quantize import multipliers, quantized, rotated

PIECE = 1 << 22
"""About how many weights are rotated at a time."""

Done = Callable[[int, int], None]
"""Told how many weights are written, and how many there are."""


def write_weights(tensors: ExactTensors, bundle: PartialBundle, done: Done) -> Path:
    """Write `model.safetensors`, but for matrices that it holds already.

    Args:
        tensors: what is written.
        bundle: into which.
        done: told after each piece how far it is.

    Returns:
        The path of the file.

    Raises:
        BundleError: the source cannot be read, or holds what the exact form cannot.
        OSError: the file cannot be written.
    """
    path = bundle.folder / TENSORS
    count, total = 0, tensors.shape.parameters
    with path.open("w+b" if bundle.is_new else "r+b") as file:
        writer = TensorWriter(tensors.shape, file)
        for name, values in tensors.others():
            writer.write(name, values)
        for matrix in tensors.matrices():
            size = matrix.inputs * matrix.outputs
            if bundle.has(matrix.name):
                done(count + size, total)
            else:
                for written in _write_matrix(tensors.matrix(matrix), matrix, writer):
                    done(count + written, total)
                bundle.complete(matrix.name, file)
            count += size
    return path


def _write_matrix(source: FloatMatrix, matrix: MatrixShape, writer: TensorWriter) -> Iterator[int]:
    """Write a matrix, and say after each piece how many weights of it are there."""
    rows = max(ALIGNMENT, PIECE // matrix.inputs // ALIGNMENT * ALIGNMENT)
    scales = []
    for first in range(0, matrix.outputs, rows):
        piece = source.weight[source.order[first : first + rows]]
        weight, scale = quantized(matrix.name, rotated(piece, source.block))
        writer.write(f"{matrix.name}.weight", pack(weight), first * matrix.inputs)
        scales.append(scale)
        yield min(first + rows, matrix.outputs) * matrix.inputs
    scale = np.concatenate(scales)
    more = padded(matrix.outputs) - matrix.outputs
    for name, unit in source.units.items():
        writer.write(name, np.pad(multipliers(name, scale, unit), (0, more), constant_values=1))
    if source.bias is not None:
        writer.write(f"{matrix.name}.bias", source.bias)

"""The tensors of a bundle on a device, as the kernels read them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from lmpack._models.architecture import Architecture


class Matrix(NamedTuple):
    """A matrix with the inputs of an output side by side, as tensor cores want 8-bit operands.

    Attributes:
        weight: int8 [outputs, inputs].
        multiplier: float32 [outputs].
    """

    weight: torch.Tensor
    multiplier: torch.Tensor


@dataclasses.dataclass(frozen=True)
class Layer:
    """Weights of a layer.

    Attributes:
        qkv: of queries, keys and values.
        bias: of attention, float32 [heads, window + 1].
        out: of the means of attention.
        up: of the feed-forward layer.
        down: back from it.
        down_sums: int32 [width]: sum of the weights of each output of `down`.
    """

    qkv: Matrix
    bias: torch.Tensor
    out: Matrix
    up: Matrix
    down: Matrix
    down_sums: torch.Tensor


class Weights:
    """All weights of a model.

    Attributes:
        embedding: int8 [V + 1, width].
        tables: int8: all context tables, one behind the other.
        table_layout: order, rows, first channel, width and offset in `tables` of each table.
        score_scale: float32 [1].
        layers: in their order.
        head: of the outputs.
    """

    def __init__(
        self, a: Architecture, tensors: Mapping[str, npt.NDArray[Any]], device: torch.device
    ) -> None:
        """Copy the tensors of a bundle to a device."""

        def on_device(array: npt.NDArray[Any]) -> torch.Tensor:
            return torch.from_numpy(np.array(array)).to(device)

        def matrix(name: str) -> Matrix:
            weight = np.ascontiguousarray(tensors[f"{name}.weight"].T)
            return Matrix(on_device(weight), on_device(tensors[f"{name}.multiplier"]))

        def layer(name: str) -> Layer:
            sums = tensors[f"{name}.down.weight"].sum(axis=0, dtype=np.int32)
            matrices = {part: matrix(f"{name}.{part}") for part in ("qkv", "out", "up", "down")}
            bias = on_device(tensors[f"{name}.bias"])
            return Layer(bias=bias, down_sums=on_device(sums), **matrices)

        tables = [tensors[f"tables.{i}"].reshape(-1) for i in range(len(a.tables))]
        self.embedding = on_device(tensors["embedding"])
        self.tables = on_device(np.concatenate(tables or [np.zeros(1, np.int8)]))
        offsets = np.cumsum([0, *map(len, tables)]).tolist()
        self.table_layout = tuple(
            (table.order, table.rows, table.channel, table.width, offset)
            for table, offset in zip(a.tables, offsets, strict=False)
        )
        self.score_scale = on_device(tensors["score_scale"])
        self.layers = [layer(f"layers.{i}") for i in range(a.layers)]
        self.head = matrix("head")

"""Which tensors an exact decoder has (docs/decoder_model.md, "Tensors")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lmpack._models.decoder.shape import (
    ACTIVATION_STEPS,
    LOGIT_STEPS,
    SCORE_RANGE,
    SCORE_STEPS,
    DecoderShape,
    padded,
)
from lmpack._models.tensor_layout import FLOAT32, INT8, UINT8, Layout, TensorLayout

PANEL_COLUMNS, GROUP_ROWS = 16, 4
"""How matrices lie (docs/engine.md): the native engine reads them where they are."""

_FLOATS, _BYTES = 16, 64
"""Entries of 64 bytes, to which small tensors are padded."""


class MatrixShape(NamedTuple):
    """A matrix of weights.

    Attributes:
        name: the stem of its tensors' names.
        inputs: channels that come in.
        outputs: channels that go out, without padding.
        biased: whether it has a bias.
    """

    name: str
    inputs: int
    outputs: int
    biased: bool

    @property
    def packed(self) -> tuple[int, int, int, int]:
        """Shape of the stored weights."""
        panels = padded(self.outputs) // PANEL_COLUMNS
        return panels, self.inputs // GROUP_ROWS, PANEL_COLUMNS, GROUP_ROWS


def layer_matrices(shape: DecoderShape) -> Iterator[MatrixShape]:
    """The four matrices of every layer."""
    up = 2 * shape.hidden if shape.gated else shape.hidden
    for i in range(shape.layers):
        yield MatrixShape(f"layers.{i}.qkv", shape.width, shape.qkv, shape.qkv_bias)
        yield MatrixShape(f"layers.{i}.out", shape.queries, shape.width, shape.out_bias)
        yield MatrixShape(f"layers.{i}.up", shape.width, up, shape.feed_forward_bias)
        yield MatrixShape(f"layers.{i}.down", shape.hidden, shape.width, shape.feed_forward_bias)


def vocabulary_matrices(shape: DecoderShape) -> Iterator[MatrixShape]:
    """The matrix of the embedding, and that of the head if it is another one."""
    yield MatrixShape("embedding", shape.width, shape.vocabulary + 1, False)
    if not shape.tied:
        yield MatrixShape("head", shape.width, shape.vocabulary, False)


def norm_names(shape: DecoderShape) -> Iterator[str]:
    """Names of the normalisations of the residual stream and of what is added to it."""
    for i in range(shape.layers):
        for part in ("attention", "feed_forward"):
            yield f"layers.{i}.{part}_norm"
            if shape.post_norms:
                yield f"layers.{i}.post_{part}_norm"
    yield "final_norm"


def decoder_layout(shape: DecoderShape) -> Layout:
    """The tensors by their names, in the order in which they are stored."""
    layout: Layout = {}

    def floats(name: str, *axes: int) -> None:
        layout[name] = TensorLayout(FLOAT32, axes)

    for matrix in (*layer_matrices(shape), *vocabulary_matrices(shape)):
        layout[f"{matrix.name}.weight"] = TensorLayout(INT8, matrix.packed)
        floats(f"{matrix.name}.multiplier", padded(matrix.outputs))
        if matrix.biased:
            floats(f"{matrix.name}.bias", padded(matrix.outputs))
    if shape.tied:
        floats("head.multiplier", padded(shape.vocabulary + 1))
    for name in norm_names(shape):
        floats(f"{name}.gain", shape.width)
        if shape.norm == "layer":
            floats(f"{name}.bias", shape.width)
    if shape.qk_norm:
        for i in range(shape.layers):
            for name in ("q_norm", "k_norm"):
                floats(f"layers.{i}.{name}.gain", shape.head_width)
    for k in range(shape.rope_tables):
        for name in ("cos", "sin"):
            floats(f"rope.{k}.{name}", shape.context, shape.head_width // 2)
    if not shape.ropes:
        floats("positions", shape.context, shape.width)
    floats("score_scale", padded(shape.layers, _FLOATS))
    floats("norm_epsilon", _FLOATS)
    floats("activation", 2 * ACTIVATION_STEPS * shape.activation_range + _FLOATS)
    floats("attention_exp2", padded(SCORE_RANGE * SCORE_STEPS + 1, _FLOATS))
    floats("exp2", LOGIT_STEPS)
    layout["token_lengths"] = TensorLayout(UINT8, (padded(shape.vocabulary, _BYTES),))
    layout["token_bytes"] = TensorLayout(UINT8, (padded(shape.token_bytes, _BYTES),))
    return dict(sorted(layout.items()))


def pack(weight: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Weights [outputs, inputs] as they are stored: [panels, inputs / 4, 16, 4], zeros added."""
    outputs, inputs = weight.shape
    full = np.zeros((padded(outputs), inputs), np.int8)
    full[:outputs] = weight
    panels = full.reshape(-1, PANEL_COLUMNS, inputs // GROUP_ROWS, GROUP_ROWS)
    return np.ascontiguousarray(panels.transpose(0, 2, 1, 3))


def unpack(stored: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Inverse of :func:`pack`, with the zeros: [padded outputs, inputs]."""
    panels, groups, columns, rows = stored.shape
    return stored.transpose(0, 2, 1, 3).reshape(panels * columns, groups * rows)

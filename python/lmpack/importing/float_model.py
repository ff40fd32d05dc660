"""The forward pass of a FloatSource in float32: the reference for loss and divergence."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from lmpack.errors import UsageError
from lmpack.importing.source import FloatShape, FloatSource
from lmpack.importing.tensor_shapes import EMBEDDING, FINAL_NORM, HEAD, POSITIONS

_Layer = dict[str, Tensor]


class FloatDecoder:
    """A pretrained model as its authors run it, but for rounding.

    Weights are read layer by layer when they are needed, and given back after it, so that a model
    may be larger than the memory: many texts in one call read them once.

    Args:
        source: the model.
        keep: keep all weights in memory for the next call.
    """

    def __init__(self, source: FloatSource, *, keep: bool = False) -> None:
        self.shape = source.shape
        self._source = source
        self._keep = keep
        self._kept: dict[str, Tensor] = {}
        self._names = source.names()

    @torch.inference_mode()
    def hidden(self, ids: Tensor, observe: Callable[[Tensor], None] = lambda x: None) -> Tensor:
        """What the head is applied to, float32 [B, T, width].

        Args:
            ids: ids of tokens, int64 [B, T], the start token included; T up to the context.
            observe: shown the residual stream [B, T, width], at first and after each layer.

        Raises:
            UsageError: there are more positions than the model has.
            BundleError: weights cannot be read.
        """
        if ids.ndim != 2 or not 1 <= ids.shape[1] <= self.shape.context:
            raise UsageError(f"ids must be [B, T], 1 to {self.shape.context} positions")
        x = self._tensor(EMBEDDING)[ids] * self.shape.embedding_scale
        if not self.shape.rope_frequencies:
            x = x + self._tensor(POSITIONS)[: ids.shape[1]]
        observe(x)
        for i in range(self.shape.layers):
            x = _layer(x, i, self.shape, self._tensors(f"layers.{i}."))
            observe(x)
        return _norm(x, FINAL_NORM, self.shape, self._tensors(FINAL_NORM))

    def head(self) -> Tensor:
        """The matrix of the head, float32 [vocabulary, width]: logits are hidden @ head.T."""
        return self._tensor(EMBEDDING if self.shape.tied else HEAD)

    @torch.inference_mode()
    def logits(self, ids: Tensor) -> Tensor:
        """Logits of every next token, float32 [T, vocabulary], of one text.

        With a large vocabulary this is a lot: hidden() and head() allow some rows at a time.

        Args:
            ids: ids of tokens, int64 [T], the start token included.

        Raises:
            UsageError: there are more positions than the model has.
            BundleError: weights cannot be read.
        """
        return functional.linear(self.hidden(ids[None])[0], self.head())

    def _tensors(self, prefix: str) -> _Layer:
        """All tensors whose names begin so, by the rest of their names for those of layers."""
        names = [name for name in self._names if name.startswith(prefix)]
        cut = len(prefix) if prefix.endswith(".") else 0
        return {name[cut:]: self._tensor(name) for name in names}

    def _tensor(self, name: str) -> Tensor:
        if name in self._kept:
            return self._kept[name]
        tensor = torch.from_numpy(self._source.tensor(name))
        if self._keep:
            self._kept[name] = tensor
        return tensor


def _layer(x: Tensor, i: int, shape: FloatShape, weights: _Layer) -> Tensor:
    y = _attention(_norm(x, "attention_norm", shape, weights), i, shape, weights)
    if shape.post_norms:
        y = _norm(y, "post_attention_norm", shape, weights)
    x = x + y
    y = _feed_forward(_norm(x, "feed_forward_norm", shape, weights), shape, weights)
    if shape.post_norms:
        y = _norm(y, "post_feed_forward_norm", shape, weights)
    return x + y


def _linear(x: Tensor, name: str, weights: _Layer) -> Tensor:
    return functional.linear(x, weights[name], weights.get(f"{name}.bias"))


def _norm(x: Tensor, name: str, shape: FloatShape, weights: _Layer) -> Tensor:
    gain = weights[name]
    if shape.norm == "layer":
        return functional.layer_norm(
            x, gain.shape, gain, weights.get(f"{name}.bias"), shape.epsilon
        )
    return functional.rms_norm(x, gain.shape, gain, shape.epsilon)


def _attention(x: Tensor, i: int, shape: FloatShape, weights: _Layer) -> Tensor:
    q, k, v = (
        _linear(x, name, weights).view(*x.shape[:2], -1, shape.head_width).transpose(1, 2)
        for name in ("q", "k", "v")
    )
    if shape.qk_norm:
        q, k = _norm(q, "q_norm", shape, weights), _norm(k, "k_norm", shape, weights)
    if shape.rope_frequencies:
        q, k = _rotate(q, i, shape), _rotate(k, i, shape)
    mixed = functional.scaled_dot_product_attention(
        q,
        k,
        v,
        attn_mask=_visible(x.shape[1], shape.windows[i]),
        scale=shape.query_scale,
        enable_gqa=shape.heads != shape.kv_heads,
    )
    return _linear(mixed.transpose(1, 2).flatten(2), "out", weights)


def _rotate(x: Tensor, i: int, shape: FloatShape) -> Tensor:
    frequencies = torch.from_numpy(shape.rope_frequencies[i])
    angles = torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * frequencies
    cos, sin = angles.cos().float(), angles.sin().float()
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


def _visible(length: int, window: int) -> Tensor:
    """Which positions each query sees, bool [length, length]."""
    positions = torch.arange(length)
    distance = positions[:, None] - positions
    return (distance >= 0) & (distance < (window or length))


def _feed_forward(x: Tensor, shape: FloatShape, weights: _Layer) -> Tensor:
    up = _linear(x, "up", weights)
    if shape.gated:
        y = _activate(_linear(x, "gate", weights), shape.activation) * up
    else:
        y = _activate(up, shape.activation)
    return _linear(y, "down", weights)


def _activate(x: Tensor, activation: str) -> Tensor:
    if activation == "silu":
        return functional.silu(x)
    return functional.gelu(x, approximate="tanh" if activation == "gelu_tanh" else "none")

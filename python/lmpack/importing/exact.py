"""An exact decoder in torch on the CPU, all positions at once: the source of a bundle's vectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lmpack._models.decoder.layout import unpack
from lmpack._models.decoder.shape import (
    ACTIVATION_LIMIT,
    ACTIVATION_STEPS,
    KV_LIMIT,
    LOGIT_LIMIT,
    LOGIT_STEPS,
    RESIDUAL_LIMIT,
    SCORE_RANGE,
    SCORE_STEPS,
    WEIGHT_BITS,
    DecoderShape,
)
from lmpack.errors import UsageError
from lmpack.importing.exact_steps import (
    Rotated,
    divide,
    hadamard,
    integer_product,
    normalize,
    project,
    quantize,
    rotate,
)

QUERIES = 128
"""Positions whose attention is computed at a time, so that the scores do not fill the memory."""

HEAD_TILE = 1 << 14
"""Tokens whose logits are computed at a time."""


@dataclasses.dataclass
class ExactState:
    """What some lanes have seen.

    Attributes:
        lanes: number of lanes L.
        position: symbols fed to each lane.
        keys: for each layer the rotated keys [L, K, P, h] of the last P positions, as many as a
            later query sees.
        values: the same of the values.
    """

    lanes: int
    position: int
    keys: list[Rotated]
    values: list[Rotated]


class ExactDecoder:
    """Runs an exact decoder as docs/decoder_model.md says.

    Args:
        shape: of the model.
        tensors: by their names, as they are stored; see
            :func:`~lmpack._models.decoder.layout.decoder_layout`.
    """

    name = "torch"
    version = str(torch.__version__)

    def __init__(self, shape: DecoderShape, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        self.architecture = shape
        self._tensors: dict[str, Tensor] = {}
        for name, tensor in tensors.items():
            # Those that come from a file may not be written to, of which torch would warn.
            array = unpack(tensor) if name.endswith(".weight") else tensor
            self._tensors[name] = torch.from_numpy(np.array(array))
        self._epsilon = float(tensors["norm_epsilon"][0])

    def single_bytes(self) -> npt.NDArray[np.int64]:
        """Numbers of the tokens of one byte."""
        lengths = self._tensors["token_lengths"][: self.architecture.vocabulary]
        return np.flatnonzero(lengths.numpy() == 1)

    def start(self, lanes: int) -> ExactState:
        """A state of `lanes` lanes with nothing fed yet."""
        s = self.architecture
        nothing = Rotated(
            torch.zeros(lanes, s.kv_heads, 0, s.head_width),
            torch.zeros(lanes, s.kv_heads, 0, 1),
        )
        return ExactState(lanes, 0, [nothing] * s.layers, [nothing] * s.layers)

    def step(self, state: ExactState, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        return self.prefill(state, symbols[:, None])[:, 0]

    def prefill(self, state: ExactState, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the weights after each: int32 [L, T, V].

        Raises:
            UsageError: more symbols than the context has.
        """
        return self.weights(self.logits(self.hidden(state, symbols)))

    @torch.inference_mode()
    def hidden(self, state: ExactState, symbols: npt.NDArray[np.integer]) -> Tensor:
        """Feed symbols [L, T] and give what the head reads: float32 [L, T, d], normalised.

        Raises:
            UsageError: more symbols than the context has.
        """
        s = self.architecture
        if state.position + symbols.shape[1] > s.context:
            raise UsageError(f"the model has {s.context} positions: start afresh")
        stream = self._embedded(torch.from_numpy(symbols.astype(np.int64)), state.position)
        for layer in range(s.layers):
            stream = self._add(stream, self._attention(state, stream, layer))
            stream = self._add(stream, self._feed_forward(stream, layer))
        state.position += symbols.shape[1]
        return self._norm("final_norm", self._value(stream))

    @torch.inference_mode()
    def logits(self, hidden: Tensor) -> Tensor:
        """Of any rows of :meth:`hidden`, [..., d]: int32 [..., V], 1/256 of a power of two."""
        s, tensors = self.architecture, self._tensors
        weight = tensors["embedding.weight" if s.tied else "head.weight"]
        x = rotate(hidden, ACTIVATION_LIMIT)
        logits = torch.empty(*hidden.shape[:-1], s.vocabulary, dtype=torch.int32)
        for first in range(0, s.vocabulary, HEAD_TILE):
            tile = slice(first, min(first + HEAD_TILE, s.vocabulary))
            scores = integer_product(x.integers, weight[tile].T)
            scores = scores.mul_(x.scale).mul_(tensors["head.multiplier"][tile])
            logits[..., tile] = scores.clamp_(-LOGIT_LIMIT, LOGIT_LIMIT).round_().int()
        return logits

    def weights(self, logits: Tensor) -> npt.NDArray[np.int32]:
        """Unnormalised probabilities of the tokens: int32 [..., V], 2**30 for the likeliest."""
        table = self._tensors["exp2"].int()
        below = logits.amax(-1, keepdim=True) - logits
        halvings = (below // LOGIT_STEPS).clamp_(max=WEIGHT_BITS + 1)
        weights: npt.NDArray[np.int32] = (table[below % LOGIT_STEPS] >> halvings).numpy()
        return weights

    def _embedded(self, symbols: Tensor, position: int) -> Tensor:
        """The stream [L, T, d] of symbols [L, T]."""
        rows = hadamard(self._tensors["embedding.weight"][symbols].float())
        stream = (rows * self._tensors["embedding.multiplier"][symbols][..., None]).round_()
        if not self.architecture.ropes:
            stream += self._tensors["positions"][position : position + symbols.shape[1]]
        return stream.clamp_(-RESIDUAL_LIMIT, RESIDUAL_LIMIT)

    def _value(self, stream: Tensor) -> Tensor:
        return stream * 2.0**-self.architecture.residual_bits

    def _add(self, stream: Tensor, y: Tensor) -> Tensor:
        steps = y * 2.0**self.architecture.residual_bits
        steps = steps.clamp_(-RESIDUAL_LIMIT, RESIDUAL_LIMIT).round_()
        return (stream + steps).clamp_(-RESIDUAL_LIMIT, RESIDUAL_LIMIT)

    def _norm(self, name: str, x: Tensor) -> Tensor:
        tensors = self._tensors
        return normalize(x, self._epsilon, tensors[f"{name}.gain"], tensors.get(f"{name}.bias"))

    def _project(self, name: str, x: Rotated) -> Tensor:
        weight, multiplier = (self._tensors[f"{name}.{part}"] for part in ("weight", "multiplier"))
        return project(x, weight, multiplier, self._tensors.get(f"{name}.bias"))

    def _attention(self, state: ExactState, stream: Tensor, layer: int) -> Tensor:
        s, name = self.architecture, f"layers.{layer}"
        x = rotate(self._norm(f"{name}.attention_norm", self._value(stream)), ACTIVATION_LIMIT)
        qkv = self._project(f"{name}.qkv", x)
        heads = qkv.reshape(*qkv.shape[:2], -1, s.head_width).transpose(1, 2)
        queries, keys = heads[:, : s.heads], heads[:, s.heads : s.heads + s.kv_heads]
        values = heads[:, s.heads + s.kv_heads :]
        if s.qk_norm:
            queries, keys = (
                self._norm(f"{name}.q_norm", queries),
                self._norm(f"{name}.k_norm", keys),
            )
        if s.ropes:
            queries, keys = (
                self._turned(x, s.ropes[layer], state.position) for x in (queries, keys)
            )
        seen_keys = state.keys[layer].then(rotate(keys, KV_LIMIT))
        seen_values = state.values[layer].then(rotate(values, KV_LIMIT))
        o = self._attend(rotate(queries, ACTIVATION_LIMIT), seen_keys, seen_values, layer)
        kept = slice(max(0, seen_keys.positions - s.windows[layer] + 1), None)
        state.keys[layer], state.values[layer] = seen_keys.at(kept), seen_values.at(kept)
        y = self._project(f"{name}.out", quantize(o, ACTIVATION_LIMIT))
        return self._norm(f"{name}.post_attention_norm", y) if s.post_norms else y

    def _turned(self, x: Tensor, rope: int, position: int) -> Tensor:
        """Heads [L, H, T, h] at a position and after, rotated by it."""
        at = slice(position, position + x.shape[2])
        c, s = (self._tensors[f"rope.{rope}.{part}"][at] for part in ("cos", "sin"))
        a, b = x.chunk(2, -1)
        return torch.cat([a * c - b * s, b * c + a * s], -1)

    def _attend(self, queries: Rotated, keys: Rotated, values: Rotated, layer: int) -> Tensor:
        """What T queries [L, H, T, h] see of the last positions [L, K, P, h]: [L, T, H * h]."""
        s, count, seen = self.architecture, queries.positions, keys.positions
        queries, keys, values = (x.in_groups(s.kv_heads) for x in (queries, keys, values))
        window, means = s.windows[layer], []
        for first in range(0, count, QUERIES):
            last = min(first + QUERIES, count)
            some = slice(max(0, seen - count + first + 1 - window), seen - count + last)
            asking = torch.arange(seen - count + first, some.stop)
            distance = asking[:, None] - torch.arange(some.start, some.stop)
            visible = (distance >= 0) & (distance < window)
            part = queries.at(slice(first, last)), keys.at(some), values.at(some)
            means.append(self._mean(*part, visible, layer).flatten(1, 2))
        return torch.cat(means, 2).transpose(1, 2).flatten(2)

    def _mean(
        self, queries: Rotated, keys: Rotated, values: Rotated, visible: Tensor, layer: int
    ) -> Tensor:
        """Of queries [L, K, G, T, h], keys and values [L, K, 1, P, h]; visible [T, P]."""
        t = integer_product(queries.integers, keys.integers.mT)
        t *= queries.scale * self._tensors["score_scale"][layer]
        t *= keys.scale.mT
        top = t.masked_fill(~visible, -torch.inf).amax(-1, keepdim=True)
        index = ((top - t).clamp_(max=SCORE_RANGE) * SCORE_STEPS).round_()
        index = index.masked_fill_(~visible, 0)
        w = self._tensors["attention_exp2"][index.int()].masked_fill_(~visible, 0)
        z = w.double().sum(-1, keepdim=True).float()
        scales = values.scale.mT.expand(*w.shape[:2], 1, *visible.shape).masked_fill(~visible, 0)
        f = scales.amax(-1, keepdim=True)
        u = (w * divide(scales, f.expand_as(scales))).round_()
        high = divide(u, 256).floor_()
        a, b = (integer_product(x, values.integers) for x in (high, u - high * 256))
        return (a * 256 + b) * f / z

    def _feed_forward(self, stream: Tensor, layer: int) -> Tensor:
        s, name = self.architecture, f"layers.{layer}"
        x = rotate(self._norm(f"{name}.feed_forward_norm", self._value(stream)), ACTIVATION_LIMIT)
        up = self._project(f"{name}.up", x)
        y = self._activated(up[..., : s.hidden])
        if s.gated:
            y *= up[..., s.hidden :]
        y = self._project(f"{name}.down", rotate(y, ACTIVATION_LIMIT))
        return self._norm(f"{name}.post_feed_forward_norm", y) if s.post_norms else y

    def _activated(self, y: Tensor) -> Tensor:
        limit, table = self.architecture.activation_range, self._tensors["activation"]
        e = (y.clamp(-limit, limit) + limit) * ACTIVATION_STEPS
        i = e.floor()
        at = i.int()
        low, high = table[at], table[at + 1]
        return y * (low + (e - i) * (high - low))

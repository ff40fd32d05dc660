"""docs/model.md in numpy, step by step: what every program that runs a model must give.

numpy rounds each operation on float32 and float64 as IEEE 754 asks, square roots included. torch
does not promise that for square roots on CPUs, nor for divisions by a number on GPUs.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from safetensors.numpy import load_file

from lmpack._models.architecture import Architecture
from lmpack._models.bundle import TENSORS, Bundle
from lmpack._models.symbols import embedding_rows

Tensors = Mapping[str, np.ndarray]

ATTENTION_BASE = np.float32(float.fromhex("0x1.69f33cp+0"))
OUTPUT_BASE = np.float32(float.fromhex("0x1.486a2cp+0"))


def reference_odds(bundle: Bundle, symbols: np.ndarray) -> np.ndarray:
    """Odds int32 [L, T, V] after each of the symbols [L, T] fed."""
    a, tensors = bundle.architecture, load_file(bundle.path / TENSORS)
    x = _embedding(a, tensors, symbols)
    for layer, window in enumerate(a.windows):
        x = _attention(a, tensors, f"layers.{layer}", window, x)
        x = _feed_forward(a, tensors, f"layers.{layer}", x)
    scores = _linear(tensors, "head", _normalized(x))
    shift = scores.max(axis=-1, keepdims=True) - OUTPUT_BASE
    return _power(scores - shift, np.float32(0.9), 6).astype(np.int32)


def _embedding(a: Architecture, tensors: Tensors, symbols: np.ndarray) -> np.ndarray:
    start = np.full((len(symbols), a.history), a.start_symbol)
    rows = embedding_rows(a, np.concatenate([start, symbols], axis=1))
    total = tensors["embedding"].astype(np.float32)[rows[..., 0]]
    for i, table in enumerate(a.tables):
        channels = slice(table.channel, table.channel + table.width)
        total[..., channels] += tensors[f"tables.{i}"].astype(np.float32)[rows[..., i + 1]]
    return np.asarray(np.float32(8) * total)


def _attention(
    a: Architecture, tensors: Tensors, name: str, window: int, x: np.ndarray
) -> np.ndarray:
    lanes, length = x.shape[:2]
    qkv = np.rint(_linear(tensors, f"{name}.qkv", _normalized(x)))
    end = a.heads * a.head_width
    q = np.clip(qkv[..., :end], -127, 127).reshape(lanes, length, a.heads, a.head_width)
    k = np.clip(qkv[..., end : end + a.head_width], -64, 64)
    v = np.clip(qkv[..., end + a.head_width :], -64, 64)
    distance = np.arange(length)[:, None] - np.arange(length)
    visible = (distance >= 0) & (distance < window)
    bias = tensors[f"{name}.bias"][:, np.where(visible, distance, window)]
    scores = np.einsum("lqhd,lkd->lhqk", q, k) * tensors["score_scale"] + bias
    shift = scores.max(axis=-1, keepdims=True) - ATTENTION_BASE
    attention = _power(scores - shift, np.float32(0.7), 4)
    assert not attention[..., ~visible].any()
    total = attention.sum(axis=-1, keepdims=True)
    mean = np.einsum("lhqk,lkd->lhqd", attention, v) / total
    mean = np.clip(np.rint(np.float32(2) * mean), -127, 127)
    mean = mean.transpose(0, 2, 1, 3).reshape(lanes, length, end)
    return _added(x, _linear(tensors, f"{name}.out", mean))


def _feed_forward(a: Architecture, tensors: Tensors, name: str, x: np.ndarray) -> np.ndarray:
    y = _linear(tensors, f"{name}.up", _normalized(x))
    if a.activation == "relu2":
        y = np.clip(y, np.float32(0), np.float32(16)) ** 2
    hidden = np.clip(np.rint(y), 0, 255)
    return _added(x, _linear(tensors, f"{name}.down", hidden))


def _normalized(x: np.ndarray) -> np.ndarray:
    wide = x.astype(np.float64)
    mean = (wide * wide).sum(axis=-1, keepdims=True) / x.shape[-1]
    inverse = (32.0 / np.sqrt(mean + 1.0)).astype(np.float32)
    return np.asarray(np.clip(np.rint(x * inverse), -127, 127))


def _linear(tensors: Tensors, name: str, values: np.ndarray) -> np.ndarray:
    product = values.astype(np.int64) @ tensors[f"{name}.weight"].astype(np.int64)
    return np.asarray(product.astype(np.float32) * tensors[f"{name}.multiplier"])


def _power(base: np.ndarray, floor: np.float32, squarings: int) -> np.ndarray:
    base = np.maximum(base, floor)
    for _ in range(squarings):
        base = base * base
    return np.asarray(np.rint(base))


def _added(x: np.ndarray, update: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(x + np.rint(update), -32767, 32767))

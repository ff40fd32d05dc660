"""Random exact decoders of every kind of shape, small enough for tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._models.decoder.layout import decoder_layout
from lmpack._models.decoder.shape import (
    ACTIVATION_STEPS,
    ATTENTION_TOP,
    LOGIT_STEPS,
    SCORE_RANGE,
    SCORE_STEPS,
    WEIGHT_BITS,
    WEIGHT_LIMIT,
    DecoderShape,
    hadamard_size,
)

Tensors = dict[str, npt.NDArray[Any]]

LLAMA: dict[str, Any] = {}
QWEN2: dict[str, Any] = {"qkv_bias": True, "tied": False}
QWEN3: dict[str, Any] = {"qk_norm": True}
GEMMA3: dict[str, Any] = {"post_norms": True, "qk_norm": True, "activation_range": 8}
GPT2: dict[str, Any] = {
    "norm": "layer",
    "gated": False,
    "activation_range": 8,
    "qkv_bias": True,
    "out_bias": True,
    "feed_forward_bias": True,
    "ropes": (),
}
FAMILIES = {"llama": LLAMA, "qwen2": QWEN2, "qwen3": QWEN3, "gemma3": GEMMA3, "gpt2": GPT2}


def random_tokens(count: int, random: np.random.Generator) -> list[bytes]:
    """All single bytes and random strings of few letters: `count` tokens, ascending."""
    tokens = {bytes([byte]) for byte in range(256)}
    while len(tokens) < count:
        length = int(random.integers(2, 7))
        tokens.add(bytes(random.choice(list(b"abcd \n"), length).tolist()))
    return sorted(tokens)


def small_shape(family: str, tokens: list[bytes], **changes: Any) -> DecoderShape:
    """A shape of the family: grouped queries, a short window and one over the whole context."""
    fields: dict[str, Any] = {
        "vocabulary": len(tokens),
        "token_bytes": sum(map(len, tokens)),
        "width": 96,
        "heads": 4,
        "kv_heads": 2,
        "head_width": 32,
        "hidden": 160,
        "context": 64,
        "windows": (9, 64),
        "ropes": (0, 1),
        "residual_bits": 8,
    }
    return DecoderShape(**fields | FAMILIES[family] | changes)


def random_decoder(shape: DecoderShape, tokens: list[bytes], seed: int = 0) -> Tensors:
    """Tensors of a random model whose logits spread over some powers of two."""
    random = np.random.default_rng(seed)
    tensors: Tensors = {}
    for name, layout in decoder_layout(shape).items():
        part = name.rsplit(".", 1)[-1]
        if part == "weight":
            low, high = -WEIGHT_LIMIT, WEIGHT_LIMIT + 1
            values: npt.NDArray[Any] = random.integers(low, high, layout.shape)
        elif part == "multiplier":
            values = _multiplier(name, shape) * random.uniform(0.5, 2, layout.shape)
        elif part == "bias":
            values = np.round(random.normal(0, 0.3, layout.shape) * 2**16) / 2**16
        elif part == "gain":
            values = random.normal(1, 0.3, layout.shape)
        elif part in ("cos", "sin"):
            values = _rope(shape, 10000.0 * 7 ** int(name.split(".")[1]), part)
        else:
            values = _table(name, shape, tokens, layout.shape, random)
        tensors[name] = values.astype(layout.dtype)
    return tensors


def _multiplier(name: str, shape: DecoderShape) -> float:
    """So that outputs of a matrix are about as large as its inputs; logits some powers of two."""
    spread = 37.0  # standard deviation of a weight
    inputs = {"out": shape.queries, "down": shape.hidden}.get(name.split(".")[-2], shape.width)
    rotation = 1 if name.split(".")[-2] == "out" else math.sqrt(hadamard_size(inputs))
    if name == "embedding.multiplier":
        return 2.0**shape.residual_bits / (spread * math.sqrt(hadamard_size(shape.width)))
    unit = 3 * LOGIT_STEPS if name == "head.multiplier" else 2**16
    return unit / (spread * math.sqrt(inputs) * rotation)


def _rope(shape: DecoderShape, base: float, part: str) -> npt.NDArray[np.float64]:
    pairs = shape.head_width // 2
    angles = np.arange(shape.context)[:, None] * base ** (-np.arange(pairs) / pairs)
    table = np.cos(angles) if part == "cos" else np.sin(angles)
    return np.round(table * 2**24) / 2**24


def _table(
    name: str,
    shape: DecoderShape,
    tokens: list[bytes],
    size: tuple[int, ...],
    random: np.random.Generator,
) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = np.zeros(size)
    if name == "score_scale":
        values[:] = 1.4427 / math.sqrt(shape.head_width) / hadamard_size(shape.head_width)
    elif name == "norm_epsilon":
        values[0] = 1e-6
    elif name == "positions":
        values = random.integers(-200, 201, size)
    elif name == "activation":
        knots = 2 * ACTIVATION_STEPS * shape.activation_range + 2
        y = np.arange(knots) / ACTIVATION_STEPS - shape.activation_range
        values[:knots] = 1 / (1 + np.exp(-y))
    elif name == "attention_exp2":
        steps = np.arange(SCORE_RANGE * SCORE_STEPS + 1)
        values[: len(steps)] = np.round(ATTENTION_TOP * 2.0 ** (-steps / SCORE_STEPS))
    elif name == "exp2":
        exact = 2.0 ** (WEIGHT_BITS - np.arange(LOGIT_STEPS) / LOGIT_STEPS)
        values = np.round(exact / 64) * 64
    elif name == "token_lengths":
        values[: len(tokens)] = [len(token) for token in tokens]
    else:
        values[: shape.token_bytes] = list(b"".join(tokens))
    return values

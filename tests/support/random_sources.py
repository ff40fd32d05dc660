"""Float models of every family with random weights, in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from decoder_bundles import byte_tokenizer

from lmpack.errors import BundleError
from lmpack.importing.source import Floats, FloatShape, FloatSource, SourceTokens

FREQUENCIES = {width: 10000.0 ** (-np.arange(width // 2) / (width // 2)) for width in (24, 32, 48)}
GLOBAL = 1e6 ** (-np.arange(16) / 16)

LLAMA = FloatShape(
    family="llama",
    vocabulary=257,
    width=64,
    layers=2,
    heads=4,
    kv_heads=2,
    head_width=32,
    hidden=96,
    context=80,
    windows=(0, 0),
    norm="rms",
    epsilon=1e-5,
    post_norms=False,
    qk_norm=False,
    activation="silu",
    gated=True,
    rope_frequencies=(FREQUENCIES[32],) * 2,
    query_scale=32**-0.5,
    embedding_scale=1.0,
    tied=True,
)
SHAPES = {
    "llama": LLAMA,
    "mistral": dataclasses.replace(LLAMA, family="mistral", windows=(7, 7), tied=False),
    "narrow heads": dataclasses.replace(
        LLAMA, head_width=24, hidden=100, rope_frequencies=(FREQUENCIES[24],) * 2
    ),
    "wider heads": dataclasses.replace(
        LLAMA, head_width=48, heads=3, kv_heads=1, rope_frequencies=(FREQUENCIES[48],) * 2
    ),
    "qwen2": dataclasses.replace(LLAMA, family="qwen2"),
    "qwen3": dataclasses.replace(LLAMA, family="qwen3", qk_norm=True),
    "gemma3": dataclasses.replace(
        LLAMA,
        family="gemma3",
        windows=(9, 0),
        rope_frequencies=(FREQUENCIES[32], GLOBAL),
        post_norms=True,
        qk_norm=True,
        activation="gelu_tanh",
        embedding_scale=8.0,
        epsilon=1e-6,
    ),
    "gpt2": dataclasses.replace(
        LLAMA,
        family="gpt2",
        kv_heads=4,
        norm="layer",
        activation="gelu_erf",
        gated=False,
        rope_frequencies=(),
    ),
}
BIASED = {"qwen2": ("q", "k", "v"), "gpt2": ("q", "k", "v", "out", "up", "down")}


class RandomSource(FloatSource):
    """A model whose next tokens are far from uniform, but not from one another."""

    def __init__(self, shape: FloatShape, seed: int = 0) -> None:
        self.shape = shape
        self.tokens = SourceTokens(
            [*(bytes([byte]) for byte in range(256)), None], 256, byte_tokenizer().decode()
        )
        self.reads: list[str] = []
        random = np.random.default_rng(seed)
        self.tensors = {
            name: random_tensor(name, size, shape, random) for name, size in sizes(shape).items()
        }

    @property
    def facts(self) -> Mapping[str, Any]:
        return {"name": "random", "files": {}, "licence": "none"}

    def names(self) -> list[str]:
        return list(self.tensors)

    def tensor(self, name: str) -> Floats:
        if name not in self.tensors:
            raise BundleError(f"there is no {name}")
        self.reads.append(name)
        return self.tensors[name]


def sizes(shape: FloatShape) -> dict[str, tuple[int, ...]]:
    """Sizes of all tensors by their canonical names."""
    queries, keys = shape.heads * shape.head_width, shape.kv_heads * shape.head_width
    d, hidden = shape.width, shape.hidden
    result: dict[str, tuple[int, ...]] = {"embedding": (shape.vocabulary, d), "final_norm": (d,)}
    if not shape.tied:
        result["head"] = (shape.vocabulary, d)
    if not shape.rope_frequencies:
        result["positions"] = (shape.context, d)
    for i in range(shape.layers):
        matrices = {"q": (queries, d), "k": (keys, d), "v": (keys, d), "out": (d, queries),
                    "up": (hidden, d), "down": (d, hidden)}  # fmt: skip
        if shape.gated:
            matrices["gate"] = (hidden, d)
        layer: dict[str, tuple[int, ...]] = {**matrices}
        for name in BIASED.get(shape.family, ()):
            layer[f"{name}.bias"] = matrices[name][:1]
        for part in ("attention", "feed_forward"):
            layer[f"{part}_norm"] = (d,)
            if shape.post_norms:
                layer[f"post_{part}_norm"] = (d,)
        if shape.qk_norm:
            layer |= {"q_norm": (shape.head_width,), "k_norm": (shape.head_width,)}
        result |= {f"layers.{i}.{name}": size for name, size in layer.items()}
    if shape.norm == "layer":
        norms = [name for name in result if name.endswith("_norm")]
        result |= {f"{name}.bias": (d,) for name in norms}
    return result


def random_tensor(
    name: str, size: tuple[int, ...], shape: FloatShape, random: np.random.Generator
) -> Floats:
    last = name.rsplit(".", 1)[-1]
    if last == "bias":
        values = random.normal(0, 0.1, size)
    elif last.endswith("norm"):
        values = random.normal(1, 0.2, size)
    elif last == "positions":
        values = random.normal(0, 0.2, size)
    elif last in ("embedding", "head"):
        values = random.normal(0, 0.3, size)
    else:
        values = random.normal(0, 1 / np.sqrt(size[1]), size)
    return values.astype(np.float32)

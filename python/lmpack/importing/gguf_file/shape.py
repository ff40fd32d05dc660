"""From the metadata of a GGUF file to the shape of the model."""

from __future__ import annotations

import math

import numpy as np

from lmpack._models.decoder.shape import (
    LARGEST_HEAD_WIDTH,
    LARGEST_HEADS,
    LARGEST_INPUTS,
    LARGEST_LAYERS,
    LARGEST_VOCABULARY,
    LARGEST_WIDTH,
)
from lmpack.errors import BundleError
from lmpack.importing.fields import Fields
from lmpack.importing.rope import Frequencies, rope_frequencies
from lmpack.importing.source import Floats, FloatShape

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma3", "gpt2")

_LONGEST_CONTEXT = 2**31 - 1
_GEMMA3_PERIOD = 6
"""Every sixth layer of Gemma 3 sees everything. llama.cpp knows it without being told."""
_GEMMA3_LOCAL_BASE = 10000.0
_GEMMA3_27B_LAYERS = 62
"""llama.cpp knows Gemma 3 27B by its layers: its query scale is that of width / heads channels."""


def read_shape(
    metadata: Fields, *, vocabulary: int, tied: bool, rope_factors: Floats | None
) -> FloatShape:
    """The shape of the model that the metadata describe.

    Args:
        metadata: all of it.
        vocabulary: rows of the embedding.
        tied: whether there is no matrix of the head.
        rope_factors: the tensor `rope_freqs.weight`, by which the frequencies are divided.

    Raises:
        BundleError: a value is missing, absurd, or of a model that lmpack cannot import.
    """
    family = metadata.text("general.architecture")
    if family not in ARCHITECTURES:
        raise BundleError(
            f"GGUF: lmpack cannot import the architecture {family!r}, only "
            + ", ".join(ARCHITECTURES)
        )
    read = _Reader(metadata, family)
    read.refuse_the_unknown()
    width = read.integer("embedding_length", LARGEST_WIDTH)
    heads = read.integer("attention.head_count", LARGEST_HEADS)
    kv_heads = read.integer("attention.head_count_kv", LARGEST_HEADS, default=heads)
    head_width = read.integer("attention.key_length", LARGEST_HEAD_WIDTH, default=width // heads)
    read.allow_only("attention.value_length", head_width)
    read.allow_only("rope.dimension_count", head_width)
    layers = read.integer("block_count", LARGEST_LAYERS)
    gpt2, gemma3 = family == "gpt2", family == "gemma3"
    context = read.integer("context_length", _LONGEST_CONTEXT)
    windows = read.gemma3_windows(layers) if gemma3 else (read.window(context),) * layers
    epsilon = "attention.layer_norm_epsilon" if gpt2 else "attention.layer_norm_rms_epsilon"
    query_channels = width // heads if gemma3 and layers == _GEMMA3_27B_LAYERS else head_width
    return FloatShape(
        family=family,
        vocabulary=_checked_vocabulary(vocabulary),
        width=width,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_width=head_width,
        hidden=read.integer("feed_forward_length", LARGEST_INPUTS),
        context=context,
        windows=windows,
        norm="layer" if gpt2 else "rms",
        epsilon=read.number(epsilon),
        post_norms=gemma3,
        qk_norm=family in ("qwen3", "gemma3"),
        activation="gelu_tanh" if gpt2 or gemma3 else "silu",
        gated=not gpt2,
        rope_frequencies=() if gpt2 else read.ropes(head_width, windows, rope_factors),
        query_scale=1 / math.sqrt(query_channels),
        embedding_scale=math.sqrt(width) if gemma3 else 1.0,
        tied=tied,
    )


def _checked_vocabulary(vocabulary: int) -> int:
    if not 1 <= vocabulary <= LARGEST_VOCABULARY:
        raise BundleError(f"GGUF: a vocabulary of {vocabulary:,} tokens is too large")
    return vocabulary


class _Reader:
    """Reads the metadata of an architecture, whose keys begin with its name."""

    def __init__(self, metadata: Fields, family: str) -> None:
        self._metadata = metadata
        self._family = family

    def integer(self, key: str, most: int, least: int = 1, default: int | None = None) -> int:
        key = f"{self._family}.{key}"
        return self._metadata.integer(key, most, least=least, default=default)

    def number(self, key: str, default: float | None = None) -> float:
        return self._metadata.number(f"{self._family}.{key}", default=default)

    def allow_only(self, key: str, *allowed: object) -> None:
        self._metadata.allow_only(f"{self._family}.{key}", *allowed)

    def refuse_the_unknown(self) -> None:
        """Refuse what would change the arithmetic."""
        self.allow_only("expert_count", 0)
        self.allow_only("attn_logit_softcapping", 0.0)
        self.allow_only("final_logit_softcapping", 0.0)
        self.allow_only("use_parallel_residual", False)
        self.allow_only("attention.causal", True)
        for key in ("attention.scale", "logit_scale", "residual_scale", "embedding_scale"):
            self.allow_only(key, 0.0)
        self._metadata.allow_only("split.count", 0, 1)

    def window(self, context: int) -> int:
        """What all layers see, 0 for everything."""
        window = self.integer("attention.sliding_window", _LONGEST_CONTEXT, 0, 0)
        if window >= context:
            return 0
        if window and self._family != "llama":  # which layers it is for is not said
            raise BundleError(
                f"GGUF: lmpack cannot import a {self._family} model with a sliding window"
            )
        return window

    def gemma3_windows(self, layers: int) -> tuple[int, ...]:
        """What each layer sees: the pattern is a list of flags, or how often one sees all."""
        window = self.integer("attention.sliding_window", _LONGEST_CONTEXT)
        pattern = self._metadata.get("gemma3.attention.sliding_window_pattern")
        if isinstance(pattern, np.ndarray):
            if pattern.dtype != np.bool_ or len(pattern) != layers:
                raise BundleError("GGUF: the sliding_window_pattern must be a flag for every layer")
            return tuple(window if sliding else 0 for sliding in pattern)
        period = self.integer("attention.sliding_window_pattern", LARGEST_LAYERS, 1, _GEMMA3_PERIOD)
        return tuple(0 if (i + 1) % period == 0 else window for i in range(layers))

    def ropes(
        self, head_width: int, windows: tuple[int, ...], factors: Floats | None
    ) -> tuple[Frequencies, ...]:
        """Frequencies of every layer."""
        plain = rope_frequencies(head_width, self.number("rope.freq_base", 10000.0))
        plain /= self._slow_down()
        if factors is not None:
            if factors.shape != plain.shape or not (factors > 0).all():
                raise BundleError("GGUF: rope_freqs.weight does not fit the heads of the model")
            plain /= factors.astype(np.float64)
        if self._family != "gemma3":
            return (plain,) * len(windows)
        base = self.number("rope.freq_base_swa", _GEMMA3_LOCAL_BASE)
        local = rope_frequencies(head_width, base)
        return tuple(local if window else plain for window in windows)

    def _slow_down(self) -> float:
        """By how much positions are slowed down."""
        self.allow_only("rope.scaling.type", "none", "linear")
        if self._metadata.get(f"{self._family}.rope.scaling.type") == "linear":
            return self.number("rope.scaling.factor")
        return 1.0

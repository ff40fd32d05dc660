"""What every reader of float weights gives: one description, one naming, whatever the format."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lmpack.errors import BundleError

Floats = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class FloatShape:
    """A decoder as its authors describe it.

    Attributes:
        family: "llama", "qwen2", "qwen3", "gemma3", "gpt2", ...: for messages and the manifest.
        vocabulary: rows of the embedding.
        width: size of the residual stream.
        layers: number of layers.
        heads: number of query heads.
        kv_heads: number of heads of keys and values.
        head_width: size of a head.
        hidden: size of the feed-forward layer.
        context: the most positions that the model was trained with.
        windows: for each layer, how many positions a query sees; 0 for all.
        norm: "rms" or "layer".
        epsilon: of the normalisation.
        post_norms: whether results are normalised before they are added.
        qk_norm: whether queries and keys are normalised, head by head, before they are rotated.
        activation: "silu", "gelu_tanh" or "gelu_erf".
        gated: whether the hidden layer is activation(gate) * up.
        rope_frequencies: for each layer, radians a position of each pair of channels, float64
            [head_width / 2], scaling included; empty if positions are learned.
        query_scale: what products of queries and keys are multiplied by, 1 / sqrt(head_width) as a
            rule.
        embedding_scale: what rows of the embedding are multiplied by.
        tied: whether the head uses the embedding.

    Raises:
        BundleError: the heads do not fit together.
    """

    family: str
    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    hidden: int
    context: int
    windows: tuple[int, ...]
    norm: str
    epsilon: float
    post_norms: bool
    qk_norm: bool
    activation: str
    gated: bool
    rope_frequencies: tuple[npt.NDArray[np.float64], ...]
    query_scale: float
    embedding_scale: float
    tied: bool

    def __post_init__(self) -> None:
        if self.heads % self.kv_heads:
            raise BundleError(f"{self.heads} heads cannot share {self.kv_heads} heads of keys")
        if self.rope_frequencies and self.head_width % 2:
            raise BundleError(f"heads of {self.head_width} channels cannot be turned in pairs")


@dataclasses.dataclass(frozen=True)
class SourceTokens:
    """The vocabulary of a source.

    Attributes:
        texts: for each id the bytes of the token, None for one that stands for no text (control
            tokens, unused ones). Different ids may have the same bytes.
        start: id of the token that stands before a text.
        tokenizer: a `tokenizer.json` of the package `tokenizers` that cuts text into these ids.
    """

    texts: Sequence[bytes | None]
    start: int
    tokenizer: str


class FloatSource(Protocol):
    """A model of float weights, read tensor by tensor.

    Canonical names; matrices are [outputs, inputs]: `embedding` [vocabulary, width], `head` if not
    tied, `positions` [context, width] if learned; for each layer i `layers.i.` with `q`, `k`, `v`,
    `out`, `gate` if gated, `up`, `down`, each maybe with `.bias`; `attention_norm`,
    `feed_forward_norm`, `post_attention_norm`, `post_feed_forward_norm`, `q_norm`, `k_norm`, each
    maybe with `.bias`; `final_norm`. Gains are those that are multiplied with, the 1 that some
    authors leave out included. Rows of q and k are in the order in which rotary tables turn channel
    j and j + head_width / 2 of a head together.

    Attributes:
        shape: the description.
        tokens: the vocabulary.
    """

    shape: FloatShape
    tokens: SourceTokens

    @property
    def facts(self) -> Mapping[str, Any]:
        """Name, format, files with their SHA-256, licence; reading it may take a while."""
        ...

    @abc.abstractmethod
    def names(self) -> list[str]:
        """Canonical names of all tensors."""

    @abc.abstractmethod
    def tensor(self, name: str) -> Floats:
        """A tensor by its canonical name, as float32; nothing of it is kept.

        Raises:
            BundleError: it is not there or has another shape than the description says.
        """

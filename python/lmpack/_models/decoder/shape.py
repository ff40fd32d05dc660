"""The shape of a pretrained decoder in its exact form (docs/decoder_model.md, "Shape")."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from lmpack.errors import BundleError

FAMILY = "decoder"
SPEC_VERSION = 1

ALIGNMENT = 32
"""Sizes are multiples of this, for matrix units on CPUs and GPUs."""

WEIGHT_LIMIT = 64
ACTIVATION_LIMIT = 127
KV_LIMIT = 64
"""Keys and values take the place of weights in a product, so they share their bound."""
ROTATION_LIMIT = 32767
SMALLEST_MAXIMUM = 2.0**-30
NORM_STEPS = 2.0**20
OUTPUT_STEP = 2.0**-16
PROJECTION_LIMIT = 2.0**36
RESIDUAL_LIMIT = 2.0**23
LOGIT_LIMIT = 32000
SCORE_RANGE = 24
SCORE_STEPS = 128
ATTENTION_TOP = 65535
LOGIT_STEPS = 256
WEIGHT_BITS = 30
ACTIVATION_STEPS = 64

LARGEST_VOCABULARY = 2**20
LARGEST_WIDTH = 8192
"""Keeps sums of width * 2**40 within 2**53."""
LARGEST_HEAD_WIDTH = 2048
LARGEST_INPUTS = 2**18
"""Keeps sums of inputs * 127 * 64 below 2**31."""
LARGEST_CONTEXT = 65536
LARGEST_HEADS = 1024
LARGEST_LAYERS = 1024
LARGEST_TOKEN = 255
LARGEST_HADAMARD = 128


def hadamard_size(length: int) -> int:
    """Channels of a block of the Hadamard rotation of so many: a power of two up to 128."""
    return min(length & -length, LARGEST_HADAMARD)


def padded(count: int, multiple: int = ALIGNMENT) -> int:
    """The count rounded up to a multiple."""
    return -(-count // multiple) * multiple


@dataclasses.dataclass(frozen=True)
class DecoderShape:
    """Shape of an exact decoder; docs/decoder_model.md explains each field.

    Attributes:
        vocabulary: number of tokens V.
        token_bytes: bytes of all tokens together.
        width: size d of the residual stream.
        heads: number of query heads H.
        kv_heads: number of heads of keys and values K.
        head_width: size h of a head.
        hidden: size F of the feed-forward layer.
        context: positions N of a segment.
        windows: for each layer, how many positions a query sees, itself included.
        ropes: for each layer, the number of its pair of rotary tables; empty if positions are
            learned.
        residual_bits: the residual stream has 2**residual_bits steps a unit.
        norm: "rms" or "layer".
        post_norms: whether results are normalised before they are added to the stream.
        qk_norm: whether queries and keys are normalised.
        gated: whether the hidden layer is a product of two.
        activation_range: where the table of the activation ends.
        qkv_bias: whether queries, keys and values have a bias.
        out_bias: whether the result of attention has a bias.
        feed_forward_bias: whether both matrices of the feed-forward layer have a bias.
        tied: whether the head uses the matrix of the embedding.
        predicts_tokens: whether it is a decoder, which this is.

    Raises:
        BundleError: a field is out of range.
    """

    predicts_tokens: ClassVar[bool] = True

    vocabulary: int
    token_bytes: int
    width: int
    heads: int
    kv_heads: int
    head_width: int
    hidden: int
    context: int
    windows: tuple[int, ...]
    ropes: tuple[int, ...]
    residual_bits: int
    norm: str = "rms"
    post_norms: bool = False
    qk_norm: bool = False
    gated: bool = True
    activation_range: int = 16
    qkv_bias: bool = False
    out_bias: bool = False
    feed_forward_bias: bool = False
    tied: bool = True

    def __post_init__(self) -> None:
        for name, least, most in (
            ("vocabulary", 1, LARGEST_VOCABULARY),
            ("token_bytes", self.vocabulary, self.vocabulary * LARGEST_TOKEN),
            ("heads", 1, LARGEST_HEADS),
            ("kv_heads", 1, LARGEST_HEADS),
            ("context", 1, LARGEST_CONTEXT),
            ("residual_bits", -16, 24),
        ):
            _check_integer(name, getattr(self, name), least, most)
        for name, most in (
            ("width", LARGEST_WIDTH),
            ("head_width", LARGEST_HEAD_WIDTH),
            ("hidden", LARGEST_INPUTS),
        ):
            _check_integer(name, getattr(self, name), ALIGNMENT, most)
            if getattr(self, name) % ALIGNMENT:
                raise BundleError(f"{name} must be a multiple of {ALIGNMENT}")
        if self.heads % self.kv_heads:
            raise BundleError(f"{self.heads} heads cannot share {self.kv_heads} heads of keys")
        if self.queries > LARGEST_INPUTS:
            raise BundleError(f"heads * head_width must be at most {LARGEST_INPUTS}")
        if not 1 <= len(self.windows) <= LARGEST_LAYERS:
            raise BundleError(f"there must be 1 to {LARGEST_LAYERS} layers")
        for window in self.windows:
            _check_integer("a window", window, 1, self.context)
        if self.ropes and len(self.ropes) != self.layers:
            raise BundleError("ropes must name the tables of every layer, or be empty")
        for rope in self.ropes:
            _check_integer("the number of a rope", rope, 0, self.layers - 1)
        if set(self.ropes) != set(range(self.rope_tables)):
            raise BundleError("the numbers of the ropes must have no gap")
        if self.norm not in ("rms", "layer"):
            raise BundleError(f"norm must be rms or layer, not {self.norm!r:.80}")
        if type(self.activation_range) is not int or self.activation_range not in (8, 16):
            raise BundleError(
                f"activation_range must be 8 or 16, not {self.activation_range!r:.80}"
            )
        for field in dataclasses.fields(self):
            if field.type == "bool" and type(getattr(self, field.name)) is not bool:
                raise BundleError(f"{field.name} must be true or false")

    @property
    def layers(self) -> int:
        """Number of layers."""
        return len(self.windows)

    @property
    def rope_tables(self) -> int:
        """Number of pairs of rotary tables."""
        return max(self.ropes, default=-1) + 1

    @property
    def queries(self) -> int:
        """Channels of all query heads."""
        return self.heads * self.head_width

    @property
    def qkv(self) -> int:
        """Channels of all queries, keys and values."""
        return (self.heads + 2 * self.kv_heads) * self.head_width

    @property
    def start_symbol(self) -> int:
        """The symbol that stands before the first one of a segment."""
        return self.vocabulary

    @property
    def parameters(self) -> int:
        """Number of weights of all matrices."""
        head = 0 if self.tied else self.width * self.vocabulary
        return self.layers * self._layer_weights + self.width * (self.vocabulary + 1) + head

    @property
    def products_per_symbol(self) -> int:
        """Multiplications of 8-bit integers for one token: matrices, and attention over windows."""
        attention = 3 * self.queries * sum(self.windows)  # the weights have two planes of 8 bits
        return self.layers * self._layer_weights + attention + self.width * self.vocabulary

    @property
    def _layer_weights(self) -> int:
        up = 2 * self.hidden if self.gated else self.hidden
        return self.width * (self.qkv + self.queries + up + self.hidden)

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON-able values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> DecoderShape:
        """Inverse of :meth:`to_json`.

        Raises:
            BundleError: a field is missing, unknown or out of range.
        """
        try:
            fields = dict(fields)
            for name in ("windows", "ropes"):
                fields[name] = tuple(fields[name])
            return cls(**fields)
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"the shape cannot be read: {error}") from error


def _check_integer(name: str, value: object, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise BundleError(f"{name} must be an integer, {least} to {most}, not {value!r:.80}")

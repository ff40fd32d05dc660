"""The shape of a model: what a bundle's manifest states and every executor must know.

docs/model.md is the specification of the arithmetic; the constants here carry its names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from lmpack.errors import BundleError

SPEC_VERSION = 1

ALIGNMENT = 32
"""Every matrix dimension is a multiple of this, for int8 matrix units on CPUs and GPUs."""

ACTIVATION_UNIT = 32
"""Integer steps per unit of a normalised activation: 8 bits reach +-3.97."""
ACTIVATION_LIMIT = 127
HIDDEN_LIMIT = 255
SQUARE_UNIT = 4
"""Integer steps per unit before squaring: 255 of the squared ReLU is 3.99 units."""
SQUARE_LIMIT = 16.0
"""Clip before squaring; its square is the first integer above HIDDEN_LIMIT."""
WEIGHT_LIMIT = 64
"""abs(weight) <= 64 keeps 2 * 255 * 64 below 2**15: exact on x86 without VNNI."""
QKV_UNIT = 16
KV_LIMIT = 64
"""Keys and values take the place of weights in a product, so they share their bound."""
RESIDUAL_UNIT = 256
RESIDUAL_LIMIT = 32767
EMBEDDING_STEP = 8
"""Residual steps per step of an embedding entry."""
ATTENTION_GAIN = 2
"""Brings a mean of values (+-64) to the 8 bits of an activation."""
ATTENTION_SQUARINGS = 4
ATTENTION_TOP = 255
ATTENTION_BASE = float.fromhex("0x1.69f33c0000000p+0")
"""The float32 nearest to 255**(1/16): base of the attention weight of the largest score."""
ATTENTION_FLOOR = 0.7
"""0.7**16 = 0.0033 rounds to 0, and stays far from the subnormals."""
MASKED = -1024.0
OUTPUT_SQUARINGS = 6
OUTPUT_TOP = 2**23
OUTPUT_BASE = float.fromhex("0x1.486a2c0000000p+0")
"""The float32 nearest to (2**23)**(1/64): base of the weight of the most probable symbol."""
OUTPUT_FLOOR = 0.9
"""0.9**64 = 0.0012 rounds to 0, and stays far from the subnormals."""

MAXIMUM_WINDOW = 1024
"""Keeps sums of window * 255 * 64 below 2**24, exact in float32."""

MAXIMUM_HEAD_WIDTH = 2048
"""Keeps sums of head_width * 127 * 64 below 2**24, exact in float32."""
MAXIMUM_VOCABULARY = 65536

_ACTIVATIONS = ("relu", "relu2")


@dataclasses.dataclass(frozen=True)
class NgramTable:
    """A hashed embedding table of the last `order` symbols.

    Attributes:
        order: how many symbols are hashed, the newest included (at least 2).
        rows: size of the table.
    """

    order: int
    rows: int


@dataclasses.dataclass(frozen=True)
class Architecture:
    """Shape of an exact Transformer.

    Attributes:
        vocabulary: number of symbols V, a multiple of 32.
        layers: number of Transformer layers.
        width: size d of the residual stream, a multiple of 32.
        heads: number of query heads; keys and values have one head (multi-query).
        head_width: size of a head, a multiple of 32.
        hidden: size of the feed-forward layer, a multiple of 32.
        window: how many positions a query sees, itself included.
        activation: "relu" or "relu2" (squared ReLU).
        ngrams: hashed embedding tables beside the table of single symbols.
    """

    vocabulary: int
    layers: int
    width: int
    heads: int
    head_width: int
    hidden: int
    window: int
    activation: str = "relu2"
    ngrams: tuple[NgramTable, ...] = ()

    def __post_init__(self) -> None:
        for name in ("vocabulary", "layers", "width", "heads", "head_width", "hidden", "window"):
            if type(getattr(self, name)) is not int:
                raise BundleError(f"{name} must be an integer, not {getattr(self, name)!r}")
        for name in ("vocabulary", "width", "head_width", "hidden"):
            value = getattr(self, name)
            if value <= 0 or value % ALIGNMENT:
                raise BundleError(f"{name} must be a positive multiple of {ALIGNMENT}, not {value}")
        for name in ("layers", "heads"):
            if getattr(self, name) <= 0:
                raise BundleError(f"{name} must be positive, not {getattr(self, name)}")
        if self.vocabulary > MAXIMUM_VOCABULARY:
            raise BundleError(f"vocabulary must be at most {MAXIMUM_VOCABULARY}")
        if self.head_width > MAXIMUM_HEAD_WIDTH:
            raise BundleError(f"head_width must be at most {MAXIMUM_HEAD_WIDTH}")
        if not 1 <= self.window <= MAXIMUM_WINDOW:
            raise BundleError(f"window must be 1 to {MAXIMUM_WINDOW}, not {self.window}")
        if self.activation not in _ACTIVATIONS:
            raise BundleError(f"activation must be one of {_ACTIVATIONS}, not {self.activation!r}")
        for table in self.ngrams:
            if table.order < 2 or not 1 <= table.rows <= 2**24:
                raise BundleError(f"an n-gram table needs order >= 2 and 1 to 2**24 rows: {table}")

    @property
    def history(self) -> int:
        """How many symbols before the current one the embedding looks at."""
        return max((table.order for table in self.ngrams), default=1) - 1

    @property
    def embedding_rows(self) -> int:
        """Rows of the embedding: the symbols, the start symbol, then the n-gram tables."""
        return self.vocabulary + 1 + sum(table.rows for table in self.ngrams)

    @property
    def start_symbol(self) -> int:
        """The symbol that stands before the first one of a lane."""
        return self.vocabulary

    @property
    def products_per_symbol(self) -> int:
        """Multiplications for one symbol: linear layers and attention over a full window."""
        attention = 2 * self.heads * self.head_width * self.window
        return self.layers * (self._layer_weights + attention) + self.width * self.vocabulary

    @property
    def parameters(self) -> int:
        """Number of stored integers of the matrices, embedding and attention biases."""
        layer = self._layer_weights + self.heads * self.window
        tables = (self.embedding_rows + self.vocabulary) * self.width
        return self.layers * layer + tables

    @property
    def _layer_weights(self) -> int:
        """Weights in the matrices of a layer: qkv, out, up, down."""
        queries = self.heads * self.head_width
        return self.width * (2 * queries + 2 * self.head_width + 2 * self.hidden)

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON-able values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Architecture:
        """Inverse of :meth:`to_json`.

        Raises:
            BundleError: a field is missing, unknown or out of range.
        """
        try:
            fields = dict(fields)
            ngrams = tuple(NgramTable(**table) for table in fields.get("ngrams", ()))
            return cls(**{**fields, "ngrams": ngrams})
        except (TypeError, ValueError) as error:
            raise BundleError(f"the architecture cannot be read: {error}") from error

"""The shape of a model: what a bundle's manifest states and every executor must know.

docs/model.md is the specification of the arithmetic; the constants here carry its names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from lmpack.errors import BundleError

SPEC_VERSION = 2

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
MAXIMUM_WIDTH = 65536
MAXIMUM_HEADS = 1024
MAXIMUM_QUERIES = 65536
MAXIMUM_LAYERS = 1024
MAXIMUM_PARAMETERS = 2**32
"""Far beyond what a CPU can run: larger numbers are damage."""

MAXIMUM_TABLES = 30
"""Keeps the sum of the embedding's rows, 8 * 128 * (1 + tables), below RESIDUAL_LIMIT."""

_ACTIVATIONS = ("relu", "relu2")


WORD = 0
"""In place of a table's order: its context is the word that is being written."""

WORD_REACH = 16
"""How many symbols the context "the word" looks at, the newest included."""

MAXIMUM_ORDER = 32


@dataclasses.dataclass(frozen=True)
class ContextTable:
    """A hashed embedding table of what stands before the next symbol.

    Attributes:
        order: how many symbols are hashed, the newest included (at least 2), or WORD.
        rows: size of the table.
        channel: the first channel of the residual stream that its rows are added to.
        width: how many channels a row has, a multiple of 32.
    """

    order: int
    rows: int
    channel: int
    width: int

    @property
    def reach(self) -> int:
        """How many symbols the context depends on, the newest included."""
        return WORD_REACH if self.order == WORD else self.order


@dataclasses.dataclass(frozen=True)
class Architecture:
    """Shape of an exact Transformer.

    Attributes:
        vocabulary: number of symbols V, a multiple of 32.
        width: size d of the residual stream, a multiple of 32.
        heads: number of query heads; keys and values have one head (multi-query).
        head_width: size of a head, a multiple of 32.
        hidden: size of the feed-forward layer, a multiple of 32.
        windows: for each layer, how many positions a query sees, itself included.
        activation: "relu" or "relu2" (squared ReLU).
        tables: hashed embedding tables beside the table of single symbols.
        predicts_tokens: whether it is a decoder, which this is not.
    """

    predicts_tokens: ClassVar[bool] = False

    vocabulary: int
    width: int
    heads: int
    head_width: int
    hidden: int
    windows: tuple[int, ...]
    activation: str = "relu2"
    tables: tuple[ContextTable, ...] = ()

    def __post_init__(self) -> None:
        for name in ("vocabulary", "width", "head_width", "hidden"):
            value = _integer(name, getattr(self, name))
            if value <= 0 or value % ALIGNMENT:
                raise BundleError(f"{name} must be a positive multiple of {ALIGNMENT}, not {value}")
            if value > MAXIMUM_WIDTH:
                raise BundleError(f"{name} must be at most {MAXIMUM_WIDTH}, not {value}")
        if not 1 <= _integer("heads", self.heads) <= MAXIMUM_HEADS:
            raise BundleError(f"heads must be 1 to {MAXIMUM_HEADS}, not {self.heads}")
        if self.vocabulary > MAXIMUM_VOCABULARY:
            raise BundleError(f"vocabulary must be at most {MAXIMUM_VOCABULARY}")
        if self.head_width > MAXIMUM_HEAD_WIDTH:
            raise BundleError(f"head_width must be at most {MAXIMUM_HEAD_WIDTH}")
        if self.heads * self.head_width > MAXIMUM_QUERIES:
            raise BundleError(
                f"heads * head_width must be at most {MAXIMUM_QUERIES}, "
                f"not {self.heads * self.head_width}"
            )
        if not 1 <= len(self.windows) <= MAXIMUM_LAYERS:
            raise BundleError(
                f"windows must name the window of 1 to {MAXIMUM_LAYERS} layers, not of "
                f"{len(self.windows)}"
            )
        for window in self.windows:
            if not 1 <= _integer("a window", window) <= MAXIMUM_WINDOW:
                raise BundleError(f"a window must be 1 to {MAXIMUM_WINDOW}, not {window}")
        if self.activation not in _ACTIVATIONS:
            raise BundleError(
                f"activation must be one of {_ACTIVATIONS}, not {self.activation!r:.80}"
            )
        if len(self.tables) > MAXIMUM_TABLES:
            raise BundleError(f"there must be at most {MAXIMUM_TABLES} tables")
        for table in self.tables:
            self._check_table(table)
        if self.parameters > MAXIMUM_PARAMETERS:
            raise BundleError(
                f"a model may have {MAXIMUM_PARAMETERS} parameters, not {self.parameters}"
            )

    def _check_table(self, table: ContextTable) -> None:
        for field in dataclasses.fields(table):
            _integer(f"{field.name} of a table", getattr(table, field.name))
        if table.order != WORD and not 2 <= table.order <= MAXIMUM_ORDER:
            raise BundleError(
                f"the order of a table must be 2 to {MAXIMUM_ORDER}, or {WORD} for the word: "
                f"{table}"
            )
        if not 1 <= table.rows <= 2**24:
            raise BundleError(f"a table must have 1 to 2**24 rows: {table}")
        if table.width <= 0 or table.width % ALIGNMENT or table.channel % ALIGNMENT:
            raise BundleError(
                f"channel and width of a table must be multiples of {ALIGNMENT}: {table}"
            )
        if not 0 <= table.channel <= self.width - table.width:
            raise BundleError(f"a table must lie within the {self.width} channels: {table}")

    @property
    def layers(self) -> int:
        """Number of Transformer layers."""
        return len(self.windows)

    @property
    def history(self) -> int:
        """How many symbols before the current one the embedding looks at."""
        return max((table.reach for table in self.tables), default=1) - 1

    @property
    def start_symbol(self) -> int:
        """The symbol that stands before the first one of a lane."""
        return self.vocabulary

    @property
    def products_per_symbol(self) -> int:
        """Multiplications for one symbol: linear layers and attention over full windows."""
        attention = 2 * self.heads * self.head_width * sum(self.windows)
        return self.layers * self._layer_weights + attention + self.width * self.vocabulary

    @property
    def parameters(self) -> int:
        """Number of stored integers of the matrices and embeddings, and of attention biases."""
        tables = sum(table.rows * table.width for table in self.tables)
        symbols = (2 * self.vocabulary + 1) * self.width
        biases = self.heads * sum(self.windows)
        return self.layers * self._layer_weights + biases + symbols + tables

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
            fields["tables"] = tuple(ContextTable(**table) for table in fields.get("tables", ()))
            fields["windows"] = tuple(fields["windows"])
            return cls(**fields)
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"the architecture cannot be read: {error}") from error


def _integer(name: str, value: object) -> int:
    if type(value) is not int:
        raise BundleError(f"{name} must be an integer, not {value!r:.80}")
    return value

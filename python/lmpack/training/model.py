"""The exact Transformer in torch: with quantization on, its forward pass is the specification.

Every tensor between two rounding steps is float32 and, with quantization on, integer-valued or one
correctly rounded operation away from it, so that torch, ONNX Runtime and the C++ engine agree on
every bit (docs/model.md). With quantization off the same steps run without rounding, for warm-up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from lmpack._models.architecture import (
    ACTIVATION_LIMIT,
    ACTIVATION_UNIT,
    ATTENTION_BASE,
    ATTENTION_GAIN,
    ATTENTION_SQUARINGS,
    EMBEDDING_STEP,
    HIDDEN_LIMIT,
    KV_LIMIT,
    OUTPUT_BASE,
    OUTPUT_FLOOR,
    OUTPUT_SQUARINGS,
    QKV_UNIT,
    RESIDUAL_LIMIT,
    RESIDUAL_UNIT,
    SQUARE_LIMIT,
    SQUARE_UNIT,
    Architecture,
)
from lmpack.training.attention import windowed_attention
from lmpack.training.precision import EXACT, Precision
from lmpack.training.rounding import integer_weight, to_integers, weight_scales

SCORE_UNIT = ATTENTION_BASE / 2**ATTENTION_SQUARINGS
"""Units of the attention weight's base per unit (nat, near the top) of a score."""
LARGEST_BIAS = 512.0
HIDDEN_UNIT = {"relu": 32, "relu2": SQUARE_UNIT**2}


def initial_weight(outputs: int, inputs: int, gain: float = 1.0) -> Tensor:
    """Random [out, in] that multiplies the deviation of its inputs by `gain`."""
    return torch.randn(outputs, inputs) * (gain / math.sqrt(inputs))


class Linear(nn.Module):
    """y = round-trip of an int8 matrix product: (integers @ integer weights) * multiplier."""

    def __init__(self, inputs: int, outputs: int, gain: float, in_unit: float, out_unit: float):
        super().__init__()
        self.weight = nn.Parameter(initial_weight(outputs, inputs, gain))
        self.unit = out_unit / in_unit

    def multiplier(self) -> Tensor:
        """Float32 [out]: from the integer accumulator to the units of the output."""
        return weight_scales(self.weight) * self.unit

    def integers(self, quantize: bool = True) -> Tensor:
        """Float32 [out, in]: the integer weights (not rounded unless `quantize`)."""
        return integer_weight(self.weight, weight_scales(self.weight), quantize)

    def forward(
        self, values: Tensor, quantize: bool, products: torch.dtype = torch.float32
    ) -> Tensor:
        """Float32 [..., out] in the units of the output, not rounded, of integers [..., in]."""
        weight = self.integers(quantize).to(products)
        return nn.functional.linear(values.to(products), weight).float() * self.multiplier()


def normalize(x: Tensor, quantize: bool, squares: torch.dtype = torch.float64) -> Tensor:
    """RMS normalisation of the residual stream [..., d] to 8-bit activations.

    Args:
        x: the residual stream.
        quantize: whether to round.
        squares: type of the sum of squares; that of the specification is exact.
    """
    total = x.to(squares).square().sum(dim=-1, keepdim=True)
    # Tensors on both sides: on a GPU torch turns a division by a number into a product.
    mean = total / torch.full_like(total, x.shape[-1])
    inverse = (ACTIVATION_UNIT / torch.sqrt(mean + 1.0)).float()
    return to_integers(x * inverse, -ACTIVATION_LIMIT, ACTIVATION_LIMIT, quantize)


def add_to_residual(x: Tensor, update: Tensor, quantize: bool) -> Tensor:
    """X + round(update), clipped to 16 bits."""
    update = to_integers(update, -2 * RESIDUAL_LIMIT, 2 * RESIDUAL_LIMIT, quantize)
    return (x + update).clamp(-RESIDUAL_LIMIT, RESIDUAL_LIMIT)


def score_scale(architecture: Architecture) -> float:
    """The float32 factor from an integer product q . k to units of the attention weight's base."""
    scale = SCORE_UNIT / (QKV_UNIT**2 * math.sqrt(architecture.head_width))
    return float(torch.tensor(scale, dtype=torch.float32))


class Layer(nn.Module):
    """Attention, then a feed-forward network, each added to the residual stream [B, T, d].

    Attributes:
        observer: called in each pass with the normalised stream [B, T, d] and the activations of
            the hidden units [B, T, hidden].
    """

    def __init__(self, architecture: Architecture, window: int):
        super().__init__()
        a = self.architecture = architecture
        queries = a.heads * a.head_width
        damping = 1 / math.sqrt(2 * a.layers)
        self.qkv = Linear(a.width, queries + 2 * a.head_width, 1.0, ACTIVATION_UNIT, QKV_UNIT)
        out_unit = QKV_UNIT * ATTENTION_GAIN
        self.out = Linear(queries, a.width, damping, out_unit, RESIDUAL_UNIT)
        squared = a.activation == "relu2"
        up_unit = SQUARE_UNIT if squared else HIDDEN_UNIT["relu"]
        self.up = Linear(a.width, a.hidden, 1.0, ACTIVATION_UNIT, up_unit)
        self.down = Linear(a.hidden, a.width, damping, HIDDEN_UNIT[a.activation], RESIDUAL_UNIT)
        slopes = 2.0 ** -torch.linspace(1, 8, a.heads)
        self.bias = nn.Parameter(-slopes[:, None] * torch.arange(window))
        self.score_scale = score_scale(a)
        self.precision = EXACT
        self.observer: Callable[[Tensor, Tensor], None] | None = None

    def bias_table(self) -> Tensor:
        """Float32 [heads, window]: the learned biases in units of the attention weight's base."""
        bias: Tensor = self.bias.clamp(-LARGEST_BIAS, LARGEST_BIAS) * SCORE_UNIT
        return bias

    def forward(self, x: Tensor, quantize: bool) -> Tensor:
        """The residual stream [B, T, d] after this layer."""
        a = self.architecture
        squares, products = self.precision.squares, self.precision.products
        y = self.qkv(normalize(x, quantize, squares), quantize, products)
        q, k, v = y.split([a.heads * a.head_width, a.head_width, a.head_width], dim=-1)
        q = to_integers(q, -ACTIVATION_LIMIT, ACTIVATION_LIMIT, quantize)
        k, v = (to_integers(t, -KV_LIMIT, KV_LIMIT, quantize) for t in (k, v))
        q = q.view(*q.shape[:-1], a.heads, a.head_width)
        mean = windowed_attention(q, k, v, self.bias_table(), self.score_scale, self.precision)
        mean = mean.flatten(-2) * ATTENTION_GAIN
        mean = to_integers(mean, -ACTIVATION_LIMIT, ACTIVATION_LIMIT, quantize)
        x = add_to_residual(x, self.out(mean, quantize, products), quantize)
        normalized = normalize(x, quantize, squares)
        hidden = self.up(normalized, quantize, products)
        if a.activation == "relu2":
            hidden = hidden.clamp(0.0, SQUARE_LIMIT).square()
        hidden = to_integers(hidden, 0.0, HIDDEN_LIMIT, quantize)
        if self.observer is not None:
            self.observer(normalized, hidden)
        return add_to_residual(x, self.down(hidden, quantize, products), quantize)


class ExactTransformer(nn.Module):
    """Byte-level (or vocabulary-level) Transformer with one right answer on every machine."""

    def __init__(self, architecture: Architecture):
        super().__init__()
        self.architecture = architecture
        self.embedding = nn.Embedding(architecture.vocabulary + 1, architecture.width)
        nn.init.normal_(self.embedding.weight, std=0.5)
        self.tables = nn.ModuleList(nn.Embedding(t.rows, t.width) for t in architecture.tables)
        for table in self.context_tables():
            nn.init.normal_(table.weight, std=0.05)
        self.layers = nn.ModuleList(Layer(architecture, window) for window in architecture.windows)
        score_unit = OUTPUT_BASE / 2**OUTPUT_SQUARINGS
        vocabulary = architecture.vocabulary
        self.head = Linear(architecture.width, vocabulary, 0.5, ACTIVATION_UNIT, score_unit)
        self.precision = EXACT

    def blocks(self) -> list[Layer]:
        """The layers, from the input to the output."""
        return cast("list[Layer]", list(self.layers))

    def context_tables(self) -> list[nn.Embedding]:
        """The hashed embedding tables, in the order of the architecture."""
        return cast("list[nn.Embedding]", list(self.tables))

    def set_precision(self, precision: Precision) -> None:
        """How exactly the following passes compute."""
        self.precision = precision
        for layer in self.blocks():
            layer.precision = precision

    def embed(self, rows: Tensor, quantize: bool) -> Tensor:
        """Residual stream [B, T, d] from rows int64 [B, T, 1 + tables]."""
        width = self.architecture.width
        total = _embedding_steps(self.embedding(rows[..., 0]), quantize)
        for i, (shape, table) in enumerate(
            zip(self.architecture.tables, self.context_tables(), strict=True), start=1
        ):
            entries = _embedding_steps(table(rows[..., i]), quantize)
            after = width - shape.channel - shape.width
            total = total + nn.functional.pad(entries, (shape.channel, after))
        return total * EMBEDDING_STEP

    def integer_tables(self) -> list[Tensor]:
        """Float32 [rows, channels]: the embedding and the tables, in EMBEDDING_STEP steps."""
        tables = [self.embedding, *self.context_tables()]
        return [_embedding_steps(table.weight, quantize=True) for table in tables]

    def forward(self, rows: Tensor, quantize: bool) -> Tensor:
        """Bases of the odds.

        Args:
            rows: int64 [B, T, 1 + tables], from :func:`lmpack._models.symbols.embedding_rows`.
            quantize: whether to round as the exported graph does.

        Returns:
            float32 [B, T, V]: b; the odds of a symbol are b**64, at most 2**23.
        """
        x = self.embed(rows, quantize)
        for layer in self.blocks():
            x = layer(x, quantize)
        scores = self.head(normalize(x, quantize, self.precision.squares), quantize)
        top = scores.amax(dim=-1, keepdim=True) - OUTPUT_BASE
        return (scores - top).clamp_min(OUTPUT_FLOOR)  # type: ignore[no-any-return]

    def quantized_odds(self, rows: Tensor) -> Tensor:
        """Int32 [B, T, V]: the unnormalised probabilities, as every executor gives them."""
        bases: Tensor = self(rows, quantize=True)
        return _odds(bases).round().to(torch.int32)


def _embedding_steps(entries: Tensor, quantize: bool) -> Tensor:
    steps = entries * (RESIDUAL_UNIT / EMBEDDING_STEP)
    return to_integers(steps, -ACTIVATION_LIMIT, ACTIVATION_LIMIT, quantize)


def _odds(bases: Tensor) -> Tensor:
    """The 64th powers, by repeated squaring as in the specification."""
    odds = bases
    for _ in range(OUTPUT_SQUARINGS):
        odds = odds.square()
    return odds


def code_length(bases: Tensor, targets: Tensor) -> Tensor:
    """Nats per symbol of `targets` [B, T] under the bases [B, T, V] of the odds."""
    exponent = 2**OUTPUT_SQUARINGS
    chosen = bases.gather(-1, targets[..., None]).squeeze(-1)
    nats: Tensor = _odds(bases).sum(dim=-1).log() - exponent * chosen.log()
    return nats

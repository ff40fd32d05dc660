"""From the description of a float model to the shape of its exact form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lmpack._models.decoder.shape import ALIGNMENT, DecoderShape, padded
from lmpack.errors import BundleError
from lmpack.importing.source import FloatSource

DEFAULT_CONTEXT = 4096

_RANGES = {"silu": 16, "gelu_tanh": 8, "gelu_erf": 8}
"""Of the tables of activations: beyond it they are 0 or 1, as far as float32 can tell."""


def exact_shape(
    source: FloatSource, tokens: Sequence[bytes], context: int, residual_bits: int
) -> DecoderShape:
    """The shape of a model in its exact form.

    Args:
        source: the model.
        tokens: those that are kept.
        context: positions of a segment.
        residual_bits: steps of the residual stream.

    Raises:
        BundleError: the exact form cannot say what the model is.
    """
    shape = source.shape
    names = set(source.names())
    if shape.width % ALIGNMENT:
        raise BundleError(
            f"the model has a width of {shape.width}, which is no multiple of {ALIGNMENT}"
        )
    if shape.head_width % 2:
        raise BundleError(f"the model has heads of {shape.head_width} channels, an odd number")
    if shape.qk_norm and shape.head_width % ALIGNMENT:
        raise BundleError(
            f"the model normalises heads of {shape.head_width} channels, no multiple of {ALIGNMENT}"
        )
    if shape.activation not in _RANGES:
        raise BundleError(f"the activation {shape.activation!r} is not known")
    return DecoderShape(
        vocabulary=len(tokens),
        token_bytes=sum(map(len, tokens)),
        width=shape.width,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        head_width=padded(shape.head_width),
        hidden=padded(shape.hidden),
        context=context,
        windows=tuple(min(window or context, context) for window in shape.windows),
        ropes=rope_numbers(source),
        residual_bits=residual_bits,
        norm=shape.norm,
        post_norms=shape.post_norms,
        qk_norm=shape.qk_norm,
        gated=shape.gated,
        activation_range=_RANGES[shape.activation],
        qkv_bias=_biased(names, ("q", "k", "v")),
        out_bias=_biased(names, ("out",)),
        feed_forward_bias=_biased(names, ("gate", "up", "down")),
        tied=shape.tied,
    )


def rope_tables(source: FloatSource) -> list[bytes]:
    """The different frequencies of rotary tables, as bytes of float64, in order."""
    return list(dict.fromkeys(_frequencies(source)))


def rope_numbers(source: FloatSource) -> tuple[int, ...]:
    """For each layer the number of its table."""
    tables = rope_tables(source)
    return tuple(map(tables.index, _frequencies(source)))


def _frequencies(source: FloatSource) -> list[bytes]:
    return [np.asarray(each, np.float64).tobytes() for each in source.shape.rope_frequencies]


def chosen_context(trained: int, wanted: int | None) -> int:
    """Positions of a segment.

    Args:
        trained: the most that the model was trained with.
        wanted: by the user; None for as many as are sensible.

    Raises:
        BundleError: more than the model was trained with, or none.
    """
    if wanted is None:
        return min(trained, DEFAULT_CONTEXT)
    if not 1 <= wanted <= trained:
        raise BundleError(
            f"the model was trained with {trained} positions: choose a context of 1 to {trained}"
        )
    return wanted


def _biased(names: set[str], matrices: Sequence[str]) -> bool:
    return any(f"layers.0.{matrix}.bias" in names for matrix in matrices)

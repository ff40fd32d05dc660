"""Which tensors a float model has, by their canonical names, and their shapes."""

from __future__ import annotations

from collections.abc import Iterator

from lmpack.importing.source import FloatShape

Shape = tuple[int, ...]

EMBEDDING, HEAD, POSITIONS, FINAL_NORM = "embedding", "head", "positions", "final_norm"
ATTENTION = ("q", "k", "v", "out")
FEED_FORWARD = ("gate", "up", "down")


def tensor_shapes(shape: FloatShape, biased: frozenset[str] = frozenset()) -> dict[str, Shape]:
    """Shapes of all tensors by their canonical names (source.FloatSource).

    Args:
        shape: the description of the model.
        biased: which of "q", "k", "v", "out", "gate", "up", "down" have a bias.
    """
    shapes: dict[str, Shape] = {EMBEDDING: (shape.vocabulary, shape.width)}
    if not shape.rope_frequencies:
        shapes[POSITIONS] = (shape.context, shape.width)
    for i in range(shape.layers):
        for part, outputs, inputs in _matrices(shape):
            shapes[f"layers.{i}.{part}"] = (outputs, inputs)
            if part in biased:
                shapes[f"layers.{i}.{part}.bias"] = (outputs,)
        for part, channels in _norms(shape):
            _add_norm(shapes, f"layers.{i}.{part}", channels, shape.norm)
    _add_norm(shapes, FINAL_NORM, shape.width, shape.norm)
    if not shape.tied:
        shapes[HEAD] = (shape.vocabulary, shape.width)
    return shapes


def _matrices(shape: FloatShape) -> Iterator[tuple[str, int, int]]:
    queries, keys = shape.heads * shape.head_width, shape.kv_heads * shape.head_width
    yield "q", queries, shape.width
    yield "k", keys, shape.width
    yield "v", keys, shape.width
    yield "out", shape.width, queries
    if shape.gated:
        yield "gate", shape.hidden, shape.width
    yield "up", shape.hidden, shape.width
    yield "down", shape.width, shape.hidden


def _norms(shape: FloatShape) -> Iterator[tuple[str, int]]:
    yield "attention_norm", shape.width
    yield "feed_forward_norm", shape.width
    if shape.post_norms:
        yield "post_attention_norm", shape.width
        yield "post_feed_forward_norm", shape.width
    if shape.qk_norm:
        yield "q_norm", shape.head_width
        yield "k_norm", shape.head_width


def _add_norm(shapes: dict[str, Shape], name: str, channels: int, norm: str) -> None:
    shapes[name] = (channels,)
    if norm == "layer":
        shapes[f"{name}.bias"] = (channels,)

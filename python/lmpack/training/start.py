"""The weights of a bundle as the start of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lmpack._models.architecture import (
    ACTIVATION_UNIT,
    EMBEDDING_STEP,
    RESIDUAL_UNIT,
    Architecture,
)
from lmpack._models.bundle import Bundle
from lmpack.errors import TrainingError
from lmpack.training.activity import observed
from lmpack.training.evaluate import Symbols, total_bits
from lmpack.training.export import integer_tensors
from lmpack.training.model import SCORE_UNIT, ExactTransformer, Layer, Linear, initial_weight

Tensors = Mapping[str, npt.NDArray[Any]]

SMALLEST_VARIANCE = 0.01
"""Share of a normalised stream that varies, at least: bounds the weights of revived units."""


def load_weights(model: ExactTransformer, bundle: Bundle) -> None:
    """Give a model float weights whose quantized forward pass is that of a bundle, bit for bit.

    A table may have a multiple of the bundle's rows: a context that falls into row r of the larger
    one falls into row r mod old rows of the smaller one, so that copies of it change nothing.

    Raises:
        TrainingError: the shapes differ in something else, or the integers cannot be reproduced.
    """
    _check_shape(model.architecture, bundle.architecture)
    tensors = _widened(bundle.tensors(), model.architecture)
    with torch.no_grad():
        embeddings = [model.embedding, *model.context_tables()]
        names = ["embedding", *(f"tables.{i}" for i in range(len(model.tables)))]
        for embedding, name in zip(embeddings, names, strict=True):
            embedding.weight.copy_(_float(tensors[name]) * (EMBEDDING_STEP / RESIDUAL_UNIT))
        for number, layer in enumerate(model.blocks()):
            for name in ("qkv", "out", "up", "down"):
                _load_linear(getattr(layer, name), tensors, f"layers.{number}.{name}")
            # Without the column of the keys that are not visible.
            bias = _float(tensors[f"layers.{number}.bias"])[:, :-1]
            layer.bias.copy_(_quotient(bias, SCORE_UNIT))
        _load_linear(model.head, tensors, "head")
    found = integer_tensors(model)
    different = [name for name in found if not np.array_equal(found[name], tensors[name])]
    if different:
        raise TrainingError(f"no float weights give the bundle's {', '.join(different)}")


def revive_dead_units(model: ExactTransformer, texts: Sequence[Symbols]) -> list[int]:
    """Let hidden units that never fire on some texts learn again; nothing changes on the texts.

    Args:
        model: the model.
        texts: symbols [n] each.

    Returns:
        for each layer, how many units begin anew.
    """
    with observed(model) as activity:
        total_bits(model, texts)
    layers = zip(model.blocks(), activity, strict=True)
    return [_revive(layer, one.fired, one.mean_input) for layer, one in layers]


@torch.no_grad()
def _revive(layer: Layer, fired: Tensor, mean_input: Tensor) -> int:
    """Draw new inputs for units that did not fire, and set their outputs to 0."""
    units = (~fired).nonzero().flatten()
    if not len(units):
        return 0
    up, down = layer.up.weight, layer.down.weight
    largest = down.abs().amax(dim=1)
    # The largest weight of a row is the scale of the others. Where only dead units hold it, it has
    # to stay: one of them keeps all such, and never fires.
    lost = (down.abs() * fired).amax(dim=1) < largest
    down[:, units] = 0
    if lost.any():
        keeper, units = units[0], units[1:]
        down[:, keeper] = largest * lost
        up[keeper] = 0
    up[units] = _centred_weight(len(units), mean_input)
    return len(units)


def _centred_weight(units: int, mean_input: Tensor) -> Tensor:
    """Random rows [units, d] whose products with the inputs have mean 0 and deviation 1.

    Most of a normalised stream may be the same at every position: a row that looks along it is
    always or never above 0.
    """
    width = len(mean_input)
    rows = initial_weight(units, width).to(mean_input.device)
    constant = mean_input.square().sum()
    rows -= (rows @ mean_input)[:, None] * mean_input / constant.clamp_min(1.0)
    varying = 1 - constant / (ACTIVATION_UNIT**2 * width)
    return rows / varying.clamp_min(SMALLEST_VARIANCE).sqrt()


def _check_shape(wanted: Architecture, given: Architecture) -> None:
    for field in dataclasses.fields(wanted):
        ours, theirs = getattr(wanted, field.name), getattr(given, field.name)
        if field.name != "tables" and ours != theirs:
            raise TrainingError(
                f"the bundle has {field.name} {theirs}, the recipe {ours}: they have to agree"
            )
    if len(wanted.tables) != len(given.tables):
        raise TrainingError(
            f"the bundle has {len(given.tables)} tables, the recipe {len(wanted.tables)}"
        )
    for number, (ours, theirs) in enumerate(zip(wanted.tables, given.tables, strict=True)):
        if dataclasses.replace(ours, rows=theirs.rows) != theirs:
            raise TrainingError(f"table {number} is {theirs} in the bundle, {ours} in the recipe")
        if ours.rows % theirs.rows:
            raise TrainingError(
                f"table {number} has {theirs.rows} rows in the bundle: {ours.rows} is no multiple"
            )


def _widened(tensors: Tensors, wanted: Architecture) -> Tensors:
    tables = {}
    for number, table in enumerate(wanted.tables):
        old = tensors[f"tables.{number}"]
        tables[f"tables.{number}"] = np.tile(old, (table.rows // len(old), 1))
    return {**tensors, **tables}


def _load_linear(linear: Linear, tensors: Tensors, name: str) -> None:
    """The largest integer of a row is 64, so its scale comes back from the product exactly."""
    scales = _quotient(_float(tensors[f"{name}.multiplier"]), linear.unit)
    linear.weight.copy_(_float(tensors[f"{name}.weight"]).T * scales[:, None])


def _quotient(products: Tensor, factor: float) -> Tensor:
    """Float32 values that, times a factor, are rounded to some products, if there are such."""
    near = products / factor
    result = near
    for limit in (-torch.inf, torch.inf):
        other = torch.nextafter(near, torch.full_like(near, limit))
        result = torch.where(result * factor == products, result, other)
    return result


def _float(array: npt.NDArray[Any]) -> Tensor:
    return torch.from_numpy(array.astype(np.float32))

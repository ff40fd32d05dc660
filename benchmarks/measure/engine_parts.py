"""What encoding with a model spends in attention and in the feed-forward layers.

The same text is encoded with the model's own weights, and with a part of them left out: with
windows of NARROW positions, and with NARROW hidden units. The difference is the time of what was
left out; the rest is the other matrices, norms, the embedding, the head and the coder.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.record import timed
from lmpack._executors.protocol import no_progress
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import Bundle
from lmpack._native import Engine, ThreadTeam

NARROW = 32
"""Positions and units that stay: the fewest that a model may have of units."""

LANES = 16

Tensors = dict[str, npt.NDArray[Any]]


def with_narrow_windows(
    architecture: Architecture, tensors: Tensors
) -> tuple[Architecture, Tensors]:
    """The model that sees NARROW positions in each layer."""
    windows = tuple(min(window, NARROW) for window in architecture.windows)
    biases = {
        name: np.ascontiguousarray(tensor[:, : NARROW + 1])
        for name, tensor in tensors.items()
        if name.endswith(".bias")
    }
    return dataclasses.replace(architecture, windows=windows), tensors | biases


def with_few_units(architecture: Architecture, tensors: Tensors) -> tuple[Architecture, Tensors]:
    """The model with NARROW hidden units in each layer."""
    cut: Tensors = {}
    for name, tensor in tensors.items():
        if ".up." in name:
            cut[name] = np.ascontiguousarray(tensor[..., :NARROW])
        elif name.endswith(".down.weight"):
            cut[name] = np.ascontiguousarray(tensor[:NARROW])
    return dataclasses.replace(architecture, hidden=NARROW), tensors | cut


def seconds_by_part(bundle: Bundle, kernel: str, data: bytes, runs: int) -> dict[str, Any]:
    """CPU seconds by part for `data` in LANES lanes on one thread, and products by part."""
    whole = (bundle.architecture, bundle.tensors())
    models = [whole, with_narrow_windows(*whole), with_few_units(*whole)]
    engines = [Engine(shape.to_json(), tensors, kernel) for shape, tensors in models]
    team = ThreadTeam(1)
    lane_length = -(-len(data) // LANES)
    best = [float("inf")] * len(engines)
    for _ in range(runs + 1):
        for i, engine in enumerate(engines):
            _, taken = timed(engine.encode, team, data, lane_length, no_progress)
            best[i] = min(best[i], taken["cpu"])
    all_products, *left = (shape.products_per_symbol for shape, _ in models)
    seconds, products = {}, {}
    for part, spent, kept in zip(("attention", "feed-forward"), best[1:], left, strict=True):
        seconds[part], products[part] = best[0] - spent, all_products - kept
    seconds["rest"] = best[0] - sum(seconds.values())
    products["rest"] = all_products - sum(products.values())
    return {"bytes": len(data), "lanes": LANES, "seconds": seconds, "products": products}

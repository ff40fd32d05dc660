"""From a trained model to a bundle: integers, graphs, manifest, conformance vectors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import safetensors.numpy
import torch

import lmpack
from lmpack._executors.conformance import odds_digest
from lmpack._files.beside import written_beside
from lmpack._models.architecture import MASKED, SPEC_VERSION
from lmpack._models.bounds import check_bounds
from lmpack._models.bundle import GRAPHS, MANIFEST, TENSORS, model_fingerprint
from lmpack.errors import BundleError, TrainingError
from lmpack.training.graph import build_graph
from lmpack.training.graph_builder import TensorFile
from lmpack.training.model import ExactTransformer, Linear, score_scale
from lmpack.training.rows import sequence_rows


def integer_tensors(model: ExactTransformer) -> dict[str, npt.NDArray[Any]]:
    """The integers and scales of a model, by their names in `model.safetensors`.

    int8 `embedding` [V + 1, d] and, for each table i, `tables.i` [rows, width]; float32
    `score_scale` [1]; for each layer i and each matrix m of
    qkv, out, up, down: int8 `layers.i.m.weight` [in, out], float32 `layers.i.m.multiplier` [out];
    float32 `layers.i.bias` [heads, window + 1], whose last column is MASKED; and, like the other
    matrices, `head.weight` and `head.multiplier`.

    Raises:
        TrainingError: a value breaks a bound that exactness needs.
    """
    for name, parameter in model.named_parameters():
        if not torch.isfinite(parameter).all():
            raise TrainingError(f"{name} is not finite: the training has diverged")
    with torch.no_grad():
        embedding, *tables = map(_int8, model.integer_tables())
        tensors = {"embedding": embedding}
        tensors |= {f"tables.{i}": table for i, table in enumerate(tables)}
        tensors["score_scale"] = np.array([score_scale(model.architecture)], np.float32)
        tensors |= _linear("head", model.head)
        for i, layer in enumerate(model.blocks()):
            name = f"layers.{i}"
            bias = layer.bias_table().numpy()
            masked = np.full((bias.shape[0], 1), MASKED, np.float32)
            tensors[f"{name}.bias"] = np.concatenate([bias, masked], axis=1)
            for kind in ("qkv", "out", "up", "down"):
                tensors |= _linear(f"{name}.{kind}", getattr(layer, kind))
    try:
        check_bounds(model.architecture, tensors)
    except BundleError as error:
        raise TrainingError(f"the model breaks a bound of exactness: {error}") from error
    return tensors


def write_bundle(
    model: ExactTransformer, folder: Path, *, name: str, facts: Mapping[str, Any]
) -> None:
    """Write a bundle folder.

    Args:
        model: the trained model.
        folder: made if needed; the bundle's files in it are replaced.
        name: what the bundle calls itself.
        facts: further manifest entries: training, evaluation, licence.
    """
    architecture = model.architecture
    tensors = safetensors.numpy.save(integer_tensors(model))
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / TENSORS, tensors)
    file = TensorFile(folder / TENSORS)
    digests = {}
    for graph_name in GRAPHS:
        graph = build_graph(architecture, file, graph_name.removesuffix(".onnx"))
        content = graph.SerializeToString(deterministic=True)
        _replace(folder / graph_name, content)
        onnx.checker.check_model(str(folder / graph_name))
        digests[graph_name] = hashlib.sha256(content).hexdigest()
    manifest = {
        "name": name,
        "spec_version": SPEC_VERSION,
        "architecture": architecture.to_json(),
        "fingerprint": model_fingerprint(architecture, tensors).hex(),
        "graphs": digests,
        "parameters": architecture.parameters,
        "products_per_symbol": architecture.products_per_symbol,
        "lmpack_version": lmpack.__version__,
        **facts,
        "conformance": conformance_vectors(model),
    }
    _replace(folder / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())


def conformance_vectors(model: ExactTransformer) -> list[dict[str, Any]]:
    """Symbols long enough to wrap the ring, and the digest of what torch computes for them."""
    a = model.architecture
    random = np.random.default_rng(a.products_per_symbol)
    length = max(a.windows) + 40
    noise = random.integers(0, a.vocabulary, length)
    repeating = np.resize(random.integers(0, a.vocabulary, 23), length)
    symbols = np.stack([noise, repeating])
    rows = sequence_rows(a, torch.from_numpy(symbols))
    with torch.no_grad():
        odds = model.quantized_odds(rows).numpy()
    fed = np.concatenate([np.full((2, 1), a.start_symbol), symbols[:, :-1]], axis=1)
    return [{"symbols": fed.tolist(), "sha256": odds_digest(odds)}]


def _replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another one: who has the old one open keeps it."""
    with written_beside(path) as temporary:
        temporary.write_bytes(content)


def _int8(values: torch.Tensor) -> npt.NDArray[Any]:
    return np.ascontiguousarray(values.to(torch.int8).numpy())


def _linear(name: str, linear: Linear) -> dict[str, npt.NDArray[Any]]:
    weight = _int8(linear.integers().T)
    return {f"{name}.weight": weight, f"{name}.multiplier": linear.multiplier().numpy()}

"""Small models with random integers, strong enough to reach every clip of the arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from lmpack._models.architecture import WORD, Architecture, ContextTable
from lmpack._models.bundle import Bundle, load_byte_model
from lmpack.training.export import write_bundle
from lmpack.training.model import ExactTransformer

ARCHITECTURES = {
    "plain": Architecture(
        vocabulary=256, width=32, heads=1, head_width=32, hidden=64, windows=(8,),
        activation="relu",
    ),
    "tables": Architecture(
        vocabulary=256, width=96, heads=2, head_width=32, hidden=128, windows=(16, 48),
        tables=(
            ContextTable(2, 512, 0, 96), ContextTable(3, 1021, 32, 64),
            ContextTable(WORD, 99, 0, 32),
        ),
    ),
    "wide": Architecture(
        vocabulary=288, width=96, heads=2, head_width=64, hidden=320, windows=(130, 40, 130),
        activation="relu", tables=(ContextTable(4, 100, 64, 32),),
    ),
    "one-position": Architecture(
        vocabulary=32, width=32, heads=3, head_width=32, hidden=32, windows=(1, 1),
    ),
}  # fmt: skip


def random_model(
    architecture: Architecture, seed: int = 0, strength: float = 2.5
) -> ExactTransformer:
    """A model with random weights; above 1, `strength` drives activations into their limits."""
    torch.manual_seed(seed)
    model = ExactTransformer(architecture)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(strength)
        model.head.weight.mul_(4)
        model.embedding.weight[:, 0].mul_(50)
        for layer in model.blocks():
            layer.up.weight[:4].mul_(20)
            for matrix in (layer.out, layer.down):
                matrix.weight[:2].mul_(300)  # these channels run into the residual's limit
            layer.bias.copy_(torch.randn_like(layer.bias) * 2)
    return model


def random_bundle(folder: Path, architecture: Architecture, seed: int = 0) -> Bundle:
    """The bundle of :func:`random_model`, written into `folder`."""
    write_bundle(random_model(architecture, seed), folder, name="random", facts={})
    return load_byte_model(folder)


def random_symbols(
    architecture: Architecture, lanes: int, length: int, seed: int = 0
) -> np.ndarray:
    """Symbols int64 [L, T] as an executor is fed them: the start symbol, then noise and repeats."""
    random = np.random.default_rng(seed)
    symbols = random.integers(0, architecture.vocabulary, (lanes, length))
    symbols[::2] = np.resize(symbols[0, :19], length)
    symbols[:, 0] = architecture.start_symbol
    return symbols


def torch_odds(model: ExactTransformer, symbols: np.ndarray) -> np.ndarray:
    """Odds int32 [L, T, V] after each symbol fed, as torch computes them where the model is."""
    from lmpack._models.symbols import embedding_rows

    a = model.architecture
    start = np.full((symbols.shape[0], a.history), a.start_symbol)
    rows = embedding_rows(a, np.concatenate([start, symbols], axis=1))
    with torch.no_grad():
        device = next(model.parameters()).device
        return model.quantized_odds(torch.from_numpy(rows).to(device)).cpu().numpy()

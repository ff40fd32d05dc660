"""Speed next to the published code of the paper, in both its modes, with a model of one size.

    scripts/bench reference_repository CHECKOUT

CHECKOUT is a working tree of google-deepmind/language_modeling_is_compression; it needs jax,
dm-haiku and numpy. Both programs have 4 layers of width 64 with random weights, one thread where
they can be told. Their code is compiled again for every length of text: each length is run twice,
and the second time counts. Its lossless mode, the only one that it can decode, runs the model again
for each byte; its default mode runs it once for a chunk. Ours codes the same bytes as one lane, and
chunks as lanes of one block.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.data import start_of
from benchmarks.record import environment, timed, write_result
from lmpack._executors.native import NativeExecutor
from lmpack._executors.protocol import no_progress
from lmpack._models.bundle import load_byte_model
from lmpack.training.export import write_bundle
from lmpack.training.model import ExactTransformer
from lmpack.training.presets import PAPER_PRESETS

SOURCE = "canterbury/alice29.txt"
SIZES = (16, 48, 96)
CHUNK = 2048
DEFAULT_CHUNKS = 3
"""Chunks that their default mode is run on."""

ARCHITECTURE = PAPER_PRESETS["200k"]


@contextlib.contextmanager
def inside(folder: str) -> Iterator[None]:
    """Has a folder as the current one."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def load_reference(checkout: Path) -> tuple[Any, int]:
    """Its compressor and number of parameters, which are random.

    It finds them in the current folder.
    """
    # It imports this for data sets that are not needed here.
    sys.modules["tensorflow_datasets"] = types.ModuleType("tensorflow_datasets")
    sys.path.insert(0, str(checkout.parent))
    package = checkout.name
    import haiku as hk
    import jax
    import numpy as np

    transformer = importlib.import_module(f"{package}.transformer")
    config = transformer.TransformerConfig(vocab_size=256)
    model = hk.transform(lambda x: transformer.transformer_decoder(x, config))
    parameters = model.init(jax.random.PRNGKey(0), np.zeros((1, 8), np.uint8))
    np.savez("params.npz", **parameters)
    count = sum(leaf.size for leaf in jax.tree_util.tree_leaves(parameters))
    return importlib.import_module(f"{package}.compressors.language_model"), count


def measure_reference(module: Any, data: bytes) -> dict[str, float]:
    """Seconds of both directions, compiled; the round trip is checked."""
    best = {"encode": float("inf"), "decode": float("inf")}
    for _ in range(2):
        (packed, padding), seconds = timed(
            lambda: module.compress(
                data, return_num_padded_bits=True, use_slow_lossless_compression=True
            )
        )
        best["encode"] = min(best["encode"], seconds["wall"])
        plain, seconds = timed(module.decompress, packed, padding, len(data))
        best["decode"] = min(best["decode"], seconds["wall"])
        if plain != data:
            raise RuntimeError("its round trip failed")
    return best


def measure_default_mode(module: Any, chunks: list[bytes]) -> dict[str, float]:
    """Seconds that its default mode needs to encode chunks, compiled; it cannot decode them."""
    module.compress(chunks[0])
    _, seconds = timed(lambda: [module.compress(chunk) for chunk in chunks])
    return {"encode": seconds["wall"]}


def measure_ours(executor: NativeExecutor, data: bytes, lane_length: int) -> dict[str, float]:
    """Seconds of both directions, the best of three runs; the round trip is checked."""
    best = {"encode": float("inf"), "decode": float("inf")}
    for _ in range(3):
        payload, seconds = timed(executor.encode, data, lane_length, None, no_progress)
        best["encode"] = min(best["encode"], seconds["wall"])
        plain, seconds = timed(executor.decode, payload, len(data), lane_length, None, no_progress)
        best["decode"] = min(best["decode"], seconds["wall"])
        if plain != data:
            raise RuntimeError("our round trip failed")
    return best


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    checkout = parser.parse_args(arguments).checkout.resolve()
    text = start_of(SOURCE)
    result: dict[str, Any] = {"environment": environment(), "rows": []}
    with tempfile.TemporaryDirectory() as folder, inside(folder):
        write_bundle(ExactTransformer(ARCHITECTURE), Path(folder) / "model", name="same", facts={})
        executor = NativeExecutor(load_byte_model(Path(folder) / "model"), threads=1)
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
        module, count = load_reference(checkout)
        result["parameters"] = {"theirs": count, "ours": ARCHITECTURE.parameters}
        for size in SIZES:
            row: dict[str, Any] = {"bytes": size, "mode": "lossless"}
            row["theirs"] = measure_reference(module, text[:size])
            row["ours"] = measure_ours(executor, text[:size], size)
            result["rows"].append(row)
            write_result("reference_repository", result)
        chunks = [text[CHUNK * i : CHUNK * (i + 1)] for i in range(DEFAULT_CHUNKS)]
        theirs = measure_default_mode(module, chunks)["encode"] / len(chunks)
        for lanes in (1, len(text) // CHUNK):
            data = text[: CHUNK * lanes]
            row = {"bytes": len(data), "lanes": lanes, "mode": "default"}
            row["theirs"] = {"encode": theirs * lanes}
            row["ours"] = measure_ours(executor, data, CHUNK)
            result["rows"].append(row)
        write_result("reference_repository", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

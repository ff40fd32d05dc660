"""Do all executors agree on every integer, and on every byte of the files that they make?

    python -m benchmarks.gpu_conformance [--models NAME...]

The engine with each kernel of this processor, ONNX Runtime's CPU provider with both graphs, torch,
and, where there is a GPU, ONNX Runtime's CUDA provider (TF32 off and on, steps captured or not) and
torch on it; for the built-in models and for random ones, with several numbers of lanes. What could
not be run is said in the result. Ends with 1 if something differs.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.places import ROOT
from benchmarks.record import environment, write_result
from lmpack._blocks.codec import decode_block, encode_block
from lmpack._executors import Executor
from lmpack._executors.conformance import by_prefill, by_steps, weights_digest
from lmpack._executors.cuda import CudaExecutor, cuda_provider
from lmpack._executors.device import Provider
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.bundle import Bundle, list_bundles, load_bundle
from lmpack._native import kernel_names
from lmpack.errors import LmpackError

sys.path.insert(0, str(ROOT / "tests" / "support"))

from random_models import (  # after the path is known
    ARCHITECTURES,
    random_bundle,
    random_model,
    random_symbols,
    torch_weights,
)

LANES = (1, 7, 64)
STEPS = 72
PIECE = 37

Open = Callable[[Bundle], Executor]


def executors() -> Iterator[tuple[str, Open]]:
    """Every way to run a bundle, with its name."""
    for kernel in kernel_names():
        yield f"native {kernel}", lambda bundle, k=kernel: NativeExecutor(bundle, kernel=k)
    for graph in ("cpu.onnx", "cuda.onnx"):
        yield (
            f"ONNX Runtime, CPU, {graph}",
            lambda bundle, g=graph: OnnxRuntimeExecutor(bundle, graph=g),
        )
    on_cpu = Provider("CPUExecutionProvider", "cpu")
    yield "ONNX Runtime, CPU, as on a GPU", lambda bundle: CudaExecutor(bundle, on_cpu, lanes=4)
    for tf32, capture in itertools.product((False, True), repeat=2):
        name = f"ONNX Runtime, CUDA, TF32 {'on' if tf32 else 'off'}"
        yield (
            name + (", captured steps" if capture else ""),
            lambda bundle, t=tf32, c=capture: CudaExecutor(
                bundle, cuda_provider(tf32=t, capture=c)
            ),
        )


def models(
    folder: Path, built_in: list[str]
) -> Iterator[tuple[str, Bundle, dict[str, str] | None]]:
    """Bundles with their names, and for random ones what torch gives."""
    for name in built_in:
        yield name, load_bundle(name), None
    for name, architecture in ARCHITECTURES.items():
        bundle = random_bundle(folder / name, architecture)
        of_torch = {
            f"torch, {device.upper()}": _torch(bundle, device) for device in ("cpu", "cuda")
        }
        yield f"random, {name}", bundle, of_torch


def _torch(bundle: Bundle, device: str) -> str:
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        return "not run: no CUDA"
    model = random_model(bundle.architecture)
    symbols = random_symbols(bundle.architecture, 4, STEPS)
    if device == "cuda":
        return weights_digest(_torch_on_gpu(model, symbols))
    return weights_digest(torch_weights(model, symbols))


def _torch_on_gpu(model: Any, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    import torch

    from lmpack._models.symbols import embedding_rows

    a = model.architecture
    start = np.full((symbols.shape[0], a.history), a.start_symbol)
    rows = embedding_rows(a, np.concatenate([start, symbols], axis=1))
    with torch.no_grad():
        weights = model.cuda().quantized_weights(torch.from_numpy(rows).cuda())
    result: npt.NDArray[np.int32] = weights.cpu().numpy()
    return result


def digests(executor: Executor) -> dict[str, str]:
    """By number of lanes and way, the digest of the weights of the first four lanes."""
    found = {}
    for lanes in LANES:
        symbols = np.resize(random_symbols(executor.architecture, 4, STEPS), (lanes, STEPS))
        for way, run in (("steps", by_steps), ("prefill", _prefill)):
            weights = run(executor, symbols)[:1]
            found[f"{way}, {lanes} lanes"] = weights_digest(weights)
    symbols = random_symbols(executor.architecture, 4, STEPS)
    found["4 lanes"] = weights_digest(by_steps(executor, symbols))
    return found


def _prefill(executor: Executor, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    return by_prefill(executor, symbols, PIECE)


def blocks(executor: Executor, text: bytes) -> dict[str, bytes]:
    """The payloads of a text, without mixing and with it; none for vocabularies below bytes."""
    if executor.architecture.vocabulary < 256:
        return {}
    return {
        name: encode_block(executor, text, mixing=mixing).payload
        for name, mixing in (("model", False), ("mixed", True))
    }


def check(
    name: str, bundle: Bundle, torch_digests: dict[str, str] | None, text: bytes
) -> dict[str, Any]:
    """What each executor gives, and whether it is the same as that of all others."""
    rows: dict[str, Any] = {}
    opened: dict[str, Executor] = {}
    first: tuple[dict[str, str], dict[str, bytes]] | None = None
    for executor_name, open_it in executors():
        try:
            executor = open_it(bundle)
        except LmpackError as error:
            rows[executor_name] = f"not run: {error}"
            continue
        opened[executor_name] = executor
        mine = digests(executor), blocks(executor, text)
        first = first or mine
        rows[executor_name] = "equal" if mine == first else "DIFFERENT"
    assert first is not None
    for torch_name, digest in (torch_digests or {}).items():
        same = "equal" if digest == first[0]["4 lanes"] else "DIFFERENT"
        rows[torch_name] = digest if digest.startswith("not run") else same
    for executor_name, executor in opened.items():
        for mixing in (False, True)[: len(first[1])]:
            block = encode_block(next(iter(opened.values())), text, mixing=mixing)
            if decode_block(executor, block) != text:
                rows[executor_name] = "DIFFERENT: it does not decode what another one encoded"
    digest = hashlib.sha256(repr(sorted(first[0].items())).encode()).hexdigest()
    return {
        "model": name,
        "fingerprint": bundle.fingerprint.hex(),
        "digest": digest,
        "executors": rows,
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="*", default=[bundle.name for bundle in list_bundles()])
    options = parser.parse_args(arguments)
    text = (ROOT / "README.md").read_bytes()[:1000]
    with tempfile.TemporaryDirectory() as folder:
        rows = [check(*model, text) for model in models(Path(folder), options.models)]
    write_result("gpu_conformance", {"environment": environment(), "rows": rows})
    return int(any("DIFFERENT" in value for row in rows for value in row["executors"].values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

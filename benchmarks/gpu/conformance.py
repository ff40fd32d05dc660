"""Do all executors agree on every integer, and on every byte of the files that they make?

    python -m benchmarks.gpu.conformance [--models NAME...] [--require-cuda] [--only-cuda] [--short]

The engine with each kernel of this processor, ONNX Runtime's CPU provider with both graphs, torch,
and, where there is a GPU, ONNX Runtime's CUDA provider (TF32 off and on, steps captured or not) and
torch on it; for the built-in models and for random ones, with several numbers of lanes, all of
which are compared. With lmpack's kernels also batches of up to 8,192 lanes that are full. The
result is written after each row. Ends with 1 if something differs or fails, and with --require-cuda
also if a row of the GPU was not run.
"""

from __future__ import annotations

import functools
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.gpu.crowd import Crowd
from benchmarks.gpu.reference import Reference
from benchmarks.gpu.results import ROOT, environment, stage_parser, write_json
from benchmarks.gpu.ways import Open, executors, own_lanes
from benchmarks.state import program_state
from lmpack._executors.conformance import odds_digest
from lmpack._executors.native import NativeExecutor
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import Bundle, list_models, load_byte_model
from lmpack.errors import UsageError

sys.path.insert(0, str(ROOT / "tests" / "support"))

from random_models import (  # after the path is known
    ARCHITECTURES,
    random_bundle,
    random_model,
    random_symbols,
    torch_odds,
)

DISTINCT_LANES = 4
LANES, STEPS, TEXT = (1, 7, 64), 72, 1000
SHORT_LANES, SHORT_STEPS, SHORT_TEXT = (1, 7), 4, 100
"""Lanes side by side, steps of each, bytes of the text that is coded."""

FULL_BATCHES = (False, True)
"""Of lmpack's kernels: without and with captured steps."""

Check = Callable[[], bool]


def models(folder: Path, built_in: list[str], short: bool) -> Iterator[tuple[str, Bundle]]:
    """Bundles with their names."""
    for name in built_in:
        yield name, load_byte_model(name)
    for name, architecture in () if short else ARCHITECTURES.items():
        yield f"random, {name}", random_bundle(folder / name, architecture)


def checks(
    bundle: Bundle, reference: Reference, lanes: tuple[int, ...], text: bytes
) -> Iterator[tuple[str, Check]]:
    """For each way to run a bundle, whether it gives what the reference gives."""
    for name, open_it in executors():
        yield name, functools.partial(_opened_equals, reference, open_it, bundle, lanes)
    for capture in FULL_BATCHES if bundle.architecture.vocabulary >= 256 else ():
        name = f"lmpack's kernels, CUDA{', captured steps' * capture}, full batches"
        yield name, functools.partial(_crowd_equals, reference, bundle, text, capture)
    for device in ("cpu", "cuda") if bundle.name == "random" else ():
        yield (
            f"torch, {device.upper()}",
            functools.partial(_torch_equals, reference, bundle, device),
        )


def _opened_equals(
    reference: Reference, open_it: Open, bundle: Bundle, lanes: tuple[int, ...]
) -> bool:
    return reference.equals(open_it(bundle), lanes)


def _crowd_equals(reference: Reference, bundle: Bundle, text: bytes, capture: bool) -> bool:
    on_device = own_lanes(bundle, capture=capture)
    return Crowd(NativeExecutor(bundle), reference, text).equals(*on_device)


def _torch_equals(reference: Reference, bundle: Bundle, device: str) -> bool:
    return np.array_equal(_torch_odds(bundle.architecture, device), reference.odds)


def _torch_odds(architecture: Architecture, device: str) -> npt.NDArray[np.int32]:
    """What the random bundle of a shape gives in torch."""
    import torch

    symbols = random_symbols(architecture, DISTINCT_LANES, STEPS)
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("torch finds no CUDA")
    return torch_odds(random_model(architecture).to(device), symbols)


def outcome(check: Check) -> str:
    """Of a check, in a word; one that fails must not hide the others."""
    try:
        return "equal" if check() else "DIFFERENT"
    except UsageError as error:  # what it needs is not there
        return f"not run: {error}"
    except Exception as error:
        return f"FAILED: {error!r}"


def is_bad(way: str, found: str, require_cuda: bool) -> bool:
    """Whether the command has to end with 1 for a row."""
    missed = require_cuda and "CUDA" in way and found.startswith("not run")
    return missed or found.startswith(("DIFFERENT", "FAILED"))


def main(arguments: list[str]) -> int:
    parser = stage_parser(__doc__, "gpu_conformance")
    names = [bundle.name for bundle in list_models()]
    add = parser.add_argument
    add("--models", nargs="*", default=names, help="built-in models (default: all)")
    add("--require-cuda", action="store_true", help="end with 1 if a row needs a GPU and has none")
    add("--only-cuda", action="store_true", help="leave out what any machine can check")
    add("--short", action="store_true", help="few lanes and steps, no random models")
    options = parser.parse_args(arguments)
    lanes, steps = (SHORT_LANES, SHORT_STEPS) if options.short else (LANES, STEPS)
    text = (ROOT / "README.md").read_bytes()[: SHORT_TEXT if options.short else TEXT]
    rows: list[dict[str, Any]] = []
    result = {"environment": {**environment(), "state": program_state()}, "rows": rows}
    bad = False
    with tempfile.TemporaryDirectory() as folder:
        for name, bundle in models(Path(folder), options.models, options.short):
            symbols = random_symbols(bundle.architecture, DISTINCT_LANES, steps)
            reference = Reference(NativeExecutor(bundle), symbols, text)
            found: dict[str, str] = {}
            row = {"model": name, "fingerprint": bundle.fingerprint.hex()}
            rows.append({**row, "digest": odds_digest(reference.odds), "executors": found})
            for way, check in checks(bundle, reference, lanes, text):
                if options.only_cuda and "CUDA" not in way:
                    continue
                found[way] = outcome(check)
                bad |= is_bad(way, found[way], options.require_cuda)
                write_json(options.result, result)
                print(f"{name}, {way}: {found[way]}", flush=True)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What lmpack's kernels cost on a GPU, counted from their launches: steps and passes.

    python -m benchmarks.gpu.counted [--models NAME...] [--lanes N...] [--pass-lanes N...]
        [--result FILE]

A step decodes a byte of each lane; a pass feeds 256 to each lane that is encoded. Needs Triton, but
no GPU: the launches are noted and do not take place. Times are computed from them and from what
PEAKS assumes of a card; nothing is measured here.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from triton.runtime.jit import JITFunction

from benchmarks.gpu.peaks import CACHE_SIZE, PEAKS
from benchmarks.gpu.results import environment, stage_parser, write_json
from benchmarks.state import program_state
from lmpack._executors.triton.blocks import DecodingStep
from lmpack._executors.triton.forward import PIECE, ForwardPass, lane_memory, new_state
from lmpack._executors.triton.model import _intervals, _paths
from lmpack._executors.triton.weights import Weights
from lmpack._models.bundle import Bundle, list_models, load_byte_model

LANES = (256, 1024, 4096, 8192)
"""Of a step."""
PASS_LANES = (32, 256)
"""Of a pass. 256 of all blocks together are encoded at the same time."""
HANDED_ON = ("x", "queries", "means", "odds", "ends")
"""What one kernel writes and another one reads, by the names of parameters."""
CPU = torch.device("cpu")

KEY_WALKS = 2
"""Attention reads its keys for the largest score, and again for the weights: the second time they
come from a cache."""
HEAD_TIMES = 2
"""The last kernel multiplies with the matrix of the outputs twice: for the largest odds first."""


class Launch(NamedTuple):
    """One kernel.

    Attributes:
        name: of the kernel.
        programs: of the grid.
        arguments: by the names of its parameters.
    """

    name: str
    programs: int
    arguments: dict[str, Any]


class Work(NamedTuple):
    """What is launched together.

    Attributes:
        launches: in their order.
        lanes: L.
        length: symbols fed to each lane.
        matrices: addresses of the weights that are multiplied with.
    """

    launches: list[Launch]
    lanes: int
    length: int
    matrices: set[int]

    @property
    def rows(self) -> int:
        """Symbols fed to all lanes together."""
        return self.lanes * self.length


def step_of(bundle: Bundle, lanes: int) -> Work:
    """A step that decodes on the card."""
    weights, forward = _forward_pass(bundle, lanes, 1)
    return Work(noted(DecodingStep(forward).run), lanes, 1, _matrices(weights))


def pass_of(bundle: Bundle, lanes: int, *, mixing: bool = False) -> Work:
    """A pass that encodes, with what is looked up for the coder."""
    weights, forward = _forward_pass(bundle, lanes, PIECE)
    look_up = _paths if mixing else _intervals

    def run() -> None:
        forward.run()
        look_up(forward.odds, forward.symbols)

    return Work(noted(run), lanes, PIECE, _matrices(weights))


def noted(run: Callable[[], object]) -> list[Launch]:
    """The launches of a call; none of them takes place."""
    found: list[Launch] = []

    def note(kernel: JITFunction[Any], *values: Any, grid: Any, warmup: bool, **named: Any) -> None:
        names = [parameter.name for parameter in kernel.params]
        arguments = dict(zip(names, values, strict=False)) | named
        found.append(Launch(kernel.__name__, math.prod(grid), arguments))

    original, JITFunction.run = JITFunction.run, note
    try:
        run()
    finally:
        JITFunction.run = original
    return found


def _forward_pass(bundle: Bundle, lanes: int, length: int) -> tuple[Weights, ForwardPass]:
    a = bundle.architecture
    weights = Weights(a, bundle.tensors(), CPU)
    return weights, ForwardPass(a, weights, new_state(a, lanes, CPU), length)


def _matrices(weights: Weights) -> set[int]:
    layers = [m for it in weights.layers for m in (it.qkv, it.out, it.up, it.down)]
    return {matrix.weight.data_ptr() for matrix in (weights.head, *layers)}


def counted(bundle: Bundle, lanes: int) -> dict[str, Any]:
    """Kernels of a step, and for a byte of one lane what is moved and multiplied."""
    work = step_of(bundle, lanes)
    row = _row(bundle, work) | {"lane_memory": lane_memory(bundle.architecture), "bus": 1}
    seconds = _busy_seconds(row) + row["kernels"] * PEAKS["launch_seconds"]
    return row | _computed(row, seconds)


def counted_pass(bundle: Bundle, lanes: int) -> dict[str, Any]:
    """The same for a pass. It is not captured: the host orders kernels while others run."""
    work = pass_of(bundle, lanes)
    row = _row(bundle, work) | {"bus": 16}
    ordering = row["kernels"] * PEAKS["ordering_seconds"]
    return row | _computed(row, max(_busy_seconds(row), ordering))


def _row(bundle: Bundle, work: Work) -> dict[str, Any]:
    rings = sum(_ring_bytes(it, work) for it in work.launches)
    handed = sum(_handed_bytes(it) for it in work.launches)
    cache = sum(_cache_bytes(it, work) for it in work.launches)
    memory = rings
    if _largest_arrays(work) > CACHE_SIZE:
        memory += handed + _largest_arrays(work)  # zeros are written before the results
    else:
        cache += handed
    products = sum(_products(it, work) for it in work.launches)
    return {
        "model": bundle.name,
        "lanes": work.lanes,
        "length": work.length,
        "kernels": len(work.launches),
        "rings": rings / work.rows,
        "memory": memory / work.rows,
        "cache": cache / work.rows,
        "products": products / work.rows,
    }


def _busy_seconds(row: dict[str, Any]) -> float:
    """Of the card, by the peaks.

    Attention is bound by memory, the layers by the cache; their products go on beside that, unless
    they take longer.
    """
    rows = row["lanes"] * row["length"]
    moving = row["memory"] / PEAKS["memory"] + row["cache"] / PEAKS["cache"]
    return float(rows * max(moving, row["products"] / PEAKS["products"]))


def _computed(row: dict[str, Any], seconds: float) -> dict[str, float]:
    rows = row["lanes"] * row["length"]
    return {"computed_seconds": seconds, "computed_bytes_per_second": rows / seconds}


def _ring_bytes(launch: Launch, work: Work) -> int:
    """Keys and values that attention reads from memory: once, all that a lane's programs see."""
    if launch.name != "attention_kernel":
        return 0
    named = launch.arguments
    seen = int(named["WINDOW"]) + work.length - 1
    return 2 * seen * int(named["HEAD"]) * work.lanes


def _keys_of_a_program(launch: Launch) -> int:
    """That one program of attention walks through: those of all its positions."""
    return int(launch.arguments["WINDOW"]) + int(launch.arguments["BLOCK"]) - 1


def _cache_bytes(launch: Launch, work: Work) -> int:
    """Keys and values that are read again, and matrices, which each program reads."""
    total = 0
    if launch.name == "attention_kernel":
        walked = _keys_of_a_program(launch) * int(launch.arguments["HEAD"]) * launch.programs
        total = (KEY_WALKS + 1) * walked - _ring_bytes(launch, work)
    for name, tensor in _tensors(launch):
        if tensor.data_ptr() in work.matrices:
            total += tensor.nbytes * launch.programs * _times(name)
    return total


def _handed_bytes(launch: Launch) -> int:
    """What kernels hand on to one another. The stream is read and written by a layer."""
    return sum(
        tensor.nbytes * (2 if name == "x" and launch.name == "layer_kernel" else 1)
        for name, tensor in _tensors(launch)
        if name in HANDED_ON
    )


def _largest_arrays(work: Work) -> int:
    """Bytes of all arrays that are handed on, each counted once."""
    arrays = (it for launch in work.launches for it in _tensors(launch) if it[0] in HANDED_ON)
    return sum({tensor.data_ptr(): tensor.nbytes for _, tensor in arrays}.values())


def _products(launch: Launch, work: Work) -> int:
    """Of int8, with those of rows that only fill a tile of attention."""
    named = launch.arguments
    if launch.name == "attention_kernel":
        queries = int(named["BLOCK"]) * int(named["PADDED_HEADS"])
        keys = _keys_of_a_program(launch) * int(named["COLUMNS"])
        return (KEY_WALKS + 1) * keys * queries * launch.programs
    total = 0
    for name, tensor in _tensors(launch):
        if tensor.data_ptr() in work.matrices:
            total += tensor.numel() * work.rows * _times(name)
    return total


def _times(matrix: str) -> int:
    """How often a kernel multiplies with a matrix, by the name of its parameter."""
    return HEAD_TIMES if matrix == "head" else 1


def _tensors(launch: Launch) -> Iterator[tuple[str, torch.Tensor]]:
    return ((name, it) for name, it in launch.arguments.items() if isinstance(it, torch.Tensor))


def main(arguments: list[str]) -> int:
    parser = stage_parser(__doc__, "gpu_counted")
    names = [bundle.name for bundle in list_models()]
    parser.add_argument("--models", nargs="+", default=names, help="built-in models (default: all)")
    parser.add_argument("--lanes", nargs="+", type=int, default=LANES, help="lanes of a step")
    parser.add_argument(
        "--pass-lanes", nargs="+", type=int, default=PASS_LANES, help="lanes of a pass"
    )
    options = parser.parse_args(arguments)
    np.seterr(all="raise")
    bundles = [load_byte_model(name) for name in options.models]
    result = {
        "environment": {**environment(), "state": program_state()},
        "peaks": PEAKS,
        "rows": [counted(bundle, lanes) for bundle in bundles for lanes in options.lanes],
        "passes": [
            counted_pass(bundle, lanes) for bundle in bundles for lanes in options.pass_lanes
        ],
    }
    write_json(options.result, result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

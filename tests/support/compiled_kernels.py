"""Compiles the kernels of a model for GPUs that are not at hand, and prints their machine code.

    python -m compiled_kernels ARCHITECTURE LANES LENGTH CAPABILITY [KERNEL [fused]]

prints JSON: for each kernel that a pass, the lookup of places and the range decoder launch, or for
one of them, its PTX and how it is launched; "fused" lets the compiler fuse products and sums. It is
a process of its own: in that of the tests the interpreter may run the kernels.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import torch
import triton
from random_models import ARCHITECTURES
from triton.backends.compiler import GPUTarget
from triton.runtime.jit import JITFunction

from lmpack._executors.triton import model
from lmpack._executors.triton.blocks import DecodingStep
from lmpack._executors.triton.forward import ForwardPass, new_state
from lmpack._executors.triton.weights import Weights
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import load_byte_model
from lmpack._models.tensor_layout import tensor_layout

CPU = torch.device("cpu")
TYPES = {
    torch.int8: "*i8",
    torch.int16: "*i16",
    torch.int32: "*i32",
    torch.int64: "*i64",
    torch.float32: "*fp32",
}


def architecture_named(name: str) -> Architecture:
    """Of a random model, or of a built-in one."""
    return ARCHITECTURES.get(name) or load_byte_model(name).architecture


def launches(a: Architecture, lanes: int, length: int) -> dict[str, tuple[JITFunction, Any, Any]]:
    """Kernels by name, with the arguments of their last launch, which does not take place."""
    found = {}

    def record(kernel: JITFunction, *values: Any, grid: Any, warmup: bool, **named: Any) -> None:
        found[kernel.__name__] = (kernel, values, named)

    JITFunction.run = record
    layout = tensor_layout(a)
    zeros = {name: np.zeros(tensor.shape, tensor.dtype) for name, tensor in layout.items()}
    state = new_state(a, lanes, CPU)
    forward = ForwardPass(a, Weights(a, zeros, CPU), state, length)
    DecodingStep(ForwardPass(a, forward._weights, state, 1)).run()
    forward.run()
    model._intervals(forward.odds, forward.symbols)
    model._paths(forward.odds, forward.symbols)
    return found


def compiled(kernel: JITFunction, values: Any, named: Any, capability: int) -> dict[str, Any]:
    """PTX of a launch, specialised as Triton does it: for 1, and for multiples of 16."""
    names = [parameter.name for parameter in kernel.params]
    arguments = dict(zip(names, values, strict=False)) | named
    options = {name: arguments.pop(name) for name in list(arguments) if name not in names}
    signature, constants, facts = {}, {}, {}
    for place, parameter in enumerate(kernel.params):
        value = arguments[parameter.name]
        if parameter.is_constexpr or (isinstance(value, int) and value == 1):
            signature[parameter.name] = "constexpr"
            constants[parameter.name] = value
            continue
        is_tensor = isinstance(value, torch.Tensor)
        signature[parameter.name] = TYPES[value.dtype] if is_tensor else "i32"
        if is_tensor or value % 16 == 0:
            facts[place,] = [["tt.divisibility", 16]]
    source = triton.compiler.ASTSource(kernel, signature, constants, facts)
    binary = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)
    return {"ptx": binary.asm["ptx"], "shared": binary.metadata.shared, "options": options}


def main(arguments: list[str]) -> None:
    name, lanes, length, capability, *rest = arguments
    only, fused = [*rest, "", ""][:2]
    found = launches(architecture_named(name), int(lanes), int(length))
    result = {}
    for kernel, (function, values, named) in found.items():
        if kernel == only or not only:
            named["enable_fp_fusion"] = bool(fused) or named["enable_fp_fusion"]
            result[kernel] = compiled(function, values, named, int(capability))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])

"""The machine code that Triton makes of lmpack's kernels has no operation that rounds its own way.

The kernels are compiled for GPUs that are not at hand, up to PTX and through its assembler.
"""

from __future__ import annotations

import collections
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("triton", "3.7", reason="Triton 3.7 is not installed: pip install triton")

SUPPORT = Path(__file__).parents[1] / "support"
KERNELS = {
    "embedding_kernel",
    "attention_kernel",
    "layer_kernel",
    "last_layer_kernel",
    "intervals_kernel",
    "paths_kernel",
    "ends_kernel",
    "decode_kernel",
}
WITHOUT_FLOATS = {"intervals_kernel", "paths_kernel", "ends_kernel", "decode_kernel"}
"""Theirs are integers all the way, and no products of matrices."""

EXACT = re.compile(
    r"""(add|sub|mul|div)\.rn\.f32 | (min|max)\.f32 | setp\.[a-z]+\.f32 | selp\.f32
    | cvt\.rn\.f32\.(s8|s16|s32|f64) | cvt\.rzi\.s(8|16|32)\.f32
    | cvt\.rn\.f64\.s64 | (add|div|sqrt)\.rn\.f64
    | (mov|ld|st)\.\S+ | cvt\.f64\.f32""",
    re.VERBOSE,
)
"""What PTX may do with floats: E2, E2' and E3 of docs/model.md, and exact conversions."""

INTEGER_PRODUCT = re.compile(r"(wgmma\.mma_async|mma)\.\S*\.s32\.s8\.s8(\.s32)?")
FLOAT = re.compile(r"\.(f16|bf16|tf32|f32|f64|e4m3|e5m2)")


def operations_on_floats(ptx: str) -> list[str]:
    """All instructions on floats."""
    return re.findall(rf"^\s+(?:@!?%\S+\s+)?([a-z][\w.:]*{FLOAT.pattern}\S*)", ptx, re.MULTILINE)


def inexact(ptx: str) -> set[str]:
    """Instructions on floats, and products of matrices, that docs/model.md does not allow."""
    found = set()
    for line in ptx.splitlines():
        match = re.match(r"\s+(?:@!?%\S+\s+)?([a-z][\w.:]*)", line)
        instruction = match[1] if match else ""
        floats = FLOAT.search(instruction) and not EXACT.fullmatch(instruction)
        product = "mma" in instruction and FLOAT.search(instruction)
        unknown = re.search(r"mma\S*\.m\d+n\d+", instruction)
        if floats or product or (unknown and not INTEGER_PRODUCT.match(instruction)):
            found.add(instruction)
        if re.search(r"fma|ftz|approx|\.full|tf32", instruction):
            found.add(instruction)
    return found


def compiled(
    cache: Path, *arguments: object, kernels: str = "", fusion: bool = False
) -> dict[str, dict[str, str]]:
    """What tests/support/compiled_kernels.py prints."""
    environment = os.environ | {"TRITON_CACHE_DIR": str(cache)}
    environment.pop("TRITON_INTERPRET", None)
    path = [str(SUPPORT), *filter(None, sys.path)]
    environment["PYTHONPATH"] = os.pathsep.join(path)
    command = [sys.executable, "-m", "compiled_kernels", *map(str, arguments), kernels]
    command += ["fused"] if fusion else []
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    found: dict[str, dict[str, str]] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize(
    ("model", "lanes", "length", "capability"),
    [
        ("tables", 3, 1, 90),
        ("plain", 3, 7, 80),
        pytest.param("tables", 3, 1, 80, marks=pytest.mark.slow),
        pytest.param("wide", 70, 64, 90, marks=pytest.mark.slow),
        pytest.param("base", 4096, 1, 90, marks=pytest.mark.slow),
        pytest.param("base", 8192, 1, 90, marks=pytest.mark.slow),
        pytest.param("base", 4096, 1, 80, marks=pytest.mark.slow),
        pytest.param("base", 64, 256, 90, marks=pytest.mark.slow),
        pytest.param("small", 64, 256, 80, marks=pytest.mark.slow),
    ],
)
def test_only_exact_operations(
    tmp_path: Path, model: str, lanes: int, length: int, capability: int
) -> None:
    found = compiled(tmp_path, model, lanes, length, capability)
    assert found.keys() == KERNELS - ({"layer_kernel"} if model == "plain" else set())
    for kernel, code in found.items():
        assert not inexact(code["ptx"]), kernel
        products = len(re.findall(INTEGER_PRODUCT, code["ptx"]))
        assert (products > 0) == (kernel not in WITHOUT_FLOATS)
        assert (kernel in WITHOUT_FLOATS) == (not operations_on_floats(code["ptx"]))
        count = collections.Counter(re.findall(r"\b(?:div|sqrt)\.rn\.f\d\d", code["ptx"]))
        normalises = kernel in ("embedding_kernel", "layer_kernel", "last_layer_kernel")
        assert (count["sqrt.rn.f64"] > 0) == normalises
        assert (count["div.rn.f32"] > 0) == (kernel == "attention_kernel")
        # An A100 has 163 KiB for a program, an H100 227.
        assert int(code["shared"]) <= {80: 163, 90: 227}[capability] * 1024


def test_fusion_would_be_noticed(tmp_path: Path) -> None:
    found = compiled(tmp_path, "plain", 1, 1, 90, kernels="attention_kernel", fusion=True)
    (code,) = found.values()
    assert {"fma.rn.f32", "mul.f32"} <= inexact(code["ptx"])


@pytest.mark.parametrize(
    "instruction",
    [
        "div.full.f32", "sqrt.approx.ftz.f32", "fma.rn.f32", "fma.rn.f64", "mul.rn.f64",
        "ex2.approx.f32", "mul.f32", "add.f32", "cvt.rna.tf32.f32", "add.ftz.f32",
        "rcp.rn.f32", "mul.rn.f16x2",
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32",
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32",
        "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16",
    ],
)  # fmt: skip
def test_what_is_forbidden_is_noticed(instruction: str) -> None:
    assert inexact(f"\t@%p1 {instruction} \t%f1, %f2;") == {instruction}

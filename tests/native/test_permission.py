"""Linux is asked for the tiles of AMX only where they may be used: it refuses small stacks then."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lmpack._native import kernel_names

PROGRAM = """
import ctypes
from lmpack._executors.native import NativeExecutor
from lmpack._models.bundle import load_byte_model
NativeExecutor(load_byte_model("tiny"), threads=1)
permitted = ctypes.c_uint64()
SYS_arch_prctl, ARCH_GET_XCOMP_PERM = 158, 0x1022
assert ctypes.CDLL(None).syscall(SYS_arch_prctl, ARCH_GET_XCOMP_PERM, ctypes.byref(permitted)) == 0
print(permitted.value >> 18 & 1)
"""


@pytest.mark.skipif("amx" not in kernel_names(), reason="a processor without AMX")
@pytest.mark.parametrize(("kernel", "permitted"), [("amx", "1"), ("avx2", "0"), ("portable", "0")])
def test_only_amx_needs_the_permission(kernel: str, permitted: str) -> None:
    command = [sys.executable, "-c", PROGRAM]
    environment = {**os.environ, "LMPACK_ISA": kernel}
    result = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert result.stdout.strip() == permitted

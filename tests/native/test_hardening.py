"""The compiled module is built so that a fault in memory is hard to make use of."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import elf
import pytest
from elf import Elf

from lmpack import _native
from lmpack._native import build_info


@pytest.fixture(scope="module")
def module() -> Elf:
    path = Path(_native.__file__)
    with path.open("rb") as file:
        if file.read(len(elf.MAGIC)) != elf.MAGIC:
            pytest.skip(f"{path.name} is no ELF file")
    return Elf(path)


def test_relocations_are_read_only_once_they_are_made(module: Elf) -> None:
    assert module.segment(elf.PT_GNU_RELRO) is not None
    assert module.binds_now


def test_the_stack_holds_no_code(module: Elf) -> None:
    stack = module.segment(elf.PT_GNU_STACK)
    assert stack is not None
    assert not stack.flags & elf.EXECUTABLE


def test_overwritten_stacks_are_noticed(module: Elf) -> None:
    assert "__stack_chk_fail" in module.imports()


def test_library_calls_are_checked(module: Elf) -> None:
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("only glibc has checked calls")
    # GCC finds no call today whose room it knows but whose length it does not, so none is imported.
    assert re.search(r"-D_FORTIFY_SOURCE=[23]\b", build_info()["flags"])


def test_indices_are_checked(module: Elf) -> None:
    """Only where a check can fail is there something to call then."""
    if not any("GLIBCXX" in name or name.startswith("_ZNSt") for name in module.imports()):
        pytest.skip("the standard library is another one")
    assert "_ZSt21__glibcxx_assert_failPKciS0_S0_" in module.imports()


def test_other_files_are_no_elf_files(tmp_path: Path) -> None:
    path = tmp_path / "module"
    path.write_bytes(elf.MAGIC + b"\x01\x01" + bytes(100))
    with pytest.raises(ValueError, match="no ELF file of 64 bits"):
        Elf(path)

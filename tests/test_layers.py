"""Imports go downwards only: every module of the package against the order below."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "python" / "lmpack"

# Highest first. A module may import from its own layer and from those below it.
LAYERS = (
    ("lmpack.__main__",),
    ("lmpack.cli",),
    ("lmpack.training", "lmpack.evaluation"),
    ("lmpack",),
    ("lmpack._files",),
    ("lmpack._blocks",),
    ("lmpack._executors",),
    ("lmpack._models",),
    ("lmpack._container", "lmpack._native", "lmpack._extras"),
    ("lmpack.errors",),
)

ONLY_IN_TRAINING = ("torch", "onnx", "safetensors")
ONLY_IN_EXECUTORS = ("onnxruntime",)
ONLY_IN_CLI = ("click", "tqdm")


def layer(module: str) -> int:
    """Number of the layer whose name is the longest prefix of the module's; 0 is the highest."""
    best = ("", -1)
    for number, names in enumerate(LAYERS):
        for name in names:
            exact = module == name or (name != "lmpack" and module.startswith(name + "."))
            if exact and len(name) > len(best[0]):
                best = (name, number)
    assert best[1] >= 0, f"{module} has no place in LAYERS"
    return best[1]


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """Names of all modules that are imported anywhere, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not used"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            # `from package import name` imports a module where there is one of that name.
            yield from (name if is_module(name) else str(node.module) for name in names)


def is_module(name: str) -> bool:
    path = PACKAGE.parent.joinpath(*name.split("."))
    return any(place.exists() for place in (path.with_suffix(".py"), path / "__init__.py"))


def is_part_of(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_downwards(path: Path) -> None:
    module = module_name(path)
    for imported in imported_modules(ast.parse(path.read_text())):
        if is_part_of(imported, "lmpack"):
            assert layer(imported) >= layer(module), f"{module} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_heavy_packages_stay_in_their_place(path: Path) -> None:
    module = module_name(path)
    for imported in imported_modules(ast.parse(path.read_text())):
        root = imported.split(".")[0]
        if root in ONLY_IN_TRAINING:
            assert is_part_of(module, "lmpack.training") or module == "lmpack.cli.train"
        if root in ONLY_IN_EXECUTORS:
            assert is_part_of(module, "lmpack._executors")
        if root in ONLY_IN_CLI:
            assert is_part_of(module, "lmpack.cli")


def test_the_check_notices_an_import_upwards() -> None:
    assert layer("lmpack._blocks.codec") > layer("lmpack._files.api") > layer("lmpack.cli.main")
    assert layer("lmpack._container._index") > layer("lmpack._executors.onnxruntime")
    found = list(imported_modules(ast.parse("def f():\n    from lmpack._blocks import codec\n")))
    assert found == ["lmpack._blocks.codec"]


def test_every_module_has_one_place() -> None:
    names = [name for names in LAYERS for name in names]
    assert len(names) == len(set(names))
    with pytest.raises(AssertionError, match="no place"):
        layer("lmpack.unknown")

"""Imports go downwards only: every module of the package against the order of the rooms below."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "python" / "lmpack"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Highest first. A module may import from its own floor and from those below it.
FLOORS = (
    {"__main__"},
    {"cli"},
    {"training", "evaluation", "importing"},
    {"__init__"},
    {"integrations", "ray"},
    {"_files"},
    {"_blocks"},
    {"_executors"},
    {"_models"},
    {"_container", "_native", "_extras", "_buffers"},
    {"errors"},
)
HEAVY = {
    "torch": ("training/", "importing/", "cli/train.py", "_executors/triton/"),
    "triton": ("_executors/triton/",),
    "onnx": ("training/", "importing/"),
    "safetensors": ("training/", "importing/"),
    "gguf": ("importing/",),
    "sentencepiece": ("importing/",),
    "transformers": (),
    "onnxruntime": ("_executors/",),
    "click": ("cli/",),
    "tqdm": ("cli/",),
    "numcodecs": ("integrations/",),
    "zarr": ("integrations/",),
    "ray": ("ray.py",),
    "fsspec": ("integrations/", "_files/remote/"),
    "smart_open": ("integrations/",),
}
"""Packages that only some rooms may import."""


def floor(module: str) -> int:
    """Number of the floor of a module of the package; 0 is the highest."""
    room = [*module.split("."), "__init__"][1]
    (number,) = [number for number, rooms in enumerate(FLOORS) if room in rooms]
    return number


def imported_modules(path: Path) -> Iterator[str]:
    """Names of all modules that are imported anywhere, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
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


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_imports_go_downwards(path: Path) -> None:
    own = floor("lmpack." + relative(path).removesuffix(".py").replace("/", "."))
    for imported in imported_modules(path):
        package = imported.split(".")[0]
        assert package != "lmpack" or floor(imported) >= own, imported
        assert package not in HEAVY or relative(path).startswith(HEAVY[package]), imported


def test_the_check_notices_an_import_upwards(tmp_path: Path) -> None:
    assert floor("lmpack._blocks.codec") > floor("lmpack._files.batch") > floor("lmpack.cli.main")
    assert floor("lmpack._container._index") > floor("lmpack._models") > floor("lmpack")
    (tmp_path / "module.py").write_text("def f():\n    from lmpack._blocks import codec\n")
    assert list(imported_modules(tmp_path / "module.py")) == ["lmpack._blocks.codec"]
    with pytest.raises(ValueError, match="unpack"):
        floor("lmpack.unknown")


def test_files_of_the_command_have_names_of_their_own() -> None:
    names = {
        room: {path.stem for path in (PACKAGE / room).glob("*.py")} for room in ("cli", "_files")
    }
    assert names["cli"] & names["_files"] == {"__init__"}


def test_no_lock_is_shared_by_all_objects_of_a_class() -> None:
    """That of a cached_property is, in Python 3.11: a forked process could never get it."""
    rooms = ("_files", "_blocks", "_executors", "_models", "_container")
    users = [
        module.relative_to(PACKAGE).as_posix()
        for module in MODULES
        if module.relative_to(PACKAGE).parts[0] in rooms
        and "@functools.cached_property" in module.read_text()
    ]
    assert users == []

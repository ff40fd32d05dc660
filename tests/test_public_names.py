"""What is public is complete, documented and cheap to import."""

from __future__ import annotations

import importlib.metadata
import inspect
import subprocess
import sys
import types

import lmpack


def test_all_is_what_can_be_seen() -> None:
    implementation = {"TYPE_CHECKING", "Any", "annotations", "importlib"}
    visible = {name for name in dir(lmpack) if not name.startswith("_")}
    modules = {
        name for name in visible if isinstance(getattr(lmpack, name), types.ModuleType)
    } - set(lmpack.__all__)
    assert visible - implementation - modules == set(lmpack.__all__) - {"__version__"}


def test_all_is_sorted_and_every_name_is_there() -> None:
    assert lmpack.__all__ == sorted(lmpack.__all__)
    assert all(hasattr(lmpack, name) for name in lmpack.__all__)
    assert not hasattr(lmpack, "nonsense")


def test_the_version_is_that_of_the_package() -> None:
    assert lmpack.__version__ == importlib.metadata.version("lmpack")


def test_every_public_name_has_a_docstring() -> None:
    for name in lmpack.__all__:
        value = getattr(lmpack, name)
        if not isinstance(value, str):
            assert inspect.getdoc(value), name


def test_every_public_method_has_a_docstring() -> None:
    for name in lmpack.__all__:
        members = vars(getattr(lmpack, name)) if inspect.isclass(getattr(lmpack, name)) else {}
        for member, value in members.items():
            if inspect.isfunction(value) and not member.startswith("_"):
                assert inspect.getdoc(value), f"{name}.{member}"


def test_models_are_described_on_a_line_each() -> None:
    models = lmpack.list_models()
    assert all(isinstance(model, lmpack.Bundle) for model in models)
    assert all(len(repr(model)) < 1000 and model.name in repr(model) for model in models)


def test_importing_is_cheap() -> None:
    program = (
        "import sys, lmpack; lmpack.compress; lmpack.open; lmpack.describe; "
        "import lmpack.cli.main; "
        "print(*sorted({'torch', 'onnx', 'onnxruntime'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert result.stdout.strip() == ""

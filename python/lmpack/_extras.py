"""Packages that only some commands need."""

from __future__ import annotations

import importlib
from types import ModuleType

from lmpack.errors import EvaluationError


def import_extra(module: str, package: str) -> ModuleType:
    """A module of the extra [eval].

    Raises:
        EvaluationError: its package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EvaluationError(
            f"this needs the package {package}: pip install 'lmpack[eval]'"
        ) from error

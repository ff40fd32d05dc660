"""Packages that only some commands need."""

from __future__ import annotations

import importlib
from types import ModuleType

from lmpack.errors import EvaluationError, LmpackError


def import_extra(
    module: str,
    package: str,
    *,
    extra: str = "eval",
    error: type[LmpackError] = EvaluationError,
) -> ModuleType:
    """A module of a package that comes with an extra.

    Args:
        module: its name.
        package: in which it is.
        extra: which installs the package.
        error: what is raised if it is not installed.

    Raises:
        EvaluationError: its package is not installed; or another error, if one is given.
    """
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        raise error(f"this needs the package {package}: pip install 'lmpack[{extra}]'") from missing

"""What to say where the packages for training are missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from lmpack.errors import TrainingError

_PACKAGES = ("torch", "onnx", "safetensors")


@contextlib.contextmanager
def training_extra() -> Iterator[None]:
    """Explain a failed import of a package of the extra [train].

    Raises:
        TrainingError: one is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in _PACKAGES:
            raise
        raise TrainingError(
            f"training needs the package {error.name}: pip install 'lmpack[train]'"
        ) from error

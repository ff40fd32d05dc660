"""What to say where the packages of an extra are missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from lmpack.errors import TrainingError

TRAIN_PACKAGES = ("torch", "onnx", "safetensors", "matplotlib")


@contextlib.contextmanager
def required_extra(extra: str, purpose: str, packages: Sequence[str]) -> Iterator[None]:
    """Explain a failed import of a package of an extra, which is for some purpose.

    Raises:
        TrainingError: one is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in packages:
            raise
        raise TrainingError(
            f"{purpose} needs the package {error.name}: pip install 'lmpack[{extra}]'"
        ) from error


def training_extra() -> contextlib.AbstractContextManager[None]:
    """:func:`required_extra` of the extra [train]."""
    return required_extra("train", "training", TRAIN_PACKAGES)

"""Panics of packages that are written in Rust: Python gets them as no Exception."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

_PANIC = "PanicException"
"""Name of their class, which cannot be imported."""


@contextlib.contextmanager
def panics_as_errors() -> Iterator[None]:
    """Whatever panics within is a RuntimeError; all other errors stay what they are."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise RuntimeError(str(error)) from error

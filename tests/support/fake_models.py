"""Two models without a Transformer: an order-0 rule, fast enough for tests of everything above."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import lmpack._blocks.executor_cache
import lmpack._blocks.model_choice
import lmpack._files.description
import lmpack._models.bundle
from lmpack._executors.stepping import SteppingExecutor
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import Bundle
from lmpack.errors import ModelError

ARCHITECTURE = Architecture(
    vocabulary=256, width=32, heads=1, head_width=32, hidden=32, windows=(4,)
)
TEXT = b" \n" + bytes(range(ord("a"), ord("z") + 1))
"""The bytes that the models find probable."""


class OrderZeroExecutor(SteppingExecutor):
    """Gives the same odds at each position, whatever came before."""

    name = "order-0"
    version = "1"
    architecture = ARCHITECTURE

    def __init__(self, likely: int) -> None:
        self.odds = np.ones(256, np.int32)
        self.odds[list(TEXT)] = likely

    def start(self, lanes: int) -> int:
        return lanes

    def prefill(self, state: int, symbols: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.broadcast_to(self.odds, (*symbols.shape, 256)))

    def step(self, state: int, symbols: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.broadcast_to(self.odds, (state, 256)))


def make_bundle(name: str) -> Bundle:
    """A bundle that is only a name; its fingerprint follows from it."""
    fingerprint = name.encode().ljust(32, b"-")
    manifest = {"evaluation": {"novels": 2.5}}
    return Bundle(
        Path(name), name, ARCHITECTURE, fingerprint, (), fingerprint.hex(), None, manifest
    )


class FakeModels:
    """Stands in for the functions that find and open models.

    Attributes:
        opened: name of the model, device and threads, for each executor opened.
    """

    def __init__(self, built_in: tuple[str, ...] = ("tiny", "small", "base")) -> None:
        self.bundles = {name: make_bundle(name) for name in built_in}
        self.opened: list[tuple[str, str, int | None]] = []

    def load_bundle(self, model: object) -> Bundle:
        if str(model) not in self.bundles:
            raise ModelError(f"there is no model {str(model)!r}")
        return self.bundles[str(model)]

    def find_bundle(self, fingerprint: bytes) -> Bundle:
        for bundle in self.bundles.values():
            if bundle.fingerprint.startswith(fingerprint):
                return bundle
        raise ModelError(f"model {fingerprint.hex()} is unknown: give its bundle as the model")

    def list_models(self) -> list[Bundle]:
        return list(self.bundles.values())

    def open_executor(self, bundle: Bundle, device: str, threads: int | None) -> OrderZeroExecutor:
        self.opened.append((bundle.name, device, threads))
        return OrderZeroExecutor(1000 if bundle.name == "small" else 4000)

    def install(self, set_attribute: Callable[[Any, str, Any], None]) -> None:
        """Put the fakes in place, by `monkeypatch.setattr` or `setattr`."""
        for name in ("load_bundle", "find_bundle", "list_models"):
            set_attribute(lmpack._blocks.model_choice, name, getattr(self, name))
        set_attribute(lmpack._blocks.executor_cache, "open_executor", self.open_executor)
        set_attribute(lmpack._blocks.executor_cache, "_executors", {})
        set_attribute(lmpack._files.description, "find_bundle", self.find_bundle)
        set_attribute(lmpack._models.bundle, "list_models", self.list_models)

"""What every executor offers, and how many cores it has."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lmpack._models.architecture import Architecture

Advance = Callable[[int], None]
"""Called now and then with the number of steps of a block that are done; may raise to end it."""


def unheard(steps: int) -> None:
    """The :data:`Advance` of those who do not want to know."""


def available_cores() -> int:
    """Number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Predictor(Protocol):
    """Runs a model over any number of lanes that advance together.

    Symbols are integers below the vocabulary size, or `architecture.start_symbol`, which stands
    before the first symbol of a lane. Weights are unnormalised probabilities in 0 .. 2**24 - 1.

    Attributes:
        name: name of the executor.
        version: version of what computes, for reports and remembered checks.
        architecture: shape of the model.
    """

    name: str
    version: str
    architecture: Architecture

    def start(self, lanes: int) -> Any:
        """A state with nothing fed yet."""

    def prefill(self, state: Any, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed T symbols to each lane.

        Args:
            state: from :meth:`start`; it is advanced.
            symbols: integers [L, T].

        Returns:
            int32 [L, T, V]: the weights of the symbol after each one fed.
        """

    def step(self, state: Any, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]. Same integers as :meth:`prefill`."""


class Executor(Predictor, Protocol):
    """A predictor that also codes whole blocks. Its methods may be called by several threads."""

    def encode(self, plain: bytes, lane_length: int, advance: Advance) -> bytes:
        """The payload of a block; the same bytes from every executor.

        Args:
            plain: at least one byte; the model must have at least 256 symbols.
            lane_length: bytes in a lane; the last lane may be shorter.
            advance: told how many of the `lane_length` steps are done.
        """

    def decode(self, payload: bytes, length: int, lane_length: int, advance: Advance) -> bytes:
        """The `length` bytes of a block.

        Raises:
            DamagedError: the payload is not that of any bytes.
        """

    def encode_mixed(self, plain: bytes, lane_length: int, stride: int, advance: Advance) -> bytes:
        """As :meth:`encode`, with adaptive mixing.

        Args:
            plain: see :meth:`encode`.
            lane_length: see :meth:`encode`.
            stride: distance at which bytes resemble one another, 1 to 65535; 0 for text.
            advance: see :meth:`encode`.
        """

    def decode_mixed(
        self, payload: bytes, length: int, lane_length: int, stride: int, advance: Advance
    ) -> bytes:
        """The bytes of a block of :meth:`encode_mixed`; see :meth:`decode`."""

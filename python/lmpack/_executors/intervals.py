"""Places of known symbols, looked up where the odds are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._executors.coding_constants import FREQUENCY_TOTAL
from lmpack._executors.provider import Provider, run, to_host
from lmpack._models.bundle import Graph

INTERVALS = Path(__file__).parent / "graphs" / "intervals.onnx"


class IntervalLookup:
    """The graph for a vocabulary of V symbols on a device; see training/intervals_graph.py."""

    def __init__(self, provider: Provider, vocabulary: int) -> None:
        self._provider = provider
        self._session = provider.session(_graph())
        self._numbers = provider.on_device(np.arange(vocabulary))
        self._room = provider.on_device(np.array([FREQUENCY_TOTAL - vocabulary]))

    def __call__(self, odds: Any, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Cumulative frequency and frequency, int32 [L, T, 2].

        Args:
            odds: int32 [L, T, V] on the device.
            symbols: integers [L, T].
        """
        found = self._provider.zeros((*symbols.shape, 2), np.int32)
        wanted = np.ascontiguousarray(symbols[:, :, None], np.int64)
        binding = self._session.io_binding()
        binding.bind_ortvalue_input("odds", odds)
        binding.bind_ortvalue_input("symbols", self._provider.on_device(wanted))
        binding.bind_ortvalue_input("numbers", self._numbers)
        binding.bind_ortvalue_input("room", self._room)
        binding.bind_ortvalue_output("intervals", found)
        run(self._session, binding)
        return to_host(found)


def _graph() -> Graph:
    return Graph(INTERVALS, INTERVALS.read_bytes(), {})

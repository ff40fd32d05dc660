"""The forward pass on a device of ONNX Runtime, with the state of all lanes kept there.

Only symbols go to the device and only odds come back, or what the coder needs of them. Each lane
has a position of its own, so that lanes of different blocks can share a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._executors.bound_call import BoundCall, DeviceState, Sessions
from lmpack._executors.capture_gate import GATE
from lmpack._executors.intervals import IntervalLookup
from lmpack._executors.provider import Provider
from lmpack._executors.ring import (
    new_bias_index,
    new_bias_input,
    old_bias_index,
    old_bias_input,
    phase_input,
    phase_table,
)
from lmpack._models.bundle import Bundle
from lmpack.errors import UsageError

FORWARD, RINGS = "cuda.onnx", "cuda_rings.onnx"

PIECE = 256
"""Positions of a prefill in one call."""


class DeviceModel:
    """A language model on a device; see :class:`~lmpack._executors.protocol.LanguageModel`.

    Calls on one state must not overlap; calls on different ones may.
    """

    def __init__(self, bundle: Bundle, provider: Provider) -> None:
        """Load the graphs.

        Args:
            bundle: the model.
            provider: where it runs.

        Raises:
            BundleError: ONNX Runtime cannot load a graph there.
        """
        self.architecture = bundle.architecture
        self._provider = provider
        self._bundle = bundle
        self._windows = sorted(set(self.architecture.windows))
        with GATE.call():
            self._sessions = self._load(capture=False)
            self._intervals = IntervalLookup(provider, self.architecture.vocabulary)
            self._phase_tables = self._inputs_of_steps()

    def start(self, lanes: int) -> DeviceState:
        """A state of `lanes` lanes with nothing fed yet."""
        a, rings = self.architecture, {}
        with GATE.call():
            for layer, window in enumerate(a.windows):
                for kind, shape in (
                    ("keys", (lanes, a.head_width, window)),
                    ("values", (lanes, window, a.head_width)),
                ):
                    rings[f"{kind}.{layer}"] = self._provider.zeros(shape, np.int8)
        return DeviceState(
            positions=np.zeros(lanes, np.int64),
            history=np.full((lanes, a.history), a.start_symbol, np.int64),
            rings=rings,
        )

    def warm_up(self, state: DeviceState) -> None:
        """Make a first step and take it back; where the provider captures, later ones replay it.

        Only the thread that does this may make the steps of the state.
        """
        with GATE.capture():
            # A captured step is bound to a session.
            captured = self._provider.capture
            sessions = self._load(capture=True) if captured else self._sessions
            self._step(state, sessions, np.full(state.lanes, self.architecture.start_symbol))
        self.restart(state, range(state.lanes))

    def restart(self, state: DeviceState, lanes: Sequence[int]) -> None:
        """Take some lanes back to their start, from where nothing in their rings is visible."""
        state.positions[lanes] = 0
        state.history[lanes] = self.architecture.start_symbol

    def step(self, state: DeviceState, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        with GATE.call():
            return self._step(state, self._sessions, symbols)

    def prefill(
        self, state: DeviceState, symbols: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the odds after each: int32 [L, T, V].

        Raises:
            UsageError: the lanes are at different positions.
        """
        with GATE.call():
            calls = self._prefilled(state, symbols)
            return np.concatenate([call.odds_on_host() for call, _ in calls], axis=1)

    def prefill_intervals(
        self,
        state: DeviceState,
        symbols: npt.NDArray[np.integer],
        following: npt.NDArray[np.integer],
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the places of those that follow, looked up on the device.

        Returns:
            int32 [L, T, 2]: cumulative frequency and frequency of each of `following` [L, T].

        Raises:
            UsageError: the lanes are at different positions.
        """
        with GATE.call():
            parts = [
                self._intervals(call.odds, following[:, piece])
                for call, piece in self._prefilled(state, symbols)
            ]
        return np.concatenate(parts, axis=1)

    def _prefilled(
        self, state: DeviceState, symbols: npt.NDArray[np.integer]
    ) -> Iterator[tuple[BoundCall, slice]]:
        """Calls that have fed one piece of the positions after another."""
        if (state.positions != state.positions[0]).any():
            raise UsageError("a prefill needs lanes that are at the same position")
        count = min(PIECE, *self._windows)
        for first in range(0, symbols.shape[1], count):
            piece = slice(first, first + count)
            fed = symbols[:, piece]
            bias = self._inputs_at(int(state.positions[0]), fed.shape[1])
            call = self._call(self._sessions, state, fed.shape[1], bias, {})
            call.run(fed)
            yield call, piece

    def _step(
        self, state: DeviceState, sessions: Sessions, symbols: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.int32]:
        """A step, by `sessions` if it is the first of the state."""
        if state.step is None:
            phases = {
                window: (phase_input(window), self._provider.zeros((state.lanes,), np.int64))
                for window in self._windows
            }
            state.step = self._call(sessions, state, 1, self._phase_tables, phases)
        state.step.run(symbols[:, None])
        return state.step.odds_on_host()[:, 0]

    def _call(
        self,
        sessions: Sessions,
        state: DeviceState,
        count: int,
        bias: dict[str, Any],
        phases: dict[int, tuple[str, Any]],
    ) -> BoundCall:
        return BoundCall(self.architecture, self._provider, sessions, state, count, bias, phases)

    def _load(self, capture: bool) -> Sessions:
        graphs = (self._bundle.graph(FORWARD), self._bundle.graph(RINGS))
        return Sessions(*(self._provider.session(graph, capture=capture) for graph in graphs))

    def _inputs_of_steps(self) -> dict[str, Any]:
        """Bias indices of one query in each phase."""
        heads, found = self.architecture.heads, {}
        for window in self._windows:
            found[old_bias_input(window)] = phase_table(heads, window)
            found[new_bias_input(window)] = new_bias_index(heads, window, 1)
        return {name: self._provider.on_device(value) for name, value in found.items()}

    def _inputs_at(self, position: int, count: int) -> dict[str, Any]:
        """Bias indices of the queries at a position and after, the same for all lanes."""
        heads, found = self.architecture.heads, {}
        for window in self._windows:
            found[old_bias_input(window)] = old_bias_index(heads, window, position, count)
            found[new_bias_input(window)] = new_bias_index(heads, window, count)
            found[phase_input(window)] = np.zeros(1, np.int64)
        return {name: self._provider.on_device(value) for name, value in found.items()}

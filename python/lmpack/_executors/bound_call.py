"""A forward pass over L lanes and T positions, with all buffers on the device bound once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lmpack._executors.provider import Provider, run, to_host
from lmpack._executors.ring import phases, slots, slots_input
from lmpack._models.architecture import Architecture
from lmpack._models.symbols import embedding_rows


class Sessions(NamedTuple):
    """The two graphs of a step.

    They are apart because the first run of a captured session is several in fact, and every one of
    them must see the rings as they were.

    Attributes:
        forward: from symbols to odds, keys and values.
        rings: writes these into the rings.
    """

    forward: Any
    rings: Any


@dataclasses.dataclass
class DeviceState:
    """Ring buffers of some lanes, on the device.

    Attributes:
        positions: int64 [L]: symbols fed to each lane.
        history: int64 [L, architecture.history]: the last symbols of each lane.
        rings: int8 `keys.i` [L, head, W] and `values.i` [L, W, head] for each layer i, W its
            window.
        step: what a step of all lanes is bound to; made at the first one.
    """

    positions: npt.NDArray[np.int64]
    history: npt.NDArray[np.int64]
    rings: dict[str, Any]
    step: BoundCall | None = None

    @property
    def lanes(self) -> int:
        """Number of lanes L."""
        return len(self.positions)


class BoundCall:
    """Feeds T symbols to each lane of a state, as often as wanted.

    Args:
        architecture: shape of the model.
        provider: where it runs.
        sessions: that run it.
        state: whose rings are read and written.
        count: the number T of symbols.
        bias: inputs of the forward pass that stay as they are.
        phases: by window, the input int64 [L] that follows the positions of the lanes.
    """

    def __init__(
        self,
        architecture: Architecture,
        provider: Provider,
        sessions: Sessions,
        state: DeviceState,
        count: int,
        bias: Mapping[str, Any],
        phases: Mapping[int, tuple[str, Any]],
    ) -> None:
        a, lanes = architecture, state.lanes
        self.odds = provider.zeros((lanes, count, a.vocabulary), np.int32)
        self._architecture, self._state, self._count = a, state, count
        self._rows = provider.zeros((lanes, count, 1 + len(a.tables)), np.int64)
        self._phases = {window: place for window, (_, place) in phases.items()}
        self._slots = {
            window: provider.zeros((lanes, count), np.int64) for window in set(a.windows)
        }
        new = {
            name: provider.zeros(_new_shape(name, a, lanes, count), np.int8) for name in state.rings
        }
        inputs = {"rows": self._rows, **bias, **state.rings, **dict(phases.values())}
        outputs = {"odds": self.odds, **{f"new_{name}": value for name, value in new.items()}}
        writes = {slots_input(window): place for window, place in self._slots.items()}
        writes |= state.rings | {f"new_{name}": value for name, value in new.items()}
        written = {f"written_{name}": ring for name, ring in state.rings.items()}
        self._runs = (
            (sessions.forward, _bound(sessions.forward, inputs, outputs)),
            (sessions.rings, _bound(sessions.rings, writes, written)),
        )

    def run(self, symbols: npt.NDArray[np.integer]) -> None:
        """Feed symbols [L, T]; afterwards `odds` has what follows each, int32 [L, T, V]."""
        a, state = self._architecture, self._state
        line = np.concatenate([state.history, symbols.astype(np.int64)], axis=1)
        self._rows.update_inplace(np.ascontiguousarray(embedding_rows(a, line)))
        for window, place in self._phases.items():
            place.update_inplace(phases(state.positions, window))
        for window, place in self._slots.items():
            place.update_inplace(slots(window, state.positions, self._count))
        for session, binding in self._runs:
            run(session, binding)
        state.positions += self._count
        if a.history:
            state.history = line[:, -a.history :]

    def odds_on_host(self) -> npt.NDArray[np.int32]:
        """What the last run gave: int32 [L, T, V]."""
        return to_host(self.odds)


def _new_shape(name: str, a: Architecture, lanes: int, count: int) -> tuple[int, ...]:
    """Of the new keys or values that belong into a ring."""
    if name.startswith("keys"):
        return lanes, a.head_width, count
    return lanes, count, a.head_width


def _bound(session: Any, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Any:
    binding = session.io_binding()
    for name, value in inputs.items():
        binding.bind_ortvalue_input(name, value)
    for name, value in outputs.items():
        binding.bind_ortvalue_output(name, value)
    return binding

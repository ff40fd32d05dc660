"""The forward pass on a device of ONNX Runtime, with the state of all lanes kept there.

Only symbols go to the device and only weights come back, or what the coder needs of them. Each lane
has a position of its own, so that lanes of different blocks can share a batch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from lmpack._executors.ring import bias_index, bias_input
from lmpack._models.bundle import Bundle
from lmpack._models.symbols import embedding_rows
from lmpack.errors import BundleError, UsageError

GRAPHS = Path(__file__).parent / "graphs"
GATHER_ROWS, WRITE_KEYS, WRITE_VALUES = "gather_rows.onnx", "write_keys.onnx", "write_values.onnx"
INTERVALS = "intervals.onnx"

GRAPH = "cuda.onnx"

PIECE = 256
"""Positions of a prefill in one call."""


@dataclasses.dataclass(frozen=True)
class Provider:
    """Where sessions run.

    Attributes:
        name: of the execution provider of ONNX Runtime.
        device: as ONNX Runtime's OrtValue names it.
        options: of the provider.
        capture: whether the step of a fixed number of lanes is captured once and then replayed.
        hardware: what tells the device from another one.
    """

    name: str
    device: str
    options: dict[str, str] = dataclasses.field(default_factory=dict)
    capture: bool = False
    hardware: str = ""


@dataclasses.dataclass
class DeviceState:
    """Ring buffers of some lanes, on the device.

    Attributes:
        positions: int64 [L]: symbols fed to each lane.
        history: int64 [L, architecture.history]: the last symbols of each lane.
        keys: int8 [L, head, W] for each layer, W its window.
        values: int8 [L, W, head] for each layer.
        step: what a step of all lanes is bound to; made at the first one.
    """

    positions: npt.NDArray[np.int64]
    history: npt.NDArray[np.int64]
    keys: list[Any]
    values: list[Any]
    step: _Call | None = None

    @property
    def lanes(self) -> int:
        """Number of lanes L."""
        return len(self.positions)


class DeviceModel:
    """A model on a device; see :class:`~lmpack._executors.protocol.Predictor`.

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
        self._forward = self._session(bundle.path / GRAPH)
        self._gather = self._session(GRAPHS / GATHER_ROWS)
        self._write_keys = self._session(GRAPHS / WRITE_KEYS)
        self._write_values = self._session(GRAPHS / WRITE_VALUES)
        self._intervals = self._session(GRAPHS / INTERVALS)
        self._numbers = self._on_device(np.arange(self.architecture.vocabulary))
        self._phases = {
            window: self._on_device(_bias_rows(self.architecture.heads, window))
            for window in sorted(set(self.architecture.windows))
        }

    def start(self, lanes: int) -> DeviceState:
        """A state of `lanes` lanes with nothing fed yet."""
        a = self.architecture
        return DeviceState(
            positions=np.zeros(lanes, np.int64),
            history=np.full((lanes, a.history), a.start_symbol, np.int64),
            keys=[self._empty((lanes, a.head_width, window), np.int8) for window in a.windows],
            values=[self._empty((lanes, window, a.head_width), np.int8) for window in a.windows],
        )

    def restart(self, state: DeviceState, lanes: Sequence[int]) -> None:
        """Let some lanes begin anew. What their rings hold is out of sight from position 0."""
        state.positions[lanes] = 0
        state.history[lanes] = self.architecture.start_symbol

    def prefill(
        self, state: DeviceState, symbols: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the weights after each: int32 [L, T, V].

        Raises:
            UsageError: the lanes stand at different positions.
        """
        calls = self._prefilled(state, symbols)
        return np.concatenate([call.weights() for call in calls], axis=1)

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
            UsageError: the lanes stand at different positions.
        """
        parts, first = [], 0
        for call in self._prefilled(state, symbols):
            parts.append(call.intervals(following[:, first : first + call.count]))
            first += call.count
        return np.concatenate(parts, axis=1)

    def _prefilled(self, state: DeviceState, symbols: npt.NDArray[np.integer]) -> Iterator[_Call]:
        """Calls that have fed one piece after another."""
        if (state.positions != state.positions[0]).any():
            raise UsageError("a prefill needs lanes that stand at the same position")
        piece = min(PIECE, *self.architecture.windows)
        for first in range(0, symbols.shape[1], piece):
            part = symbols[:, first : first + piece].astype(np.int64)
            call = _Call(self, self._forward, state, part.shape[1], same_position=True)
            call.run(state, part)
            yield call

    def step(self, state: DeviceState, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        if state.step is None:
            # Its buffers stay where they are, which a captured call needs; captured calls are
            # bound to a session.
            captured = self._provider.capture
            session = self._session(self._bundle.path / GRAPH, True) if captured else self._forward
            state.step = _Call(self, session, state, 1, same_position=False)
        state.step.run(state, symbols[:, None].astype(np.int64))
        return state.step.weights()[:, 0]

    def _session(self, path: Path, capture: bool = False) -> Any:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        settings = dict(self._provider.options)
        if capture:
            settings["enable_cuda_graph"] = "1"
        try:
            return onnxruntime.InferenceSession(
                path, options, providers=[(self._provider.name, settings)]
            )
        except Exception as error:  # ONNX Runtime's exceptions have no common root
            raise BundleError(f"ONNX Runtime cannot load {path}: {error}") from error

    def _on_device(self, array: npt.NDArray[Any]) -> Any:
        return onnxruntime.OrtValue.ortvalue_from_numpy(array, self._provider.device, 0)

    def _empty(self, shape: tuple[int, ...], dtype: type) -> Any:
        """Zeros: what is never written must be a number all the same."""
        return self._on_device(np.zeros(shape, dtype))


class _Call:
    """The buffers of a call with L lanes and T positions, bound to the sessions that use them."""

    def __init__(
        self, model: DeviceModel, session: Any, state: DeviceState, count: int, same_position: bool
    ) -> None:
        a, lanes = model.architecture, state.lanes
        self._model, self.count = model, count
        self._same_position = same_position
        self._rows = model._empty((lanes, count, 1 + len(a.tables)), np.int64)
        self._weights = model._empty((lanes, count, a.vocabulary), np.int32)
        self._positions: dict[int, Any] = {}
        self._slots: dict[tuple[int, bool], Any] = {}
        self._gathers: list[tuple[Any, Any]] = []
        self._writes: list[tuple[Any, Any]] = []
        self._forward = session, session.io_binding()
        binding = self._forward[1]
        binding.bind_ortvalue_input("rows", self._rows)
        for window in sorted(set(a.windows)):
            binding.bind_ortvalue_input(bias_input(window), self._bias(window, lanes))
            self._slots[window, True] = model._empty((lanes, a.head_width, count), np.int64)
            self._slots[window, False] = model._empty((lanes, count, a.head_width), np.int64)
        binding.bind_ortvalue_output("weights", self._weights)
        for layer, window in enumerate(a.windows):
            for kind, ring, writer in (
                ("keys", state.keys[layer], model._write_keys),
                ("values", state.values[layer], model._write_values),
            ):
                binding.bind_ortvalue_input(f"{kind}.{layer}", ring)
                slot = self._slots[window, kind == "keys"]
                new = model._empty(tuple(slot.shape()), np.int8)
                binding.bind_ortvalue_output(f"new_{kind}.{layer}", new)
                self._writes.append(_written_in_place(writer, ring, slot, new))

    def weights(self) -> npt.NDArray[np.int32]:
        """What the last run gave: int32 [L, T, V]."""
        # A copy: on a CPU it would be the buffer itself.
        return np.array(self._weights.numpy())

    def intervals(self, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Places of symbols [L, T] in the tables that the last run gave: int32 [L, T, 2]."""
        model = self._model
        binding = model._intervals.io_binding()
        wanted = np.ascontiguousarray(symbols[:, :, None], np.int64)
        found = model._empty((*symbols.shape, 2), np.int32)
        binding.bind_ortvalue_input("weights", self._weights)
        binding.bind_ortvalue_input("symbols", model._on_device(wanted))
        binding.bind_ortvalue_input("numbers", model._numbers)
        binding.bind_ortvalue_output("intervals", found)
        model._intervals.run_with_iobinding(binding)
        return np.array(found.numpy())

    def run(self, state: DeviceState, symbols: npt.NDArray[np.int64]) -> None:
        """Feed symbols [L, T] to the lanes of the state that the call is bound to."""
        a, count = self._model.architecture, self.count
        line = np.concatenate([state.history, symbols], axis=1)
        self._rows.update_inplace(np.ascontiguousarray(embedding_rows(a, line)))
        for window, place in self._positions.items():
            place.update_inplace(self._bias_input(window, state.positions))
        for (window, for_keys), place in self._slots.items():
            place.update_inplace(self._slot_input(window, for_keys, state.positions))
        try:
            for session, binding in (*self._gathers, self._forward, *self._writes):
                session.run_with_iobinding(binding)
        except Exception as error:  # ONNX Runtime's exceptions have no common root
            raise BundleError(f"ONNX Runtime cannot run the bundle's graph: {error}") from error
        state.positions += count
        if a.history:
            state.history = line[:, -a.history :]

    def _bias(self, window: int, lanes: int) -> Any:
        """What bias_index is bound to; what it is made of is kept in `_positions`."""
        model, heads = self._model, self._model.architecture.heads
        if self._same_position:
            shape = (1, self.count * heads, window + self.count)
            self._positions[window] = model._empty(shape, np.int64)
            return self._positions[window]
        self._positions[window] = model._empty((lanes,), np.int64)
        rows = model._empty((lanes, heads, window + 1), np.int64)
        binding = model._gather.io_binding()
        binding.bind_ortvalue_input("table", model._phases[window])
        binding.bind_ortvalue_input("phases", self._positions[window])
        binding.bind_ortvalue_output("rows", rows)
        self._gathers.append((model._gather, binding))
        return rows

    def _bias_input(self, window: int, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        if self._same_position:
            heads = self._model.architecture.heads
            return bias_index(heads, window, int(positions[0]), self.count)
        return _phase(positions, window)

    def _slot_input(
        self, window: int, for_keys: bool, positions: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        where = (positions[:, None] + np.arange(self.count)) % window
        where = where[:, None, :] if for_keys else where[:, :, None]
        shape = tuple(self._slots[window, for_keys].shape())
        return np.ascontiguousarray(np.broadcast_to(where, shape))


def _written_in_place(writer: Any, ring: Any, slot: Any, new: Any) -> tuple[Any, Any]:
    """A session and the binding with which it writes `new` into a ring."""
    binding = writer.io_binding()
    binding.bind_ortvalue_input("ring", ring)
    binding.bind_ortvalue_input("slots", slot)
    binding.bind_ortvalue_input("new", new)
    binding.bind_ortvalue_output("written", ring)
    return writer, binding


def _phase(positions: npt.NDArray[np.int64], window: int) -> npt.NDArray[np.int64]:
    """The row of :func:`_bias_rows` for each position: once around the ring they repeat."""
    return np.where(positions < window, positions, window + positions % window)


def _bias_rows(heads: int, window: int) -> npt.NDArray[np.int64]:
    """The bias index of a single query at the positions 0 .. 2 * window - 1: [2 W, H, W + 1]."""
    return np.concatenate([bias_index(heads, window, p, 1) for p in range(2 * window)])

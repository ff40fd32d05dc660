"""A bundle in our own kernels, with the state of all lanes kept on the device.

Only symbols go to the device and only odds come back, or what the coder needs of them. Each lane
has a position of its own, so that lanes of different blocks can share a batch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from lmpack._executors.capture_gate import GATE
from lmpack._executors.devices import FEWEST_LANES, lanes_that_fit
from lmpack._executors.triton.blocks import DecodingStep, TritonLanes
from lmpack._executors.triton.device import used
from lmpack._executors.triton.forward import (
    OPTIONS,
    PIECE,
    ForwardPass,
    LaneState,
    check_shape,
    lane_memory,
    new_state,
)
from lmpack._executors.triton.frequencies import intervals_kernel
from lmpack._executors.triton.graph import captured
from lmpack._executors.triton.paths import paths_kernel
from lmpack._executors.triton.weights import Weights
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import Bundle
from lmpack.errors import UsageError

_INTERVAL_ROWS, _INTERVAL_SYMBOLS = 4, 256
"""Rows of a program of the lookup, and symbols that it looks at together."""


@dataclasses.dataclass
class TritonState:
    """Some lanes.

    Attributes:
        lanes: on the device.
        step: feeds one symbol to each; made at the first step.
        replay: makes the captured step; None where steps are launched kernel by kernel.
    """

    lanes: LaneState
    step: ForwardPass | None = None
    replay: Callable[[], None] | None = None


class TritonModel:
    """A language model on a device; see :class:`~lmpack._executors.protocol.LanguageModel`.

    Calls on one state must not overlap; calls on different ones may.
    """

    architecture: Architecture

    def __init__(self, bundle: Bundle, device: torch.device, *, capture: bool = True) -> None:
        """Bring the weights to the device.

        Args:
            bundle: the model.
            device: a GPU of CUDA, or a CPU where Triton's interpreter runs the kernels.
            capture: whether steps of batches are captured as CUDA graphs; on a CPU none are.

        Raises:
            UsageError: the kernels are not made for a model of this shape.
            BundleError: the device has not the memory, or cannot be used.
        """
        self.architecture = bundle.architecture
        check_shape(self.architecture)
        self._device = device
        self._capture = capture and device.type == "cuda"
        with used(self._device), GATE.call():
            self._weights = Weights(self.architecture, bundle.tensors(), device)

    def start(self, lanes: int) -> TritonState:
        """A state of `lanes` lanes with nothing fed yet."""
        with used(self._device), GATE.call():
            return TritonState(new_state(self.architecture, lanes, self._device))

    def warm_up(self, state: TritonState) -> None:
        """Make a first step and take it back; if it is captured, later ones replay it."""
        with used(self._device), GATE.capture():
            state.step = ForwardPass(self.architecture, self._weights, state.lanes, 1)
            state.step.symbols.fill_(self.architecture.start_symbol)
            if self._capture:
                state.replay = captured(state.step.run, self._device)
            else:
                state.step.run()
        self.restart(state, range(state.lanes.lanes))

    def restart(self, state: TritonState, lanes: Sequence[int]) -> None:
        """Take some lanes back to their start, from where nothing in their rings is visible."""
        with used(self._device), GATE.call():
            state.lanes.positions[torch.as_tensor(list(lanes), device=self._device)] = 0

    def step(self, state: TritonState, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        fed = self._checked(symbols[:, None])
        with used(self._device), GATE.call():
            if state.step is None:
                state.step = ForwardPass(self.architecture, self._weights, state.lanes, 1)
            state.step.symbols.copy_(fed)
            (state.replay or state.step.run)()
            return _on_host(state.step.odds[:, 0])

    def prefill(
        self, state: TritonState, symbols: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the odds after each: int32 [L, T, V]."""
        with used(self._device), GATE.call():
            parts = [_on_host(call.odds) for call, _ in self._prefilled(state, symbols)]
        return np.concatenate(parts, axis=1)

    def prefill_intervals(
        self,
        state: TritonState,
        symbols: npt.NDArray[np.integer],
        following: npt.NDArray[np.integer],
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the places of those that follow, looked up on the device.

        Returns:
            int32 [L, T, 2]: cumulative frequency and frequency of each of `following` [L, T].
        """
        wanted = torch.from_numpy(np.array(following, np.int32))
        with used(self._device), GATE.call():
            parts = [
                _on_host(_intervals(call.odds, wanted[:, piece].to(self._device)))
                for call, piece in self._prefilled(state, symbols)
            ]
        return np.concatenate(parts, axis=1)

    def prefill_paths(
        self,
        state: TritonState,
        symbols: npt.NDArray[np.integer],
        following: npt.NDArray[np.integer],
    ) -> npt.NDArray[np.uint16]:
        """Feed symbols [L, T] and give the paths of those that follow, made on the device.

        Returns:
            uint16 [L, T, 8]: the probabilities of the bits of each of `following` [L, T].
        """
        wanted = torch.from_numpy(np.array(following, np.int32))
        with used(self._device), GATE.call():
            parts = [
                _paths(call.odds, wanted[:, piece].to(self._device)).cpu().numpy().view(np.uint16)
                for call, piece in self._prefilled(state, symbols)
            ]
        return np.concatenate(parts, axis=1)

    def lanes_that_fit(self) -> int:
        """How many lanes a batch may have: as many as are worth it, or as there is memory for."""
        if self._device.type != "cuda":
            return FEWEST_LANES
        with used(self._device), GATE.call():
            free, _ = torch.cuda.mem_get_info(self._device)
        return lanes_that_fit(lane_memory(self.architecture), free)

    def decoding_lanes(self, lanes: int) -> TritonLanes:
        """Some lanes that decode blocks on the device."""
        with used(self._device), GATE.call():
            state = new_state(self.architecture, lanes, self._device)
            forward = ForwardPass(self.architecture, self._weights, state, 1)
            start = self.architecture.start_symbol
            return TritonLanes(DecodingStep(forward), state, start, capture=self._capture)

    def _prefilled(
        self, state: TritonState, symbols: npt.NDArray[np.integer]
    ) -> Iterator[tuple[ForwardPass, slice]]:
        """Passes that have fed one piece of the positions after another."""
        fed = self._checked(symbols)
        for first in range(0, fed.shape[1], PIECE):
            piece = slice(first, first + PIECE)
            part = fed[:, piece]
            call = ForwardPass(self.architecture, self._weights, state.lanes, part.shape[1])
            call.symbols.copy_(part)
            call.run()
            yield call, piece

    def _checked(self, symbols: npt.NDArray[np.integer]) -> torch.Tensor:
        """Symbols as int32: one that is none would make a kernel read what is not its own."""
        if symbols.size and not 0 <= symbols.min() <= symbols.max() <= self.architecture.vocabulary:
            raise UsageError(f"symbols must be 0 to {self.architecture.vocabulary}")
        return torch.from_numpy(np.array(symbols, np.int32))


def _intervals(odds: torch.Tensor, symbols: torch.Tensor) -> torch.Tensor:
    """Places int32 [L, T, 2] of symbols [L, T] by odds [L, T, V]."""
    symbols = symbols.contiguous()
    found = torch.zeros(*symbols.shape, 2, dtype=torch.int32, device=odds.device)
    rows = symbols.numel()
    intervals_kernel[(-(-rows // _INTERVAL_ROWS),)](
        odds, symbols, found, rows,
        VOCABULARY=odds.shape[-1], ROWS=_INTERVAL_ROWS, CHUNK=_INTERVAL_SYMBOLS, **OPTIONS,
    )  # fmt: skip
    return found


def _paths(odds: torch.Tensor, symbols: torch.Tensor) -> torch.Tensor:
    """Paths [L, T, 8] of bytes [L, T] by odds [L, T, V]: 16 bits, which torch takes for int16."""
    symbols = symbols.contiguous()
    found = torch.zeros(*symbols.shape, 8, dtype=torch.int16, device=odds.device)
    rows = symbols.numel()
    paths_kernel[(-(-rows // _INTERVAL_ROWS),)](
        odds, symbols, found, rows, VOCABULARY=odds.shape[-1], ROWS=_INTERVAL_ROWS, **OPTIONS,
    )  # fmt: skip
    return found


def _on_host(values: torch.Tensor) -> npt.NDArray[np.int32]:
    """A copy in the memory of the host."""
    return np.array(values.cpu().numpy())

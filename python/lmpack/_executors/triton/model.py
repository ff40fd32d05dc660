"""A bundle in our own kernels, with the state of all lanes kept on the device.

Only symbols go to the device and only odds come back, or what the coder needs of them. Each lane
has a position of its own, so that lanes of different blocks can share a batch.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from lmpack._executors.capture_gate import GATE
from lmpack._executors.triton.forward import (
    OPTIONS,
    PIECE,
    ForwardPass,
    LaneState,
    check_shape,
    new_state,
)
from lmpack._executors.triton.frequencies import intervals_kernel
from lmpack._executors.triton.weights import Weights
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import Bundle
from lmpack.errors import BundleError, LmpackError, UsageError

_INTERVAL_ROWS, _INTERVAL_SYMBOLS = 4, 256
"""Rows of a program of the lookup, and symbols that it looks at together."""


@dataclasses.dataclass
class TritonState:
    """Some lanes.

    Attributes:
        lanes: on the device.
        step: feeds one symbol to each; made at the first step.
        graph: the captured step; None where steps are launched kernel by kernel.
    """

    lanes: LaneState
    step: ForwardPass | None = None
    graph: torch.cuda.CUDAGraph | None = None


class TritonModel:
    """A language model on a device; see :class:`~lmpack._executors.protocol.LanguageModel`.

    Calls on one state must not overlap; calls on different ones may.
    """

    architecture: Architecture

    def __init__(self, bundle: Bundle, device: torch.device) -> None:
        """Bring the weights to the device.

        Args:
            bundle: the model.
            device: a GPU of CUDA, or a CPU where Triton's interpreter runs the kernels.

        Raises:
            UsageError: the kernels are not made for a model of this shape.
            BundleError: the device has not the memory, or cannot be used.
        """
        self.architecture = bundle.architecture
        check_shape(self.architecture)
        self._device = device
        with _used(self._device), GATE.call():
            self._weights = Weights(self.architecture, bundle.tensors(), device)

    def start(self, lanes: int) -> TritonState:
        """A state of `lanes` lanes with nothing fed yet."""
        with _used(self._device), GATE.call():
            return TritonState(new_state(self.architecture, lanes, self._device))

    def warm_up(self, state: TritonState) -> None:
        """Make a first step and take it back; on a GPU it is captured, and later ones replay it."""
        with _used(self._device), GATE.capture():
            state.step = ForwardPass(self.architecture, self._weights, state.lanes, 1)
            state.step.symbols.fill_(self.architecture.start_symbol)
            state.step.run()  # compiles the kernels, which must not happen in a capture
            if self._device.type == "cuda":
                torch.cuda.synchronize(self._device)
                state.graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(state.graph, capture_error_mode="thread_local"):
                    state.step.run()
        self.restart(state, range(state.lanes.lanes))

    def restart(self, state: TritonState, lanes: Sequence[int]) -> None:
        """Take some lanes back to their start, from where nothing in their rings is visible."""
        with _used(self._device), GATE.call():
            state.lanes.positions[torch.as_tensor(list(lanes), device=self._device)] = 0

    def step(self, state: TritonState, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        fed = self._checked(symbols[:, None])
        with _used(self._device), GATE.call():
            if state.step is None:
                state.step = ForwardPass(self.architecture, self._weights, state.lanes, 1)
            state.step.symbols.copy_(fed)
            if state.graph is None:
                state.step.run()
            else:
                state.graph.replay()
            return _on_host(state.step.odds[:, 0])

    def prefill(
        self, state: TritonState, symbols: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the odds after each: int32 [L, T, V]."""
        with _used(self._device), GATE.call():
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
        with _used(self._device), GATE.call():
            parts = [
                _on_host(_intervals(call.odds, wanted[:, piece].to(self._device)))
                for call, piece in self._prefilled(state, symbols)
            ]
        return np.concatenate(parts, axis=1)

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


def _on_host(values: torch.Tensor) -> npt.NDArray[np.int32]:
    """A copy in the memory of the host."""
    return np.array(values.cpu().numpy())


@contextlib.contextmanager
def _used(device: torch.device) -> Iterator[None]:
    """Launch on a device, and turn what torch, Triton and the driver raise into errors of lmpack.

    Raises:
        BundleError: says what to do.
    """
    is_gpu = device.type == "cuda"
    try:
        # Each thread has a current GPU of its own.
        with torch.cuda.device(device) if is_gpu else contextlib.nullcontext():
            yield
    except LmpackError:
        raise
    except torch.OutOfMemoryError as error:
        raise BundleError(
            "there is not enough memory on the GPU: end other programs that use it, choose a "
            "smaller model, or choose the device cpu"
        ) from error
    except Exception as error:  # those of Triton have no common root
        raise BundleError(
            f"lmpack's kernels cannot run on this GPU: {error}; choose the device "
            "cuda:onnxruntime or cpu"
        ) from error

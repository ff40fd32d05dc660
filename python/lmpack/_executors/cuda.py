"""A bundle on a GPU, through ONNX Runtime's CUDA provider."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from lmpack._executors.bound_call import DeviceState
from lmpack._executors.continuous_batch import ContinuousBatch
from lmpack._executors.graph_session import LIBRARIES
from lmpack._executors.mixing import Mixing
from lmpack._executors.onnx_device import DeviceModel
from lmpack._executors.protocol import LanguageModel, StepsDone
from lmpack._executors.provider import Provider
from lmpack._executors.stepping import (
    ENCODER_PIECE,
    SteppingExecutor,
    fed_symbols,
    lane_symbols,
    pieces,
)
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import Bundle
from lmpack._native import BlockEncoder

LANES = 512
"""Lanes of a batch of decoding."""

BATCHES = 2
"""While the lanes of one batch are decoded on the CPU, the model makes the step of the other."""


class CudaExecutor(SteppingExecutor):
    """Encodes blocks by prefill; those decoded at the same time share batches of lanes."""

    name = "cuda"
    architecture: Architecture
    libraries = LIBRARIES

    def __init__(
        self, bundle: Bundle, provider: Provider, *, lanes: int = LANES, batches: int = BATCHES
    ) -> None:
        """Load the graphs and make the first step of each batch, one after the other.

        Args:
            bundle: the model.
            provider: :func:`~lmpack._executors.cuda_libraries.cuda_provider`, or another one that
                runs the same graph.
            lanes: of a batch.
            batches: how many there are.

        Raises:
            BundleError: ONNX Runtime cannot load or run a graph there.
        """
        self.architecture = bundle.architecture
        self._model = DeviceModel(bundle, provider)
        self._batches = [ContinuousBatch(self._model, lanes) for _ in range(batches)]
        # Asked last: ONNX Runtime loads some libraries at the first step.
        self.version = " ".join(filter(None, [onnxruntime.__version__, provider.hardware()]))

    def start(self, lanes: int) -> DeviceState:
        """A state of `lanes` lanes with nothing fed yet."""
        return self._model.start(lanes)

    def prefill(
        self, state: DeviceState, symbols: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the odds after each: int32 [L, T, V]."""
        return self._model.prefill(state, symbols)

    def step(
        self, state: DeviceState, symbols: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        return self._model.step(state, symbols)

    def encode(
        self, plain: bytes, lane_length: int, mixing: Mixing | None, steps_done: StepsDone
    ) -> bytes:
        """The payload of a block; without mixing 8 bytes for each of its bytes leave the device."""
        if mixing is not None:
            return super().encode(plain, lane_length, mixing, steps_done)
        symbols = lane_symbols(plain, lane_length)
        coder = BlockEncoder(len(plain), lane_length, self.architecture.vocabulary)
        state = self._model.start(len(symbols))
        for piece in pieces(lane_length, ENCODER_PIECE):
            fed = fed_symbols(symbols, piece, self.architecture)
            coder.encode_intervals(self._model.prefill_intervals(state, fed, symbols[:, piece]))
            steps_done(piece.stop)
        return coder.finish()

    @contextlib.contextmanager
    def lanes_for(self, lanes: int) -> Iterator[LanguageModel]:
        """Lanes of the batch with most room, or, if they are more than it has, a state apart."""
        batch = min(self._batches, key=lambda batch: batch.load)
        if lanes > batch.capacity:
            yield self
            return
        with batch.lease(lanes) as leased:
            yield leased

"""A bundle on a GPU, through ONNX Runtime's CUDA provider."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from lmpack._executors.device import DeviceModel, DeviceState, Provider
from lmpack._executors.devices import driver_and_cards
from lmpack._executors.lane_batch import LaneBatch, Seat
from lmpack._executors.protocol import Advance
from lmpack._executors.stepping import (
    ENCODER_PIECE,
    decode_by_steps,
    decode_mixed_by_steps,
    encode_mixed_by_prefill,
    lane_symbols,
)
from lmpack._models.bundle import Bundle
from lmpack._native import BlockEncoder
from lmpack.errors import UsageError

PROVIDER = "CUDAExecutionProvider"

LANES = 512
"""Lanes of a batch of decoding."""

BATCHES = 2
"""While the lanes of one batch are decoded on the CPU, the model makes the step of the other."""


def cuda_provider(*, tf32: bool = False, capture: bool = True) -> Provider:
    """The CUDA provider of this machine.

    Args:
        tf32: whether products of float32 may be rounded to TF32; the integers that the graph
            multiplies have at most 8 bits, so that both give the same.
        capture: whether steps are captured as a CUDA graph.

    Raises:
        UsageError: there is none.
    """
    if hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()
    if PROVIDER not in onnxruntime.get_available_providers():
        raise UsageError(
            "this ONNX Runtime knows no CUDA: pip install 'lmpack[cuda]' in an environment "
            "without the package onnxruntime, or choose --device cpu"
        )
    options = {"use_tf32": str(int(tf32))}
    return Provider(PROVIDER, "cuda", options, capture, driver_and_cards())


class CudaExecutor:
    """Encodes blocks by prefill; blocks that are decoded at a time share batches of lanes."""

    name = "cuda"

    def __init__(
        self, bundle: Bundle, provider: Provider, *, lanes: int = LANES, batches: int = BATCHES
    ) -> None:
        """Load the graphs.

        Args:
            bundle: the model.
            provider: :func:`cuda_provider`, or another one that runs the same graph.
            lanes: of a batch.
            batches: how many there are.

        Raises:
            BundleError: ONNX Runtime cannot load a graph there.
        """
        self.architecture = bundle.architecture
        self.version = " ".join(filter(None, [onnxruntime.__version__, provider.hardware]))
        self._model = DeviceModel(bundle, provider)
        self._batches = [LaneBatch(self._model, lanes) for _ in range(batches)]

    def start(self, lanes: int) -> DeviceState:
        """A state of `lanes` lanes with nothing fed yet."""
        return self._model.start(lanes)

    def prefill(
        self, state: DeviceState, symbols: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the weights after each: int32 [L, T, V]."""
        return self._model.prefill(state, symbols)

    def step(
        self, state: DeviceState, symbols: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        return self._model.step(state, symbols)

    def encode(self, plain: bytes, lane_length: int, advance: Advance) -> bytes:
        """The payload of a block; 8 bytes for each of its bytes come from the device."""
        symbols = lane_symbols(plain, lane_length)
        coder = BlockEncoder(len(plain), lane_length, self.architecture.vocabulary)
        state = self._model.start(len(symbols))
        before = np.full((len(symbols), 1), self.architecture.start_symbol, np.int32)
        fed = np.concatenate([before, symbols[:, :-1]], axis=1)
        for first in range(0, lane_length, ENCODER_PIECE):
            piece = slice(first, min(first + ENCODER_PIECE, lane_length))
            intervals = self._model.prefill_intervals(state, fed[:, piece], symbols[:, piece])
            coder.encode_intervals(intervals)
            advance(piece.stop)
        return coder.finish()

    def decode(self, payload: bytes, length: int, lane_length: int, advance: Advance) -> bytes:
        """The bytes of a block."""
        with self._seat(length, lane_length) as seat:
            return decode_by_steps(seat, payload, length, lane_length, advance)

    def encode_mixed(self, plain: bytes, lane_length: int, stride: int, advance: Advance) -> bytes:
        """The payload of a block with adaptive mixing."""
        return encode_mixed_by_prefill(self, plain, lane_length, stride, advance)

    def decode_mixed(
        self, payload: bytes, length: int, lane_length: int, stride: int, advance: Advance
    ) -> bytes:
        """The bytes of a block with adaptive mixing."""
        with self._seat(length, lane_length) as seat:
            return decode_mixed_by_steps(seat, payload, length, lane_length, stride, advance)

    @contextlib.contextmanager
    def _seat(self, length: int, lane_length: int) -> Iterator[Seat | CudaExecutor]:
        """The lanes for a block, in the batch with most room; more than it has by themselves."""
        lanes = -(-length // lane_length)
        batch = min(self._batches, key=lambda batch: batch.load)
        if lanes > batch.capacity:
            yield self
            return
        with batch.lanes(lanes) as seat:
            yield seat

"""A decoder in the C++ engine: the same integers as its ONNX graphs, on any processor."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._executors.mixing import Mixing
from lmpack._executors.native import chosen_kernel
from lmpack._executors.protocol import Executor, LanguageModel, StepsDone, available_cores
from lmpack._executors.token_stepping import table_of, tokens_of_lanes
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack._models.decoder.shape import DecoderShape
from lmpack._native import DecoderEngine, DecoderState, ThreadTeam
from lmpack.errors import BundleError, UsageError


class NativeDecoderExecutor(Executor):
    """Runs a decoder's tensors where they are mapped; blocks coded at the same time share threads.

    Calls on one state come one after another.
    """

    name = "native"
    libraries: tuple[str, ...] = ()
    decodes_apart = False
    architecture: DecoderShape

    def __init__(
        self, bundle: DecoderBundle, *, threads: int | None = None, kernel: str | None = None
    ) -> None:
        """Check the weights; those of 8 bits are not copied.

        Args:
            bundle: the model.
            threads: how many threads work at the same time; None for all cores.
            kernel: one of `kernel_names()`; None for what LMPACK_ISA says, else the fastest.

        Raises:
            UsageError: this processor cannot run the kernel.
            BundleError: the bundle's tensors do not fit its architecture.
        """
        self.version = chosen_kernel(kernel)
        self.architecture = bundle.architecture
        self._team = ThreadTeam(threads or available_cores())
        # Only who encodes needs the tokenizer, and its library.
        self._segmenter = functools.cache(bundle.segmenter)
        try:
            self._table = table_of(bundle)
            shape = bundle.architecture.to_json()
            # A file that is mapped may change at any time. Other weights only give other sums, but
            # other scales could lead out of a table, so these few are copied, then checked.
            tensors = {
                name: tensor.copy() if tensor.dtype == np.float32 else tensor
                for name, tensor in bundle.tensors().items()
            }
            self._engine = DecoderEngine(shape, tensors, self.version)
        except UsageError as error:
            raise BundleError(f"the bundle {bundle.path} cannot be used: {error}") from error

    def start(self, lanes: int) -> DecoderState:
        """A state of `lanes` lanes with nothing fed yet."""
        return self._engine.start(lanes)

    def prefill(
        self, state: DecoderState, symbols: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the weights after each: int32 [L, T, V].

        Raises:
            UsageError: more symbols than the context has.
        """
        return self._engine.feed(state, np.ascontiguousarray(symbols, np.int32), self._team)

    def step(
        self, state: DecoderState, symbols: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        return self.prefill(state, symbols[:, None])[:, 0]

    def encode(
        self, plain: bytes, lane_length: int, mixing: Mixing | None, steps_done: StepsDone
    ) -> bytes:
        """The payload of a block; only its tokens are found in Python."""
        lanes = tokens_of_lanes(self._segmenter().segment, plain, lane_length, steps_done)
        counts = np.array([len(lane) for lane in lanes], np.int32)
        tokens = np.concatenate(lanes)
        return self._engine.encode(
            self._table, self._team, plain, lane_length, mixing, tokens, counts, steps_done
        )

    def decode(
        self,
        payload: bytes,
        length: int,
        lane_length: int,
        mixing: Mixing | None,
        steps_done: StepsDone,
    ) -> bytes:
        """The bytes of a block; no step of it runs in Python."""
        return self._engine.decode(
            self._table, self._team, payload, length, lane_length, mixing, steps_done
        )

    def lanes_for(self, lanes: int) -> contextlib.AbstractContextManager[LanguageModel]:
        """The executor itself."""
        return contextlib.nullcontext(self)

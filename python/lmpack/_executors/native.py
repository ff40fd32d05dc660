"""The C++ engine: the same integers as the ONNX graphs, several times faster on a CPU."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from lmpack._executors.mixing import GivenBytes, Mixing
from lmpack._executors.protocol import LanguageModel, StepsDone, available_cores
from lmpack._models.bundle import Bundle
from lmpack._native import Engine, EngineState, Prefix, ThreadTeam, has_kernel, kernel_names
from lmpack.errors import BundleError, UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

ISA_VARIABLE = "LMPACK_ISA"
"""Environment variable that forces a kernel; all of them give the same integers."""


def chosen_kernel(kernel: str | None) -> str:
    """The kernel that is asked for, or what LMPACK_ISA says, or the fastest one.

    Raises:
        UsageError: this processor cannot run it.
    """
    kernel = kernel or os.environ.get(ISA_VARIABLE) or kernel_names()[0]
    if not has_kernel(kernel):
        raise UsageError(
            f"there is no kernel {kernel!r} on this processor: {ISA_VARIABLE} may be one of "
            f"{', '.join(kernel_names())}"
        )
    return kernel


class NativeExecutor:
    """Runs a bundle's tensors in the C++ engine; blocks coded at the same time share threads."""

    name = "native"
    libraries: tuple[str, ...] = ()
    decodes_apart = False

    def __init__(self, bundle: Bundle, *, threads: int | None = None, kernel: str | None = None):
        """Pack the weights.

        Args:
            bundle: the model.
            threads: how many threads work at the same time; None for all cores.
            kernel: one of `kernel_names()`; None for what LMPACK_ISA says, else the fastest.

        Raises:
            UsageError: this processor cannot run the kernel.
            BundleError: the bundle's tensors do not fit its architecture.
        """
        kernel = chosen_kernel(kernel)
        self.architecture = bundle.architecture
        self.version = kernel
        self._team = ThreadTeam(threads or available_cores())
        try:
            self._engine = Engine(bundle.architecture.to_json(), bundle.tensor_views(), kernel)
        except UsageError as error:
            raise BundleError(f"the bundle {bundle.path} cannot be used: {error}") from error

    def start(self, lanes: int) -> EngineState:
        """A state of `lanes` lanes with nothing fed yet."""
        return self._engine.start(lanes)

    def prefill(
        self, state: EngineState, symbols: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the odds after each: int32 [L, T, V]."""
        import numpy as np  # blocks are coded without it

        return self._engine.feed(state, np.ascontiguousarray(symbols, np.int32), self._team)

    def step(
        self, state: EngineState, symbols: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        return self.prefill(state, symbols[:, None])[:, 0]

    def encode(
        self, plain: bytes, lane_length: int, mixing: Mixing | None, steps_done: StepsDone
    ) -> bytes:
        """The payload of a block; no step of it runs in Python."""
        if mixing is None:
            return self._engine.encode(self._team, plain, lane_length, steps_done)
        return self._engine.encode_mixed(self._team, plain, lane_length, mixing, steps_done)

    def decode(
        self,
        payload: bytes,
        length: int,
        lane_length: int,
        mixing: Mixing | None,
        steps_done: StepsDone,
    ) -> bytes:
        """The bytes of a block; no step of it runs in Python."""
        if mixing is None:
            return self._engine.decode(self._team, payload, length, lane_length, steps_done)
        return self._engine.decode_mixed(
            self._team, payload, length, lane_length, mixing, steps_done
        )

    def encode_with(
        self,
        second: NativeExecutor | None,
        plain: bytes,
        lane_length: int,
        mixing: Mixing,
        steps_done: StepsDone,
        prefix: Prefix | None = None,
        given: GivenBytes | None = None,
    ) -> bytes:
        """The payload of a block with mixing, which a second model predicts, too.

        A prefix stands before the block if there is one, and then its reader may be given bytes.
        """
        return self._engine.encode_mixed(
            self._team,
            plain,
            lane_length,
            mixing,
            steps_done,
            second._engine if second else None,
            prefix,
            given,
        )

    def decode_with(
        self,
        second: NativeExecutor | None,
        payload: bytes,
        length: int,
        lane_length: int,
        mixing: Mixing,
        steps_done: StepsDone,
        prefix: Prefix | None = None,
        given: GivenBytes | None = None,
    ) -> bytes:
        """The bytes of a block of :meth:`encode_with`."""
        return self._engine.decode_mixed(
            self._team,
            payload,
            length,
            lane_length,
            mixing,
            steps_done,
            second._engine if second else None,
            prefix,
            given,
        )

    def lanes_for(self, lanes: int) -> contextlib.AbstractContextManager[LanguageModel]:
        """The engine itself."""
        return contextlib.nullcontext(self)

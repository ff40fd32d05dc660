"""Two models of bytes side by side, whose predictions are mixed."""

from __future__ import annotations

import contextlib

from lmpack._executors.mixing import Mixing
from lmpack._executors.native import NativeExecutor
from lmpack._executors.protocol import ArchitecturePair, BlockCoder, Executor, StepsDone
from lmpack._models.architecture import Architecture
from lmpack.errors import UsageError


class ExecutorPair(BlockCoder):
    """Codes blocks with mixing over two executors, which may be busy with other blocks, too.

    Args:
        first: of a model of bytes.
        second: of another one.
    """

    def __init__(self, first: Executor, second: Executor) -> None:
        self._executors = first, second

    @property
    def architecture(self) -> ArchitecturePair:
        """Of both models."""
        first, second = (executor.architecture for executor in self._executors)
        assert isinstance(first, Architecture)
        assert isinstance(second, Architecture)
        return first, second

    def encode(
        self, plain: bytes, lane_length: int, mixing: Mixing | None, steps_done: StepsDone
    ) -> bytes:
        """The payload of a block; see :meth:`BlockCoder.encode`.

        Raises:
            UsageError: without mixing.
        """
        required = _required_mixing(mixing)
        first, second = self._executors
        if isinstance(first, NativeExecutor) and isinstance(second, NativeExecutor):
            return first.encode_with(second, plain, lane_length, required, steps_done)
        from lmpack._executors.stepping import encode_mixed_by_prefill  # needs numpy

        return encode_mixed_by_prefill(self._executors, plain, lane_length, required, steps_done)

    def decode(
        self,
        payload: bytes,
        length: int,
        lane_length: int,
        mixing: Mixing | None,
        steps_done: StepsDone,
    ) -> bytes:
        """The bytes of a block; see :meth:`BlockCoder.decode`.

        Raises:
            UsageError: without mixing.
        """
        required = _required_mixing(mixing)
        first, second = self._executors
        if isinstance(first, NativeExecutor) and isinstance(second, NativeExecutor):
            return first.decode_with(second, payload, length, lane_length, required, steps_done)
        from lmpack._executors.stepping import decode_mixed

        lanes = -(-length // lane_length)
        with contextlib.ExitStack() as stack:
            # Always in the same order: blocks that hold lanes of one model while they wait for
            # those of the other one could else wait for each other.
            models = {
                executor: stack.enter_context(executor.lanes_for(lanes))
                for executor in sorted(self._executors, key=id)
            }
            both = [models[executor] for executor in self._executors]
            return decode_mixed(both, payload, length, lane_length, required, steps_done)


def _required_mixing(mixing: Mixing | None) -> Mixing:
    if mixing is None:
        raise UsageError("two models need mixing, which makes one prediction of both")
    return mixing

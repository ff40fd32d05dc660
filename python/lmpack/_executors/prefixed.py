"""One or two models behind the bytes of a prefix, which they have seen before every lane."""

from __future__ import annotations

from lmpack._executors.mixing import GivenBytes, Mixing
from lmpack._executors.native import NativeExecutor
from lmpack._executors.protocol import (
    AnyArchitecture,
    ArchitecturePair,
    BlockCoder,
    Executor,
    StepsDone,
)
from lmpack._native import Prefix
from lmpack.errors import UsageError


class PrefixedExecutor(BlockCoder):
    """Codes blocks with mixing behind a prefix.

    Args:
        prefix: stands before every block.
        first: of a model of bytes, on the CPU.
        second: of another one that predicts together with it; None if there is none.
        given: bytes of the only block, which has as many, that its reader is given; None for none.

    Raises:
        UsageError: one of them is no native executor of a model of bytes.
    """

    def __init__(
        self,
        prefix: Prefix,
        first: Executor,
        second: Executor | None = None,
        *,
        given: GivenBytes | None = None,
    ) -> None:
        self._prefix = prefix
        self._first = _required_native(first)
        self._second = None if second is None else _required_native(second)
        self._given = given

    def behind(self, prefix: Prefix) -> PrefixedExecutor:
        """The same models behind another prefix."""
        return PrefixedExecutor(prefix, self._first, self._second)

    def giving(self, given: GivenBytes) -> PrefixedExecutor:
        """The same for one block of which bytes are given."""
        return PrefixedExecutor(self._prefix, self._first, self._second, given=given)

    @property
    def architecture(self) -> AnyArchitecture | ArchitecturePair:
        """Of the model, or of both."""
        if self._second is None:
            return self._first.architecture
        return self._first.architecture, self._second.architecture

    def encode(
        self, plain: bytes, lane_length: int, mixing: Mixing | None, steps_done: StepsDone
    ) -> bytes:
        """The payload of a block; see :meth:`BlockCoder.encode`.

        Raises:
            UsageError: without mixing.
        """
        return self._first.encode_with(
            self._second,
            plain,
            lane_length,
            _required(mixing),
            steps_done,
            self._prefix,
            self._given,
        )

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
        return self._first.decode_with(
            self._second,
            payload,
            length,
            lane_length,
            _required(mixing),
            steps_done,
            self._prefix,
            self._given,
        )


def _required_native(executor: Executor) -> NativeExecutor:
    if isinstance(executor, NativeExecutor):
        return executor
    raise UsageError("a prefix takes models of bytes on the device cpu: choose them")


def _required(mixing: Mixing | None) -> Mixing:
    if mixing is None:
        raise UsageError("a prefix needs mixing, which learns it")
    return mixing

"""The ways to code a block, and how a block says in which way it is coded."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lmpack._blocks.filters import Filter
from lmpack._blocks.given import given_in, remainder_of
from lmpack._blocks.patches import PatchPrefix, behind, unpacked_list
from lmpack._blocks.payload_head import PayloadHead
from lmpack._container import Block, BlockKind
from lmpack._executors.mixing import GivenBytes, Mixing, Predictor
from lmpack._executors.prefixed import PrefixedExecutor
from lmpack._executors.protocol import (
    AnyArchitecture,
    ArchitecturePair,
    BlockCoder,
    StepsDone,
    is_decoder,
)
from lmpack._native import Prefix, decode_adaptive, encode_adaptive, put_copies, remainder_length
from lmpack.errors import DamagedError, ModelError, TruncatedError

ShareDone = Callable[[float], None]
"""Called now and then with the share of a block that is done, 0 to 1; may raise to end the work."""


def no_progress(share: float) -> None:
    """The :data:`ShareDone` that does nothing."""


def part_of(number: int, parts: int, share_done: ShareDone) -> ShareDone:
    """What is told of the progress of one of several parts of the work."""
    return lambda share: share_done((number + share) / parts)


def standing_at(share: float, share_done: ShareDone) -> ShareDone:
    """For work that does not count as progress, and can be ended all the same.

    Args:
        share: the share of the block that is done meanwhile.
        share_done: told of it again and again.
    """
    return lambda _: share_done(share)


class Coding(NamedTuple):
    """One way to code a block.

    Attributes:
        kind: of the block, not RAW.
        lanes_log2: log2 of the nominal number of lanes.
        stride: with mixing, the distance at which filtered bytes resemble one another; 0 if it is
            not known.
        filter: in an adaptive block, what the bytes go through first; None for nothing.
        predictor: what mixes.
    """

    kind: BlockKind
    lanes_log2: int
    stride: int = 0
    filter: Filter | None = None
    predictor: Predictor = Predictor.LIGHT

    @classmethod
    def of(cls, block: Block) -> Coding:
        """The way in which a block, which is not raw, is coded.

        Raises:
            DamagedError: there is no such way.
        """
        if not block.kind.is_mixed:
            return cls(block.kind, block.lanes_log2)
        head, _ = PayloadHead.parse(block.payload)
        filter_ = Filter.parse(head.filter) if head.filter else None
        if filter_ is not None and block.kind is not BlockKind.ADAPTIVE:
            raise DamagedError("a block with a model has a filter: the file is damaged")
        return cls(block.kind, block.lanes_log2, head.stride, filter_, head.predictor)

    def encode(
        self,
        executor: BlockCoder | None,
        plain: bytes,
        share_done: ShareDone,
        prefix: Prefix | None = None,
        given: GivenBytes | None = None,
    ) -> bytes:
        """The payload of a block of at least one byte.

        If there is a prefix it stands before the block, and the executor knows it already; only
        then bytes may be given.

        Raises:
            ModelError: it needs a model, but there is no executor.
        """
        lane = lane_length(len(plain), self.lanes_log2)
        steps_done = _steps_of(lane, share_done)
        if not self.kind.is_mixed:
            return require_executor(executor).encode(plain, lane, None, steps_done)
        filter_ = self.filter.to_bytes() if self.filter else b""
        head = PayloadHead(self.predictor, self.stride, filter_).to_bytes()
        if self.kind.needs_model:
            coder = _giving(require_executor(executor), given)
            return head + coder.encode(plain, lane, self.mixing, steps_done)
        mixed = plain
        if self.filter is not None:
            mixed = self.filter.apply(plain, standing_at(0.0, share_done))
        return head + encode_adaptive(mixed, lane, self.mixing, steps_done, prefix, given)

    def decode(
        self,
        executor: BlockCoder | None,
        payload: bytes,
        length: int,
        share_done: ShareDone,
        prefix: Prefix | None = None,
    ) -> bytes:
        """The `length` bytes of a block with this payload, behind the same prefix.

        Raises:
            DamagedError: the payload is not that of any bytes, or the kind of the block is one of
                models of another family.
            ModelError: it needs a model, but there is no executor.
        """
        if self.kind.needs_model:
            self._check_family(require_executor(executor))
        if not self.kind.is_mixed:
            lane = lane_length(length, self.lanes_log2)
            steps_done = _steps_of(lane, share_done)
            return require_executor(executor).decode(payload, length, lane, None, steps_done)
        if prefix is not None and self.filter is not None:
            raise DamagedError("a block behind a prefix has a filter: the file is damaged")
        head, start = PayloadHead.parse(payload)
        if not head.copies:
            return self._decode_remainder(executor, payload[start:], length, share_done, prefix)
        copies, known = head.copies, prefix
        if head.is_patch:
            if not isinstance(prefix, PatchPrefix) or self.kind.has_tokens_model:
                raise DamagedError("a block without a prefix is a patch: the file is damaged")
            try:
                steps_done = standing_at(0.0, share_done)
                copies = unpacked_list(copies, head.predictor, length, len(prefix), steps_done)
            except TruncatedError as error:
                raise DamagedError("the list of copies of a patch is cut short") from error
        left = remainder_length(copies, length, prefix)
        given = None
        if head.is_patch and isinstance(prefix, PatchPrefix):
            executor, known = behind(executor, copies, prefix)
            given = given_in(copies, prefix.data, left)
            left = len(given.plain)
        if left >> self.lanes_log2 == 0:
            raise DamagedError(f"the copies leave {left} bytes, fewer than there are lanes")
        remainder = self._decode_remainder(
            executor, payload[start:], left, share_done, known, given
        )
        if given is not None:
            remainder = remainder_of(remainder, given)
        return put_copies(copies, remainder, length, prefix)

    def _decode_remainder(
        self,
        executor: BlockCoder | None,
        stream: bytes,
        length: int,
        share_done: ShareDone,
        prefix: Prefix | None,
        given: GivenBytes | None = None,
    ) -> bytes:
        """What is mixed of a block: all of it but its copies."""
        lane = lane_length(length, self.lanes_log2)
        steps_done = _steps_of(lane, share_done)
        if self.kind.needs_model:
            executor = _giving(require_executor(executor), given)
            return executor.decode(stream, length, lane, self.mixing, steps_done)
        mixed = decode_adaptive(stream, length, lane, self.mixing, steps_done, prefix, given)
        if self.filter is not None:
            return self.filter.undo(mixed, standing_at(1.0, share_done))
        return mixed

    def _check_family(self, executor: BlockCoder) -> None:
        architecture = executor.architecture
        is_unmixed_pair = isinstance(architecture, tuple) and not self.kind.is_mixed
        if is_unmixed_pair or self.kind is not predicted_kind(architecture, self.kind.is_mixed):
            raise DamagedError(
                f"the block is of the kind {self.kind.label}, which its model cannot have made"
            )

    @property
    def mixing(self) -> Mixing:
        """What the mixing needs to know."""
        return Mixing(self.stride, self.predictor)


def predicted_kind(
    architecture: AnyArchitecture | ArchitecturePair | None, mixing: bool
) -> BlockKind:
    """The kind of the blocks that a model predicts, or two, with mixing or without."""
    if is_decoder(architecture):
        return BlockKind.MIXED_TOKENS if mixing else BlockKind.TOKENS
    return BlockKind.MIXED if mixing else BlockKind.MODEL


def require_executor(executor: BlockCoder | None) -> BlockCoder:
    """The executor, which must be there.

    Raises:
        ModelError: it is not.
    """
    if executor is None:
        raise ModelError("this block needs the model that it was made with")
    return executor


def _giving(executor: BlockCoder, given: GivenBytes | None) -> BlockCoder:
    """The executor, for a block of which bytes may be given: then it knows a prefix."""
    if given is None:
        return executor
    if not isinstance(executor, PrefixedExecutor):
        raise TypeError("bytes are given only behind a prefix")
    return executor.giving(given)


def lane_length(length: int, lanes_log2: int) -> int:
    """Bytes in each lane but the last, which may be shorter."""
    return -(-length // (1 << lanes_log2))


def _steps_of(steps: int, share_done: ShareDone) -> StepsDone:
    """Takes the number of steps that are done, of this many."""
    return lambda done: share_done(done / steps)

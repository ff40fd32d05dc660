"""The ways to code a block: which there are, and which one suits its bytes."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Callable

from lmpack._container import BlockKind
from lmpack._executors.protocol import Executor
from lmpack._native import (
    decode_adaptive,
    encode_adaptive,
    likely_stride,
    residuals_of,
    samples_of,
)
from lmpack.errors import DamagedError, ModelError

MIXED_BYTES, MIXED_RESIDUALS = 1, 2
"""What is mixed, as a payload states it: the bytes, or what the prediction of samples lacks
(docs/mixing.md, section 7)."""

BYTES_PER_SAMPLE = 2
MOST_CHANNELS = 8
TRIED_CHANNELS = (1, 2)

SHORTEST_LANE = 4096
"""Bytes below which a block is not cut into more lanes (docs/blocks.md has the measurements)."""

MOST_LANES_LOG2 = 4

SHORTEST_MIXED_LANE = 32768
"""Mixing learns better from few long lanes."""

SAMPLE_PIECES = 2
SHORTEST_PIECE = 4096
LONGEST_PIECE = 65536
"""The choice for a long block is made on so many pieces of it, between so many bytes each."""

ALIGNMENT = 16
"""Pieces start at multiples of so many bytes, so that samples stay whole in them."""

WORTH_THE_MODEL = 0.99
"""If the model leaves more than this share of what mixing alone makes of the pieces, it is left
out: it takes most of the time."""

CLEARLY_SMALLER = 0.8
"""If it leaves less than this share, it is used. In between both ways are gone for the whole block,
because mixing alone catches up in a long one."""

Advance = Callable[[float], None]
"""Called now and then with the share of a block that is done, 0 to 1."""

_HEAD = struct.Struct("<BH")
"""Of a payload with mixing: what is mixed, and the stride."""


def unheard(share: float) -> None:
    """The :data:`Advance` of those who do not want to know."""


@dataclasses.dataclass(frozen=True)
class Coding:
    """One way to code a block.

    Attributes:
        kind: of the block, not RAW.
        lanes_log2: log2 of the nominal number of lanes.
        stride: with mixing, the distance at which bytes resemble one another; 0 for text.
        samples: in an adaptive block, whether the bytes are 16-bit samples, little-endian, of
            stride / 2 interleaved channels, which are predicted first.
    """

    kind: BlockKind
    lanes_log2: int
    stride: int = 0
    samples: bool = False

    def encode(self, executor: Executor | None, plain: bytes, advance: Advance) -> bytes:
        """The payload of a block.

        Raises:
            ModelError: it needs a model, but there is no executor.
        """
        length = lane_length(len(plain), self.lanes_log2)
        tell = _steps_told(length, advance)
        if self.kind is BlockKind.MODEL:
            return needed(executor).encode(plain, length, None, tell)
        head = _HEAD.pack(MIXED_RESIDUALS if self.samples else MIXED_BYTES, self.stride)
        if self.kind is BlockKind.ADAPTIVE:
            if self.samples:
                plain = residuals_of(plain, self.stride // BYTES_PER_SAMPLE)
            return head + encode_adaptive(plain, length, self.stride, tell)
        return head + needed(executor).encode(plain, length, self.stride, tell)


def decode_payload(
    kind: BlockKind,
    executor: Executor | None,
    payload: bytes,
    length: int,
    lane: int,
    advance: Advance,
) -> bytes:
    """The `length` bytes of a block of any kind but RAW, whose lanes have `lane` bytes.

    Raises:
        DamagedError: the payload is not that of any bytes.
        ModelError: it needs a model, but there is no executor.
    """
    tell = _steps_told(lane, advance)
    if kind is BlockKind.MODEL:
        return needed(executor).decode(payload, length, lane, None, tell)
    if len(payload) < _HEAD.size:
        raise DamagedError("the payload is shorter than its head")
    mixed, stride = _HEAD.unpack(payload[: _HEAD.size])
    stream = payload[_HEAD.size :]
    if kind is BlockKind.ADAPTIVE and mixed == MIXED_RESIDUALS:
        channels = _channels(stride)
        return samples_of(decode_adaptive(stream, length, lane, stride, tell), channels)
    if mixed != MIXED_BYTES:
        raise DamagedError(f"there is no mixing of kind {mixed} in such a block")
    if kind is BlockKind.ADAPTIVE:
        return decode_adaptive(stream, length, lane, stride, tell)
    return needed(executor).decode(stream, length, lane, stride, tell)


def _channels(stride: int) -> int:
    channels, odd = divmod(stride, BYTES_PER_SAMPLE)
    if odd or not 1 <= channels <= MOST_CHANNELS:
        raise DamagedError(f"samples cannot have a stride of {stride} bytes")
    return channels


def needed(executor: Executor | None) -> Executor:
    """The executor, which must be there."""
    if executor is None:
        raise ModelError("this block needs the model that it was made with")
    return executor


def lane_length(length: int, lanes_log2: int) -> int:
    """Bytes in each lane but the last, which may be shorter."""
    return -(-length // (1 << lanes_log2))


def lanes_log2(length: int) -> int:
    """Log2 of the number of lanes for a block of `length` bytes without mixing.

    More lanes are faster, but each starts without context, so short blocks get few.
    """
    return _cut(length, SHORTEST_LANE, MOST_LANES_LOG2)


def mixed_lanes_log2(length: int, most: int) -> int:
    """The same with mixing, for at most so many lanes."""
    return _cut(length, SHORTEST_MIXED_LANE, most.bit_length() - 1)


def _cut(length: int, shortest: int, most_log2: int) -> int:
    return min(max(1, length // shortest).bit_length() - 1, most_log2)


def encode_with_mixing(
    executor: Executor | None, plain: bytes, advance: Advance, most_lanes: int = 2
) -> tuple[Coding, bytes]:
    """The way with mixing that makes a block smallest, and the payload.

    With the model there are at most `most_lanes` lanes, without it is one.
    """
    sample = _sample(plain)
    payloads: dict[Coding, bytes] = {}

    def size(coding: Coding) -> int:
        if coding not in payloads:
            payloads[coding] = coding.encode(executor, sample, unheard)
        return len(payloads[coding])

    adaptive = Coding(BlockKind.ADAPTIVE, 0)
    if stride := likely_stride(plain):
        adaptive = min((adaptive, *_with_stride(stride)), key=size)
    mixed = dataclasses.replace(adaptive, kind=BlockKind.MIXED)
    worth_a_try = executor is not None and not adaptive.samples
    share = size(mixed) / size(adaptive) if worth_a_try else 1.0
    mixed = dataclasses.replace(mixed, lanes_log2=mixed_lanes_log2(len(plain), most_lanes))
    if share > WORTH_THE_MODEL:
        ways = [adaptive]
    elif share < CLEARLY_SMALLER:
        ways = [mixed]
    else:
        ways = [mixed, adaptive]
    known = payloads if len(sample) == len(plain) else {}
    coded = [
        (way, known.get(way) or way.encode(executor, plain, _part(number, len(ways), advance)))
        for number, way in enumerate(ways)
    ]
    return min(coded, key=lambda pair: len(pair[1]))


def _with_stride(stride: int) -> list[Coding]:
    """The ways to code a block in which bytes resemble those one stride before."""
    ways = [Coding(BlockKind.ADAPTIVE, 0, stride)]
    strides = [BYTES_PER_SAMPLE * channels for channels in TRIED_CHANNELS]
    if stride in strides:
        ways += [Coding(BlockKind.ADAPTIVE, 0, tried, samples=True) for tried in strides]
    return ways


def _sample(plain: bytes) -> bytes:
    """Pieces of the block, together about an eighth; all of it if it is short."""
    piece = min(max(len(plain) // (8 * SAMPLE_PIECES), SHORTEST_PIECE), LONGEST_PIECE)
    if len(plain) <= SAMPLE_PIECES * piece:
        return plain
    # Not from the ends, which are often different from the rest.
    room = len(plain) - piece
    starts = (
        room * (number + 1) // (SAMPLE_PIECES + 1) // ALIGNMENT * ALIGNMENT
        for number in range(SAMPLE_PIECES)
    )
    return b"".join(plain[start : start + piece] for start in starts)


def _steps_told(steps: int, advance: Advance) -> Callable[[int], None]:
    """Takes the number of steps that are done, of so many."""
    return lambda done: advance(done / steps)


def _part(number: int, parts: int, advance: Advance) -> Advance:
    """What to tell of the progress of one of several parts of the work."""
    return lambda share: advance((number + share) / parts)

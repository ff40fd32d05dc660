"""The range decoder of docs/format.md, section 5.4, in integers: one program decodes one stream."""

import triton
import triton.language as tl

from lmpack._executors.coding_constants import (
    FREQUENCY_BITS,
    FREQUENCY_TOTAL,
    SMALLEST_RANGE,
    WINDOW_BYTES,
)

STREAM = (
    "lane_length", "length", "payload", "payload_size", "content",
    "step", "offset", "range", "shifted", "largest",
)  # fmt: skip
"""Fields of a stream, all of them int64.

lane_length: of the block; 0 for a stream that has nothing to decode.
length: bytes of the block.
payload: address of the payload on the device.
payload_size: bytes there; after them follow zeros without end.
content: address on the device of `length` bytes; written.
step: the next one; at lane_length the block is finished.
offset: window of the payload less the lower end of the interval; at least 0, below the range.
range: length of the interval, at least 2**24 and below 2**32.
shifted: bytes of the payload that have left the window.
largest: of the symbols so far; above 255 they are no bytes.
"""

_FIELDS = tl.constexpr(len(STREAM))
_LANE_LENGTH = tl.constexpr(STREAM.index("lane_length"))
_LENGTH = tl.constexpr(STREAM.index("length"))
_PAYLOAD = tl.constexpr(STREAM.index("payload"))
_PAYLOAD_SIZE = tl.constexpr(STREAM.index("payload_size"))
_CONTENT = tl.constexpr(STREAM.index("content"))
_STEP = tl.constexpr(STREAM.index("step"))
_OFFSET = tl.constexpr(STREAM.index("offset"))
_RANGE = tl.constexpr(STREAM.index("range"))
_SHIFTED = tl.constexpr(STREAM.index("shifted"))
_LARGEST = tl.constexpr(STREAM.index("largest"))

_FREQUENCY_BITS = tl.constexpr(FREQUENCY_BITS)
_TOTAL = tl.constexpr(FREQUENCY_TOTAL)
_SMALLEST_RANGE = tl.constexpr(SMALLEST_RANGE)
_WINDOW_BYTES = tl.constexpr(WINDOW_BYTES)


@triton.jit
def _found(ends, offset, range_, VOCABULARY: tl.constexpr, CHUNK: tl.constexpr):
    """The symbol whose part of the range holds the offset, and where its part starts and ends.

    Parts begin where the parts before them end. The last one ends with the range, which is above
    the offset, so that there is always such a symbol, whatever the payload is.

    Args:
        ends: int32 [VOCABULARY]: cumulative frequencies, each with its own symbol's.
        offset: uint32.
        range_: uint32; times 2**24 it is below 2**56.
        VOCABULARY: number of symbols.
        CHUNK: symbols at a time, a power of 2.
    """
    number = tl.zeros([CHUNK], tl.int32)
    start = tl.zeros([CHUNK], tl.uint32)
    end = tl.zeros([CHUNK], tl.uint32) + range_
    for first in range(0, VOCABULARY, CHUNK):
        symbol = first + tl.arange(0, CHUNK)
        position = tl.load(ends + symbol, mask=symbol < VOCABULARY, other=_TOTAL)
        product = range_.to(tl.uint64) * position.to(tl.uint32).to(tl.uint64)
        bound = (product >> _FREQUENCY_BITS).to(tl.uint32)
        is_below = bound <= offset
        number += is_below.to(tl.int32)
        start = tl.maximum(start, tl.where(is_below, bound, 0))
        end = tl.minimum(end, tl.where(is_below, range_, bound))
    return tl.sum(number), tl.max(start), tl.min(end)


@triton.jit
def _refilled(payload, payload_size, offset, range_, shifted):
    """Offset, range and bytes shifted, with the range brought back to 2**24 and above.

    The range is at least 1, so that three bytes are always enough. They are read before it is
    known how many are wanted: nothing waits for them.
    """
    place = shifted + _WINDOW_BYTES
    following = tl.zeros([], tl.uint32)
    count = tl.zeros([], tl.uint32)
    for number in tl.static_range(3):
        byte = tl.load(payload + place + number, mask=place + number < payload_size, other=0)
        following = (following << 8) | byte.to(tl.uint32)
        count += (range_ < (_SMALLEST_RANGE >> (8 * number))).to(tl.uint32)
    bits = count * 8
    taken = following >> (24 - bits)
    return (offset << bits) | taken, range_ << bits, shifted + count.to(tl.int64)


@triton.jit
def decode_kernel(ends, streams, symbols, VOCABULARY: tl.constexpr, CHUNK: tl.constexpr):
    """The next step of every stream: a symbol for each of its lanes, in their order.

    The stream of a block has the number of the block's first lane; its lanes follow one another.
    No lane is in two blocks. Nothing outside the payload is read, and nothing outside the content
    written, whatever the payload is.

    Args:
        ends: int32 [L, VOCABULARY]: cumulative frequencies of each lane, by
            :func:`~lmpack._executors.triton.frequencies.ends_kernel`.
        streams: int64 [L, len(STREAM)]; advanced.
        symbols: int32 [L]: those of the lanes of streams that are not finished are written.
        VOCABULARY: number of symbols.
        CHUNK: symbols at a time, a power of 2.
    """
    first = tl.program_id(0)
    stream = streams + first * _FIELDS
    lane_length = tl.load(stream + _LANE_LENGTH)
    step = tl.load(stream + _STEP)
    if step < lane_length:
        payload = tl.load(stream + _PAYLOAD).to(tl.pointer_type(tl.uint8))
        payload_size = tl.load(stream + _PAYLOAD_SIZE)
        content = tl.load(stream + _CONTENT).to(tl.pointer_type(tl.uint8)) + step
        offset = tl.load(stream + _OFFSET).to(tl.uint32)
        range_ = tl.load(stream + _RANGE).to(tl.uint32)
        shifted = tl.load(stream + _SHIFTED)
        largest = tl.load(stream + _LARGEST)
        # The last lane may have ended.
        lanes = (tl.load(stream + _LENGTH) - step + lane_length - 1) // lane_length
        for number in range(lanes):
            lane = first + number
            symbol, start, end = _found(ends + lane * VOCABULARY, offset, range_, VOCABULARY, CHUNK)
            offset, range_, shifted = _refilled(
                payload, payload_size, offset - start, end - start, shifted
            )
            tl.store(symbols + lane, symbol)
            tl.store(content + number * lane_length, symbol.to(tl.uint8))
            largest = tl.maximum(largest, symbol.to(tl.int64))
        tl.store(stream + _STEP, step + 1)
        tl.store(stream + _OFFSET, offset.to(tl.int64))
        tl.store(stream + _RANGE, range_.to(tl.int64))
        tl.store(stream + _SHIFTED, shifted)
        tl.store(stream + _LARGEST, largest)

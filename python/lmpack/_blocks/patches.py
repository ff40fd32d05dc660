"""Patches: what a block that copies from a prefix learns of it (docs/copies.md, section 5)."""

from __future__ import annotations

import collections
import io
from collections.abc import Iterator
from typing import NamedTuple

from lmpack._blocks.text import is_text
from lmpack._container import ByteReader, encode_varint
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._executors.prefixed import PrefixedExecutor
from lmpack._executors.protocol import BlockCoder, StepsDone
from lmpack._native import MOST_LEARNED, SHORTEST_COPY, decode_adaptive, encode_adaptive
from lmpack._native import Prefix as NativePrefix
from lmpack.errors import DamagedError

_SMALLEST_WINDOW = 16
_LONGEST_GAP = 1024
_MOST_SOURCES = 4096
"""Copies that say what is learned, the last ones: a hostile list has a copy for each 64 bytes."""

_LONGEST_ENTRY = 13
"""Bytes of an entry of a list, at most: varints of four, four and five bytes."""

_LEARNED_PER_BYTE = 4
"""So many bytes of a prefix are learned for one byte of a patch, at most."""

_DISTANCES = 1 << 28
"""More than any distance."""

_WHAT = "the list of copies of a patch"


class PatchPrefix(NativePrefix):
    """A prefix of which any part can be learned.

    Attributes:
        data: its bytes.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data
        self._likely_stride: int | None = None

    @property
    def likely_stride(self) -> int:
        """The stride of what stands behind it, so that what is learned serves all blocks.

        0 for text, which suggests one, too, and becomes larger with it.
        """
        # A cached_property would hold a lock that all prefixes share, and that a process which is
        # forked meanwhile could never get.
        if self._likely_stride is None:
            self._likely_stride = 0 if is_text(self.data[-MOST_LEARNED:]) else self.stride
        return self._likely_stride


def is_version(plain: bytes, prefix: NativePrefix) -> bool:
    """Whether a block is long enough to be a patch.

    One that is much shorter than what it would learn, such as a record behind a dictionary, takes
    what was learned once for all blocks.
    """
    return _LEARNED_PER_BYTE * len(plain) >= min(len(prefix), MOST_LEARNED)


def has_sources(copies: bytes, prefix: PatchPrefix) -> bool:
    """Whether a list that was checked has a copy from the prefix."""
    return any(_sources(copies, len(prefix)))


def behind(
    executor: BlockCoder | None, copies: bytes, prefix: PatchPrefix
) -> tuple[BlockCoder | None, PatchPrefix]:
    """What mixes behind the bytes that these copies say, and these bytes.

    Args:
        executor: the one behind the whole prefix; None without a model.
        copies: a list that was checked.
        prefix: what the copies are made from.

    Raises:
        DamagedError: no copy is made from the prefix.
    """
    learned = learned_around(copies, prefix.data)
    if not learned:
        raise DamagedError("no copy of a patch is made from the prefix: the file is damaged")
    known = PatchPrefix(learned)
    if executor is None:
        return None, known
    if not isinstance(executor, PrefixedExecutor):
        raise TypeError("a patch has an executor that knows the prefix")
    return executor.behind(known), known


class Entry(NamedTuple):
    """A copy: after so many literals, of bytes that start so far behind the start of the prefix."""

    literals: int
    length: int
    start: int


class _Source(NamedTuple):
    """What one copy takes from a prefix: the bytes from start to end, after so many literals."""

    start: int
    end: int
    literals: int


def learned_around(copies: bytes, data: bytes) -> bytes:
    """The bytes of a prefix where copies from it begin and end, 0 to MOST_LEARNED of them.

    Args:
        copies: a list that was checked.
        data: the prefix.
    """
    sources = list(collections.deque(_sources(copies, len(data)), _MOST_SOURCES))
    points = sorted({point for source in sources for point in source[:2]})
    windows: list[tuple[int, int]] = []
    size = _SMALLEST_WINDOW
    while points:
        wider = _windows(points, size, len(data))
        if windows and sum(end - start for start, end in wider) > MOST_LEARNED:
            break
        windows = wider
        if size >= len(data):
            break
        size *= 2
    pieces = [data[start:end] for start, end in windows]
    end = 0
    for source in sources:
        gap = source.start - end
        if not 0 <= gap <= _LONGEST_GAP:
            gap = min(source.literals, _LONGEST_GAP)
        pieces.append(data[end : end + gap])
        end = source.end
    return b"".join(pieces)[-MOST_LEARNED:]


def _windows(points: list[int], size: int, length: int) -> list[tuple[int, int]]:
    """All bytes that are near to points, these in order, as stretches that do not touch."""
    windows: list[tuple[int, int]] = []
    for point in points:
        start, end = max(0, point - size), min(length, point + size)
        if windows and start <= windows[-1][1]:
            start = windows.pop()[0]
        windows.append((start, end))
    return windows


def _sources(copies: bytes, length: int) -> Iterator[_Source]:
    """Those of the copies from a prefix of so many bytes."""
    for literals, copied, start in entries_of(copies, length):
        if start < length:
            yield _Source(start, min(start + copied, length), literals)


def entries_of(copies: bytes, before: int) -> Iterator[Entry]:
    """The copies of a list that was checked, behind a prefix of so many bytes."""
    place, distance = before, 0
    numbers = _numbers(copies)
    for literals, extra, new_distance in zip(numbers, numbers, numbers, strict=True):
        distance = new_distance or distance
        place += literals
        yield Entry(literals, SHORTEST_COPY + extra, place - distance)
        place += SHORTEST_COPY + extra


def _numbers(copies: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in copies:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0


def packed_list(copies: bytes, predictor: Predictor, before: int, steps_done: StepsDone) -> bytes:
    """A list of copies as a patch holds it: its length, and a stream of its own.

    Args:
        copies: a list that was checked.
        predictor: what mixes it.
        before: bytes of the prefix.
        steps_done: called now and then; may raise to end the work.
    """
    numbers = _numbers(copies)
    distance, packed = before, bytearray()
    for literals, extra, said in zip(numbers, numbers, numbers, strict=True):
        new = said or distance
        change = 2 * (new - distance) if new >= distance else 2 * (distance - new) - 1
        number = 2 * change + 1 if 0 < change < new else 2 * new
        number = 0 if new == distance else number
        packed += encode_varint(literals) + encode_varint(extra) + encode_varint(number)
        distance = new
    stream = encode_adaptive(bytes(packed), len(packed), Mixing(0, predictor), steps_done)
    return encode_varint(len(packed)) + stream


def unpacked_list(
    packed: bytes, predictor: Predictor, plain_length: int, before: int, steps_done: StepsDone
) -> bytes:
    """The inverse, of whatever bytes, for a block of this length. The list is not checked.

    Raises:
        DamagedError: it is not a list of such a block.
        TruncatedError: it is cut short.
    """
    reader = _reader(packed)
    length = reader.varint(_WHAT)
    if not 0 < length <= plain_length // SHORTEST_COPY * _LONGEST_ENTRY:
        raise DamagedError(
            f"the copies of a block of {plain_length} bytes have a list of {length} bytes: the "
            "file is damaged"
        )
    mixing, stream = Mixing(0, predictor), packed[reader.offset :]
    numbers = _reader(decode_adaptive(stream, length, length, mixing, steps_done))
    copies, distance = bytearray(), before
    while numbers.offset < length:
        literals, extra, number = (numbers.varint(_WHAT) for _ in range(3))
        change = number // 2
        if number % 2:
            distance += change // 2 if change % 2 == 0 else -(change // 2) - 1
        elif number:
            distance = change
        if not 0 < distance < _DISTANCES:
            raise DamagedError(f"{_WHAT}: a copy is made from nowhere: the file is damaged")
        copies += encode_varint(literals) + encode_varint(extra) + encode_varint(distance)
    return bytes(copies)


def _reader(data: bytes) -> ByteReader:
    return ByteReader(io.BytesIO(data))

"""Choosing a prefix out of samples: those that have most in common with all others."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lmpack._buffers import flat
from lmpack.errors import UsageError

if TYPE_CHECKING:
    import numpy
    import numpy.typing

_GRAM = 4
"""Bytes in a row that count as something in common."""

_PIECE = 1024
"""A longer sample is chosen in pieces of so many bytes."""

_MOST = 1 << 23
"""Bytes of samples that are looked at: of more, evenly spread ones."""

_EXTRA = 4
"""A piece costs so many bytes more than it has, or the shortest ones would win."""


def train_prefix(samples: Iterable[bytes | bytearray | memoryview], size: int = 1 << 17) -> bytes:
    """Bytes for a :class:`Prefix`, chosen out of samples: those with most in common with the rest.

    It takes whole samples, or pieces of 1 KiB of longer ones, always the one that adds most short
    strings that others have, too; the best come last, as what stands last is remembered best. The
    same samples give the same bytes with the same lmpack; keep the bytes, not the samples.

    Args:
        samples: content such as what is to be compressed, the earliest first: some thousand
            records, or some hundred times `size` in all. Of more than 8 MiB evenly spread parts
            are looked at, which takes some seconds.
        size: bytes that come out, at least 1; fewer if the samples have fewer.

    Raises:
        UsageError: there is no byte in the samples, one holds no bytes, or the size is no such
            number.
    """
    if type(size) is not int or size < 1:
        raise UsageError(f"size must be an integer of at least 1, not {size!r}")
    if isinstance(samples, bytes | bytearray | memoryview | str) or not isinstance(
        samples, Iterable
    ):
        raise UsageError("the samples must be several, in a list: [sample, ...]")
    pieces = [piece for sample in samples for piece in _pieces(sample)]
    if not pieces:
        raise UsageError("there is no byte in the samples: give some content such as yours")
    # The latest first: it counts where several are equally good.
    spread = pieces[:: -max(1, -(-sum(map(len, pieces)) // _MOST))]
    return b"".join(reversed(_best(spread, size)))[-size:]


def _pieces(sample: bytes | bytearray | memoryview) -> list[bytes]:
    content = bytes(flat(sample))
    return [content[start : start + _PIECE] for start in range(0, len(content), _PIECE)]


def _best(pieces: list[bytes], size: int) -> list[bytes]:
    """Pieces of so many bytes together, or all: always the one that adds most for each byte.

    What a piece adds is the sum over its grams that no piece before it had; one counts as often
    as there are pieces that have it, and not at all if there is one alone.
    """
    import numpy

    grams = [numpy.unique(_grams(piece)) for piece in pieces]
    _, numbers, counts = numpy.unique(
        numpy.concatenate(grams), return_inverse=True, return_counts=True
    )
    ends = numpy.cumsum([len(found) for found in grams])
    own = numpy.split(numbers, ends[:-1])
    weights = numpy.where(counts > 1, counts, 0)

    def value(number: int) -> float:
        return int(weights[own[number]].sum()) / (len(pieces[number]) + _EXTRA)

    # What a piece adds only falls, so the first one whose value is still true is the best.
    heap = [(-value(number), number) for number in range(len(pieces))]
    heapq.heapify(heap)
    best: list[bytes] = []
    length = 0
    while heap and length < size:
        promised, number = heap[0]
        if (now := -value(number)) > promised:
            heapq.heapreplace(heap, (now, number))
            continue
        heapq.heappop(heap)
        best.append(pieces[number])
        length += len(pieces[number])
        weights[own[number]] = 0
    return best


def _grams(piece: bytes) -> numpy.typing.NDArray[numpy.uint64]:
    """The bytes from each place on, as numbers; fewer at the end are none."""
    import numpy

    found = numpy.frombuffer(piece, numpy.uint8).astype(numpy.uint64)
    places = max(0, len(piece) - _GRAM + 1)
    grams = numpy.zeros(places, numpy.uint64)
    for shift in range(_GRAM):
        grams |= found[shift : shift + places] << numpy.uint64(8 * shift)
    return grams

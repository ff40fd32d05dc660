"""Which ways of coding suit a block: decided by what they make of a probe (docs/blocks.md)."""

from __future__ import annotations

from typing import NamedTuple

from lmpack._blocks.coding import Coding, predicted_kind
from lmpack._blocks.filters import Filter
from lmpack._blocks.payload_head import LARGEST_STRIDE
from lmpack._executors.mixing import Predictor
from lmpack._executors.protocol import AnyArchitecture, ArchitecturePair, is_decoder
from lmpack._native import likely_stride

SHORTEST_LANE = 4096
"""Bytes below which a block is not cut into more lanes (docs/blocks.md has the measurements)."""

MOST_LANES_LOG2 = 4

SHORTEST_MIXED_LANE = 32768
"""Mixing learns better from few long lanes."""

SHORTEST_TOKENS_LANE = 8192
"""A decoder reads all of its weights at each step, so one lane alone is slow; and it knows enough
to begin well (docs/blocks.md)."""

PROBE_PIECES = 2
LEAST_PROBE = 1024
LARGEST_PROBE = 65536
"""What the model is worth is seen from a 256th of the block, of between this many bytes, so that a
model that is not used costs at most 3 % of the time of mixing alone (docs/blocks.md)."""

ALIGNMENT = 48
"""Pieces start at multiples of this many bytes and have such lengths, so that samples, pixels and
instructions stay whole in them."""

SHORTEST_PIECE = 8208
LONGEST_PIECE = 16368
"""Filters are tried on two pieces of between this many bytes, together a 64th of the
block. Shorter ones are no test of two channels, whose filters learn slowly."""

STRIDE_PIECE = 2016
"""Strides on two pieces of this many."""

FILTER_USED_BELOW = 0.99
"""A filter must make these pieces so much smaller."""

SHORTEST_TOKENS_PROBE = 4096
LONGEST_TOKENS_PROBE = 16384
"""A decoder takes thousands of times the time of mixing alone, so its probe is short; it knows
its language already, and a thousand tokens show what it is worth."""

LEAST_GAIN = {Predictor.LIGHT: 20, Predictor.FULL: 20, Predictor.STRONG: 5}
"""How much smaller a model must make the block, in thousandths: it takes most of the time. Beside
the strong predictor size counts more than time."""

GAIN_OF_LANES = 70
"""How much smaller a model must make the block, in thousandths, to have more than one lane. What it
helps less is tables, logs and the like, to which lanes cost most (docs/blocks.md)."""

LANES_JUDGED_AT = 1 << 18
"""As if the block had no more bytes than these: of any text the gain falls in a long block."""

DECODER_USED_BELOW = 0.99
"""Share of its probe's size to which a decoder must bring it. Its blocks are coded both ways then:
beside it, mixing alone takes no time that matters."""


def lanes_log2(length: int, architecture: AnyArchitecture | ArchitecturePair | None = None) -> int:
    """Log2 of the number of lanes for a block of `length` bytes without mixing.

    More lanes are faster, but each starts without context, so short blocks get few.
    """
    shortest = SHORTEST_TOKENS_LANE if is_decoder(architecture) else SHORTEST_LANE
    return _cut(length, shortest, MOST_LANES_LOG2)


def mixed_lanes_log2(
    length: int, most: int, architecture: AnyArchitecture | ArchitecturePair | None = None
) -> int:
    """The same with model and mixing.

    Args:
        length: bytes of the block.
        most: the lanes that a model of bytes may have. Where it is one, size counts more than time,
            and the lanes of a decoder are twice as long.
        architecture: of the model, or of both.
    """
    if is_decoder(architecture):
        shortest = SHORTEST_TOKENS_LANE if most > 1 else 2 * SHORTEST_TOKENS_LANE
        return _cut(length, shortest, MOST_LANES_LOG2)
    return _cut(length, SHORTEST_MIXED_LANE, most.bit_length() - 1)


def probe_of(plain: bytes) -> bytes:
    """Pieces of a block to try the model on; all of it if it is short."""
    return _pieces_of(plain, len(plain) // 256, LEAST_PROBE, LARGEST_PROBE)


def tokens_probe_of(plain: bytes) -> bytes:
    """The same for a decoder, about a sixteenth."""
    if len(plain) <= LONGEST_TOKENS_PROBE:
        return plain
    return _pieces_of(plain, len(plain) // 16, SHORTEST_TOKENS_PROBE, LONGEST_TOKENS_PROBE)


def pieces_of(plain: bytes) -> bytes:
    """Pieces of a block to try filters on; all of it if it is short."""
    least, most = PROBE_PIECES * SHORTEST_PIECE, PROBE_PIECES * LONGEST_PIECE
    return _pieces_of(plain, len(plain) // 64, least, most)


def stride_pieces_of(plain: bytes) -> bytes:
    """The same for strides."""
    size = PROBE_PIECES * STRIDE_PIECE
    return _pieces_of(plain, size, size, size)


def _pieces_of(plain: bytes, size: int, least: int, most: int) -> bytes:
    """Pieces of a block, of about `size` bytes together, within the two bounds."""
    piece = min(max(size, least), most) // PROBE_PIECES
    piece = max(piece // ALIGNMENT, 1) * ALIGNMENT
    if len(plain) <= PROBE_PIECES * piece:
        return plain
    # Not from the ends, which are often different from the rest.
    room = len(plain) - piece
    starts = (
        room * (number + 1) // (PROBE_PIECES + 1) // ALIGNMENT * ALIGNMENT
        for number in range(PROBE_PIECES)
    )
    return b"".join(plain[start : start + piece] for start in starts)


def strides_of(plain: bytes) -> list[int]:
    """The distances that are worth a trial, 0 for none first."""
    return [0, *filter(None, [likely_stride(plain)])]


def with_filter(adaptive: Coding, filter_: Filter) -> Coding:
    """The way that filters a block first, for one without a model."""
    stride = adaptive.stride if filter_.stride is None else filter_.stride
    if stride > LARGEST_STRIDE:
        stride = 0
    return adaptive._replace(stride=stride, filter=filter_)


def with_model(
    adaptive: Coding,
    lanes_log2: int,
    architecture: AnyArchitecture | ArchitecturePair,
    beside: Predictor | None = None,
) -> Coding:
    """The way that mixes the model in, or both, for a block without a filter.

    Args:
        adaptive: the way without.
        lanes_log2: log2 of the lanes.
        architecture: of the model, or of both.
        beside: the predictor that mixes then; None for the same one.
    """
    kind = predicted_kind(architecture, mixing=True)
    predictor = beside or adaptive.predictor
    return adaptive._replace(kind=kind, lanes_log2=lanes_log2, predictor=predictor)


class Probed(NamedTuple):
    """What a model makes of a probe.

    Attributes:
        length: bytes of the probe.
        without: bytes of its payload by mixing alone.
        with_model: the same with the model.
    """

    length: int
    without: int
    with_model: int


def codings_worth_trying(
    adaptive: Coding, mixed: Coding, length: int, probed: Probed
) -> list[Coding]:
    """The ways in which a whole block should be coded, to keep the smaller result.

    Args:
        adaptive: the best way without the model.
        mixed: the same with the model.
        length: bytes of the block.
        probed: of a probe of it.
    """
    if mixed.kind.has_tokens_model:
        is_better = probed.with_model < DECODER_USED_BELOW * probed.without
        return [mixed, adaptive] if is_better else [adaptive]
    if not _gains(LEAST_GAIN[mixed.predictor], length, probed):
        return [adaptive]
    if not _gains(GAIN_OF_LANES, min(length, LANES_JUDGED_AT), probed):
        mixed = mixed._replace(lanes_log2=0)
    return [mixed]


def _gains(thousandths: int, length: int, probed: Probed) -> bool:
    """Whether a model makes a block so much smaller, as far as its probe can tell.

    Mixing alone catches up: the gain of a model falls with about the cube root of the length
    (docs/blocks.md has the measurements). In integers, so that every machine chooses alike.
    """
    gain = max(probed.without - probed.with_model, 0)
    least = thousandths * probed.without
    return (1000 * gain) ** 3 * probed.length > least**3 * length


def _cut(length: int, shortest: int, most_log2: int) -> int:
    return min(max(1, length // shortest).bit_length() - 1, most_log2)

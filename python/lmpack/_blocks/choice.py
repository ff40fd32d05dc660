"""Which ways of coding suit a block: decided by what they make of a probe (docs/blocks.md)."""

from __future__ import annotations

import dataclasses

from lmpack._blocks.coding import BYTES_PER_SAMPLE, Coding, predicted_kind
from lmpack._container import BlockKind
from lmpack._executors.mixing import Predictor
from lmpack._executors.protocol import AnyArchitecture, ArchitecturePair
from lmpack._models.decoder.shape import DecoderShape
from lmpack._native import likely_stride

TRIED_CHANNELS = (1, 2)

SHORTEST_LANE = 4096
"""Bytes below which a block is not cut into more lanes (docs/blocks.md has the measurements)."""

MOST_LANES_LOG2 = 4

SHORTEST_MIXED_LANE = 32768
"""Mixing learns better from few long lanes."""

SHORTEST_TOKENS_LANE = 8192
"""A decoder reads all of its weights at each step, so one lane alone is slow; and it knows enough
to begin well (docs/blocks.md)."""

PROBE_PIECES = 2
SHORTEST_PIECE = 4096
LONGEST_PIECE = 65536
"""The probe of a long block is this many pieces of it, of between this many bytes each."""

ALIGNMENT = 16
"""Pieces start at multiples of this many bytes, so that samples stay whole in them."""

SHORTEST_TOKENS_PROBE = 4096
LONGEST_TOKENS_PROBE = 16384
"""A decoder takes thousands of times the time of mixing alone, so its probe is short; it knows
its language already, and a thousand tokens show what it is worth."""

MODEL_DROPPED_ABOVE = 0.99
"""The model makes the probe so little smaller than mixing alone that it is not used: it takes most
of the time."""

MODEL_CHOSEN_BELOW = 0.8
"""The model makes the probe so much smaller that it is used. In between, the whole block is coded
both ways and the smaller result is kept, because mixing alone catches up in a long block."""


def lanes_log2(length: int, architecture: AnyArchitecture | ArchitecturePair | None = None) -> int:
    """Log2 of the number of lanes for a block of `length` bytes without mixing.

    More lanes are faster, but each starts without context, so short blocks get few.
    """
    is_decoder = isinstance(architecture, DecoderShape)
    return _cut(length, SHORTEST_TOKENS_LANE if is_decoder else SHORTEST_LANE, MOST_LANES_LOG2)


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
    if isinstance(architecture, DecoderShape):
        shortest = SHORTEST_TOKENS_LANE if most > 1 else 2 * SHORTEST_TOKENS_LANE
        return _cut(length, shortest, MOST_LANES_LOG2)
    return _cut(length, SHORTEST_MIXED_LANE, most.bit_length() - 1)


def probe_of(plain: bytes) -> bytes:
    """Pieces of a block, together about an eighth; all of it if it is short."""
    return _pieces_of(
        plain, len(plain) // 8, PROBE_PIECES * SHORTEST_PIECE, PROBE_PIECES * LONGEST_PIECE
    )


def tokens_probe_of(plain: bytes) -> bytes:
    """The same for a decoder, about a sixteenth."""
    if len(plain) <= LONGEST_TOKENS_PROBE:
        return plain
    return _pieces_of(plain, len(plain) // 16, SHORTEST_TOKENS_PROBE, LONGEST_TOKENS_PROBE)


def _pieces_of(plain: bytes, size: int, least: int, most: int) -> bytes:
    """Pieces of a block, of about `size` bytes together, within the two bounds."""
    piece = min(max(size, least), most) // PROBE_PIECES
    if len(plain) <= PROBE_PIECES * piece:
        return plain
    # Not from the ends, which are often different from the rest.
    room = len(plain) - piece
    starts = (
        room * (number + 1) // (PROBE_PIECES + 1) // ALIGNMENT * ALIGNMENT
        for number in range(PROBE_PIECES)
    )
    return b"".join(plain[start : start + piece] for start in starts)


def codings_without_model(plain: bytes, predictor: Predictor) -> list[Coding]:
    """The ways to code a block by mixing alone, with this predictor, the plainest first."""
    plainest = Coding(BlockKind.ADAPTIVE, 0, predictor=predictor)
    codings = [plainest]
    if stride := likely_stride(plain):
        codings.append(dataclasses.replace(plainest, stride=stride))
        strides = [BYTES_PER_SAMPLE * channels for channels in TRIED_CHANNELS]
        if stride in strides:
            codings += [
                dataclasses.replace(plainest, stride=tried, samples=True) for tried in strides
            ]
    return codings


def with_model(
    adaptive: Coding, lanes_log2: int, architecture: AnyArchitecture | ArchitecturePair
) -> Coding:
    """The way that mixes the model in, or both, for a block without samples."""
    kind = predicted_kind(architecture, mixing=True)
    return dataclasses.replace(adaptive, kind=kind, lanes_log2=lanes_log2)


def codings_worth_trying(adaptive: Coding, mixed: Coding, share: float) -> list[Coding]:
    """The ways in which a whole block should be coded, to keep the smaller result.

    Args:
        adaptive: the best way without the model.
        mixed: the same with the model.
        share: size of the probe coded with the model, by its size without.
    """
    if share > MODEL_DROPPED_ABOVE:
        return [adaptive]
    # Beside a decoder, mixing alone takes no time that matters.
    if share < MODEL_CHOSEN_BELOW and not mixed.kind.has_tokens_model:
        return [mixed]
    return [mixed, adaptive]


def _cut(length: int, shortest: int, most_log2: int) -> int:
    return min(max(1, length // shortest).bit_length() - 1, most_log2)

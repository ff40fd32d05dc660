"""How much memory a block needs while it is coded (docs/format.md, section 2.6, has the table).

All of it is allocated at the start, whatever the stream holds, so it is known from a block's head
and the first byte of its payload. The numbers are those of the native engine, beside the model
itself, which is loaded once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lmpack._blocks.coding import predicted_kind
from lmpack._blocks.payload_head import predictor_of
from lmpack._container import Block, BlockKind
from lmpack._executors.mixing import Predictor
from lmpack._executors.protocol import AnyArchitecture, ArchitecturePair, is_decoder
from lmpack._models.architecture import Architecture
from lmpack._native import MOST_KEPT_KINDS, MOST_LEARNED

BYTES_PER_LINE = 64
"""A line of the mixing's table of bit histories (docs/mixing.md)."""

BYTES_PER_PLACE = 4
"""An entry of a table of matches."""


class PredictorSize(NamedTuple):
    """What a predictor takes.

    Attributes:
        table_digits: log2 of the lines of its table, less that of the bytes of the block.
        largest_table: the largest log2 of its lines.
        matches: tables of matches.
        constant: bytes of weights and maps, which no length changes.
        lane: bytes of the contexts of a lane, most of them where it has seen each byte last.
    """

    table_digits: int
    largest_table: int
    matches: int
    constant: int
    lane: int


PREDICTOR_SIZES: Mapping[Predictor, PredictorSize] = {
    Predictor.LIGHT: PredictorSize(-1, 20, 1, 2_050_000, 5_900),
    Predictor.FULL: PredictorSize(0, 20, 2, 3_050_000, 5_900),
    Predictor.STRONG: PredictorSize(1, 22, 3, 21_300_000, 10_800),
}

END_MIXER_SIZE = 300_000
"""The same of the mixing of ends of tokens."""

END_HISTORIES = 7
"""Bytes of its tables for each entry."""

ROWS_OF_A_PASS = 64
"""Symbols that a thread takes through the layers of the model at the same time."""

LONGEST_PIECE = 32_768
"""Steps of a lane that a thread predicts ahead of the coder, and that another one starts behind."""

CELLS_AHEAD = 2_048
"""Symbols that wait for the coder where each thread has lanes of its own."""

STEPS_OF_A_CHUNK = 256
"""Steps that are coded as one; two such chunks of all lanes may always be in work."""

ENTRY_SIZE = 16
"""What a symbol that waits for the coder takes for each model."""

SLOTS_TOGETHER = 16
"""Positions of a window are allocated in such groups."""


def memory_to_decode(
    block: Block,
    architecture: AnyArchitecture | ArchitecturePair | None,
    threads: int,
    *,
    has_prefix: bool = False,
) -> int:
    """Bytes that decoding a block needs at most at one time, its content and payload included.

    Args:
        block: from a container, or one of which only the payload's first byte and length are true.
        architecture: of the model or of both; None for a block that needs none.
        threads: that run the model.
        has_prefix: whether the container names a prefix.
    """
    length, payload = block.plain_length, len(block.payload)
    if block.kind is BlockKind.RAW:
        return length
    # With copies, what is mixed is shorter than the block, and may have more lanes.
    lanes = 1 << block.lanes_log2 if block.kind.is_mixed else block.lanes
    predictor = predictor_of(block.payload) if block.kind.is_mixed else None
    behind = has_prefix and block.kind.takes_prefix
    mixed = max(length, MOST_LEARNED) if behind else length
    working = _working_memory(block.kind, predictor, lanes, mixed, architecture, threads)
    if behind and predictor is not None:
        # What blocks of another way have learned may be kept, too.
        working += MOST_KEPT_KINDS * _prefix_memory(predictor)
    # The content is copied once the tables are gone. The payload exists as it was read, without its
    # head, and as the coder's own.
    return max(working + length, 2 * length) + 3 * payload


def memory_to_encode(
    length: int,
    lanes: int,
    *,
    predictor: Predictor | None,
    architecture: AnyArchitecture | ArchitecturePair | None,
    threads: int,
    has_prefix: bool = False,
) -> int:
    """Bytes that encoding a block needs at most at one time, its content and payload included.

    Args:
        length: bytes of content.
        lanes: into how many it is cut.
        predictor: what mixes; None without mixing.
        architecture: of the model or of both; None if there is none.
        threads: that run the model.
        has_prefix: whether a prefix stands before the block.
    """
    mixing = predictor is not None
    adaptive = mixing and architecture is None
    kind = BlockKind.ADAPTIVE if adaptive else predicted_kind(architecture, mixing)
    tokens = 0
    if kind.has_tokens_model:
        from lmpack._blocks.decoder_memory import memory_of_tokens

        tokens = memory_of_tokens(length)
    # The payload may be as long as the content, and with mixing what is left without copies, too.
    contents = 3 if mixing else 2
    mixed = max(length, MOST_LEARNED) if has_prefix else length
    working = _working_memory(kind, predictor, lanes, mixed, architecture, threads)
    if has_prefix and predictor is not None:
        # Of the whole prefix, and of what a patch learns of it; with a model and without.
        kinds = 1 if architecture is None else MOST_KEPT_KINDS
        working += 2 * kinds * _prefix_memory(predictor)
    ahead = memory_ahead(lanes, length, architecture, threads)
    return working + ahead + tokens + contents * length


def memory_ahead(
    lanes: int,
    length: int,
    architecture: AnyArchitecture | ArchitecturePair | None,
    threads: int,
) -> int:
    """What threads that encode have ready for the coder at most, and their lanes in between.

    How much of it they take depends on how far the system lets them run ahead of the coder. Models
    of tokens do not run ahead.

    Args:
        lanes: into how many the block is cut.
        length: bytes of content.
        architecture: of the model or of both; None if there is none.
        threads: that run the model.
    """
    if architecture is None or is_decoder(architecture):
        return 0
    models = architecture if isinstance(architecture, tuple) else (architecture,)
    cells = max(2 * STEPS_OF_A_CHUNK * lanes, CELLS_AHEAD)
    started = 0
    if threads > 1 and lanes < 2 * threads:
        started = lanes * (-(-threads // lanes) + 1)
        cells = max(cells, started * LONGEST_PIECE)
    in_the_middle = started * sum(_lane_memory(model) for model in models)
    return min(cells, length + STEPS_OF_A_CHUNK * lanes) * ENTRY_SIZE * len(models) + in_the_middle


def _prefix_memory(predictor: Predictor) -> int:
    """What mixing has learned of a prefix, which is kept beside the block's own copy of it.

    The prefix itself and where its pieces are found come on top once, like a model.
    """
    return _mixing_memory(predictor, 1, MOST_LEARNED)


def _working_memory(
    kind: BlockKind,
    predictor: Predictor | None,
    lanes: int,
    length: int,
    architecture: AnyArchitecture | ArchitecturePair | None,
    threads: int,
) -> int:
    """Tables and states, beside content and payload."""
    memory = 0
    if predictor is not None:
        memory += _mixing_memory(predictor, lanes, length)
    if kind is BlockKind.MIXED_TOKENS:
        memory += END_MIXER_SIZE + (END_HISTORIES << min(max(length.bit_length(), 10), 18))
    if not kind.needs_model or architecture is None:
        return memory
    if isinstance(architecture, tuple):
        return memory + sum(_model_memory(each, lanes, threads) for each in architecture)
    if is_decoder(architecture):
        from lmpack._blocks import decoder_memory

        lane = decoder_memory.lane_memory(architecture, -(-length // lanes))
        return memory + lanes * lane + threads * decoder_memory.pass_memory(architecture)
    return memory + _model_memory(architecture, lanes, threads)


def _mixing_memory(predictor: Predictor, lanes: int, length: int) -> int:
    """Tables, weights and maps of a predictor, which all lanes share, and what a lane knows."""
    size = PREDICTOR_SIZES[predictor]
    digits = (length - 1).bit_length()
    lines = BYTES_PER_LINE << min(max(digits + size.table_digits, 8), size.largest_table)
    places = BYTES_PER_PLACE << min(max(digits, 8), 20)
    return lines + size.matches * places + size.constant + lanes * size.lane


def _model_memory(architecture: Architecture, lanes: int, threads: int) -> int:
    """What the native engine needs to run a model of bytes."""
    return lanes * _lane_memory(architecture) + threads * _pass_memory(architecture)


def _lane_memory(architecture: Architecture) -> int:
    """Keys, values and a compensation for each position that is seen, and the odds."""
    position = 2 * architecture.head_width + 4
    positions = sum(_ring_slots(window) for window in architecture.windows)
    return positions * position + 4 * architecture.vocabulary + 4 * architecture.history


def _pass_memory(architecture: Architecture) -> int:
    """What one thread needs to run the layers."""
    queries = architecture.heads * architecture.head_width
    row = (
        5 * architecture.width
        + 2 * queries
        + 2 * architecture.head_width
        + architecture.hidden
        + 8 * architecture.vocabulary
    )
    lists = 2 * ROWS_OF_A_PASS * (architecture.hidden // 4 + SLOTS_TOGETHER + 1)
    attention = 5 * SLOTS_TOGETHER * _ring_slots(max(architecture.windows))
    return ROWS_OF_A_PASS * row + lists + attention


def _ring_slots(window: int) -> int:
    """A window and room for the positions that attend together, in whole panels."""
    return -(-(window + SLOTS_TOGETHER - 1) // SLOTS_TOGETHER) * SLOTS_TOGETHER

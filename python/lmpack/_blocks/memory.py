"""How much memory a block needs while it is coded (docs/format.md, section 2.6, has the table).

All of it is allocated at the start, whatever the payload holds, so it is known from a block's head.
The numbers are those of the native engine, beside the model itself, which is loaded once.
"""

from __future__ import annotations

from lmpack._blocks import decoder_memory
from lmpack._blocks.coding import predicted_kind
from lmpack._container import Block, BlockKind
from lmpack._executors.protocol import AnyArchitecture, ArchitecturePair
from lmpack._models.architecture import Architecture
from lmpack._models.decoder.shape import DecoderShape

BYTES_PER_SLOT = 16
"""A slot of the mixing's table of contexts (docs/mixing.md, section 3)."""

BYTES_PER_PLACE = 4
"""An entry of its table of matches."""

MIXER_SIZE = 1_100_000
"""Its weights and maps, which no length changes."""

END_MIXER_SIZE = 300_000
"""The same of the mixing of ends of tokens."""

END_HISTORIES = 7
"""Bytes of its tables for each entry."""

MIXED_LANE_SIZE = 152
"""What the contexts of a lane take."""

ROWS_OF_A_PASS = 64
"""Symbols that a thread takes through the layers of the model at the same time."""

SLOTS_TOGETHER = 16
"""Positions of a window are allocated in such groups."""


def memory_to_decode(
    block: Block, architecture: AnyArchitecture | ArchitecturePair | None, threads: int
) -> int:
    """Bytes that decoding a block needs at most at one time, its content and payload included.

    Args:
        block: from a container, or one of which only the payload's length is true.
        architecture: of the model or of both; None for a block that needs none.
        threads: that run the model.
    """
    length, payload = block.plain_length, len(block.payload)
    if block.kind is BlockKind.RAW:
        return length
    # With copies, what is mixed is shorter than the block, and may have more lanes.
    lanes = 1 << block.lanes_log2 if block.kind.is_mixed else block.lanes
    working = _working_memory(block.kind, lanes, length, architecture, threads)
    # The content is copied once the tables are gone. The payload exists as it was read, without its
    # head, and as the coder's own.
    return max(working + length, 2 * length) + 3 * payload


def memory_to_encode(
    length: int,
    lanes: int,
    *,
    mixing: bool,
    architecture: AnyArchitecture | ArchitecturePair | None,
    threads: int,
) -> int:
    """Bytes that encoding a block needs at most at one time, its content and payload included.

    Args:
        length: bytes of content.
        lanes: into how many it is cut.
        mixing: whether the statistics of the data take part.
        architecture: of the model or of both; None if there is none.
        threads: that run the model.
    """
    adaptive = mixing and architecture is None
    kind = BlockKind.ADAPTIVE if adaptive else predicted_kind(architecture, mixing)
    tokens = decoder_memory.memory_of_tokens(length) if kind.has_tokens_model else 0
    # The payload may be as long as the content, and with mixing what is left without copies, too.
    contents = 3 if mixing else 2
    return _working_memory(kind, lanes, length, architecture, threads) + tokens + contents * length


def _working_memory(
    kind: BlockKind,
    lanes: int,
    length: int,
    architecture: AnyArchitecture | ArchitecturePair | None,
    threads: int,
) -> int:
    """Tables and states, beside content and payload."""
    memory = 0
    if kind.is_mixed:
        digits = length.bit_length()
        slots = BYTES_PER_SLOT << min(max(digits + 1, 12), 22)
        places = BYTES_PER_PLACE << min(max(digits, 8), 20)
        memory += slots + places + MIXER_SIZE + lanes * MIXED_LANE_SIZE
    if kind is BlockKind.MIXED_TOKENS:
        memory += END_MIXER_SIZE + (END_HISTORIES << min(max(digits, 10), 18))
    if not kind.needs_model or architecture is None:
        return memory
    if isinstance(architecture, tuple):
        return memory + sum(_model_memory(each, lanes, threads) for each in architecture)
    if isinstance(architecture, DecoderShape):
        lane = decoder_memory.lane_memory(architecture, -(-length // lanes))
        return memory + lanes * lane + threads * decoder_memory.pass_memory(architecture)
    return memory + _model_memory(architecture, lanes, threads)


def _model_memory(architecture: Architecture, lanes: int, threads: int) -> int:
    """What the native engine needs to run a model of bytes."""
    return lanes * _lane_memory(architecture) + threads * _pass_memory(architecture)


def _lane_memory(architecture: Architecture) -> int:
    """Keys, values and a compensation for each position that is seen, and the odds."""
    position = 2 * architecture.head_width + 4
    positions = sum(_grouped(window) for window in architecture.windows)
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
    return ROWS_OF_A_PASS * row + 5 * architecture.heads * _grouped(max(architecture.windows))


def _grouped(window: int) -> int:
    return -(-window // SLOTS_TOGETHER) * SLOTS_TOGETHER

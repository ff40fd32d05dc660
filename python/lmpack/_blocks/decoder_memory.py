"""What a pretrained decoder needs for the lanes of a block and for the threads that run it.

As in :mod:`lmpack._blocks.memory` the numbers are those of the native engine.
"""

from __future__ import annotations

from lmpack._models.decoder.shape import DecoderShape, padded

ROWS_OF_A_PASS = 64
"""Symbols that a thread takes through the layers at the same time, at most."""

LOGITS_OF_A_PASS = 1 << 24
"""Logits that it keeps at the same time, at most, unless one symbol has more."""

FIRST_SLOTS = 64
"""Positions that a layer has room for at once; while it sees more, their number is doubled."""

SUM_SIZE = 8
"""Bytes of a sum of weights, of which there is one for each token."""


SEGMENTER_SIZE = 165
"""Bytes that cutting a byte into tokens takes, measured with GPT-2's tokenizer."""

TOKEN_SIZE = 12
"""Bytes of a token until it is coded; there are at most as many as there are bytes."""


def memory_of_tokens(length: int) -> int:
    """What an encoder needs to cut so many bytes into tokens, and for the tokens."""
    from lmpack._executors.token_stepping import SEGMENTED  # needs numpy

    return SEGMENTER_SIZE * min(length, SEGMENTED) + TOKEN_SIZE * length


def lane_memory(shape: DecoderShape, length: int) -> int:
    """Keys, values and their scales for each position in sight, and the sums of the weights.

    Args:
        shape: of the model.
        length: bytes in the lane, which has no more tokens than that.
    """
    slot = shape.kv_heads * (2 * shape.head_width + 12)
    room = max(FIRST_SLOTS, 1 << (min(length, shape.context) - 1).bit_length())
    slots = sum(padded(min(window, room)) for window in shape.windows)
    return slots * slot + SUM_SIZE * (shape.vocabulary + 1)


def pass_memory(shape: DecoderShape) -> int:
    """What one thread needs to run the layers, and for the weights of a symbol and their sums."""
    up = 2 * shape.hidden if shape.gated else shape.hidden
    heads = shape.heads + 2 * shape.kv_heads
    row = (
        4 * shape.width
        + 4 * max(shape.width, shape.queries)
        + max(shape.width, shape.queries, shape.hidden)
        + 4 * max(shape.width, shape.qkv, up)
        + shape.qkv
        + 4 * heads
        + 2 * padded(shape.vocabulary + 1)
    )
    rows = max(1, min(ROWS_OF_A_PASS, LOGITS_OF_A_PASS // (shape.vocabulary + 1)))
    scratch = 4 * up + 11 * shape.heads * padded(max(shape.windows))
    return rows * row + scratch + (4 + SUM_SIZE) * (shape.vocabulary + 1)

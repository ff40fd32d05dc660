"""How a block is mixed."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Predictor(enum.IntEnum):
    """What learns from the block, by its number in a payload (docs/mixing.md, section 5)."""

    LIGHT = 1
    FULL = 2
    STRONG = 3


class Mixing(NamedTuple):
    """What encoder and decoder have to agree upon.

    Attributes:
        stride: the distance at which bytes resemble one another, 1 to 65535; 0 if it is not known.
        predictor: the more it does, the slower it is.
    """

    stride: int = 0
    predictor: Predictor = Predictor.LIGHT


class GivenBytes(NamedTuple):
    """Bytes of a block that its reader has before: they are mixed like all others, but not coded.

    Attributes:
        plain: the block, or as many bytes; what is not given may have any value.
        is_given: for each of its bytes 1 if it is given, 0 if it is coded.
    """

    plain: bytes
    is_given: bytes

"""How fine the steps of the residual stream are."""

from __future__ import annotations

import math

from lmpack.errors import BundleError

LARGEST = 2.0**22
"""Of the stream in steps, on the texts that were seen: half of what it may be on others."""

ENOUGH = 1024
"""Steps of a token whose embedding is small: 64 do no harm that could be measured."""

LEAST_BITS, MOST_BITS = -16, 24


def residual_bits(smallest: float, largest: float) -> int:
    """Steps of a unit of the stream, as a power of two.

    Args:
        smallest: size (root mean square) of embedded tokens that are small.
        largest: value of the stream.

    Raises:
        BundleError: the values cannot be those of a model.
    """
    if not (0 < largest < math.inf):
        raise BundleError("the model gives no finite numbers on the sample: it is damaged")
    room = math.ceil(math.log2(LARGEST / largest)) - 1
    wanted = math.ceil(math.log2(ENOUGH / smallest)) if smallest > 0 else MOST_BITS
    return max(LEAST_BITS, min(room, wanted, MOST_BITS))

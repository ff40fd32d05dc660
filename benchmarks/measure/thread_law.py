"""How long a file takes on more cores, computed from what one thread takes (docs/engine.md)."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class MeasuredCosts:
    """What was measured with one thread.

    Attributes:
        length: bytes of the file.
        block: bytes of a block.
        lanes: of a block.
        start: CPU seconds of the command for next to nothing.
        serial: CPU seconds a byte of what only one thread does for a block.
        whole: CPU seconds of the command for the file.
        largest_model: its share of the products of all models.
        warm_up: what a piece that begins in the middle of a lane takes in addition, as a share.
        alone: time of the models for a byte of one lane by itself, over that for one of all lanes
            together: from 1, where rows of a pass share nothing, to the number of lanes, where a
            row more costs nothing.
    """

    length: int
    block: int
    lanes: int
    start: float
    serial: float
    whole: float
    largest_model: float
    warm_up: float
    alone: float


def seconds_on(threads: int, costs: MeasuredCosts, direction: str) -> float:
    """Wall seconds of the command on as many cores, computed: those that it takes at least.

    No block is faster than its serial part, and no file faster than all its work shared evenly.
    A byte of a lane is decoded after it was predicted, in a pass of its lane alone, and that after
    the byte before it; the bytes of all lanes are mixed one after another. Models run side by side.
    """
    blocks = -(-costs.length // costs.block)
    length = min(costs.length, costs.block)
    forward = max(0.0, costs.whole - costs.start - costs.serial * costs.length) / costs.length
    if direction == "compress":
        cut = threads > blocks * costs.lanes
        forward *= 1 + costs.warm_up * cut
        chain = costs.serial
    else:
        step = forward * costs.alone * costs.largest_model
        chain = max((step + costs.serial) / costs.lanes, costs.serial)
    shared = (forward + costs.serial) * costs.length / threads
    return costs.start + max(shared, chain * length)

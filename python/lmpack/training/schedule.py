"""Learning rates over a run: a linear rise, a plateau, and a linear fall to 0.

As in S. Hu et al., "MiniCPM" (arXiv 2404.06395, "warmup, stable, decay"): on the plateau nothing
depends on where the run ends, so that a longer run goes on from a shorter one, and a fall may be
branched off at any time. A. Hägele et al. (arXiv 2405.18392) find falls of 10 to 20 % of a run as
good as a schedule made for its length.
"""

from __future__ import annotations

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Fall:
    """The steps [start, end) of a run, in which the rates fall to 0."""

    start: int
    end: int


def fall_to(end: int, share: float) -> Fall:
    """The fall of a run of `end` steps, of which it is a share."""
    return Fall(round(end * (1 - share)), end)


def fall_from(start: int, share: float) -> Fall:
    """The fall that begins at step `start` and is a share of the whole run; at least one step."""
    return Fall(start, max(start + 1, round(start / (1 - share))))


def steps_until_fall(start: int, share: float) -> int:
    """Steps of a run whose fall begins at step `start`, or as soon after it as can be."""
    end = math.ceil(start / (1 - share))
    while fall_to(end, share).start < start:  # it is rounded
        end += 1
    return end


def fall_within(start: int, seconds: float, steps_per_second: float) -> Fall:
    """The fall that begins at step `start` and fills some seconds; at least one step.

    The clock is asked once: from here on the fall is a number of steps, so that a run that is
    interrupted in its fall ends with the same weights as one that is not.
    """
    return Fall(start, start + max(1, round(seconds * steps_per_second)))


def rate(step: int, warmup: int, fall: Fall | None) -> float:
    """Factor of the peak rates in a step, counted from 0: above 0 and at most 1.

    Args:
        step: below the end of the fall.
        warmup: steps of the rise.
        fall: None as long as its start is not known.
    """
    rise = min(1.0, (step + 1) / max(1, warmup))
    if fall is None or step < fall.start:
        return rise
    return rise * (fall.end - step) / (fall.end - fall.start)

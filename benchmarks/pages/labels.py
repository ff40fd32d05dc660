"""Where the labels of points stand in a picture, so that each is seen to belong to its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

DISTANCES = (7, 9, 12, 16, 20, 26, 32, 40)
"""Between a point and the box of its label, in pixels, the best first."""
DIRECTIONS = 24
POINT = 6
"""Half the width of what is drawn for a point, in pixels."""


class Point(NamedTuple):
    """A place, in pixels; y goes up."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle, in pixels: its left lower corner and its size."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        """Whether they have an area in common."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        up = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return across > 0 and up > 0

    def holds(self, other: Box) -> bool:
        """Whether the other one is inside of it."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )

    def distance(self, point: Point) -> float:
        """From its nearest edge to a point; 0 if that is inside."""
        across = max(self.x - point.x, 0, point.x - self.x - self.width)
        up = max(self.y - point.y, 0, point.y - self.y - self.height)
        return math.hypot(across, up)


def places(
    points: Sequence[Point], sizes: Sequence[tuple[float, float]], inside: Box
) -> list[Box | None]:
    """A box for the label of each point; None where there is no room for one.

    No box lies on a point or on another box, and of all points the nearest to a box is its own.
    Labels with the least choice are placed first.

    Args:
        points: what the labels belong to.
        sizes: widths and heights of the labels.
        inside: what no box may leave.
    """
    dots = [Box(x - POINT, y - POINT, 2 * POINT, 2 * POINT) for x, y in points]
    choices: list[list[Box]] = []
    for point, size in zip(points, sizes, strict=True):
        others = [other for other in points if other != point]
        fitting = [
            box
            for box in _around(point, size)
            if inside.holds(box)
            and not any(box.overlaps(dot) for dot in dots)
            and all(box.distance(point) < box.distance(other) for other in others)
        ]
        choices.append(fitting)
    found: list[Box | None] = [None] * len(points)
    taken: list[Box] = []
    for index in sorted(range(len(points)), key=lambda index: len(choices[index])):
        free = (box for box in choices[index] if not any(box.overlaps(other) for other in taken))
        found[index] = box = next(free, None)
        if box is not None:
            taken.append(box)
    return found


def _around(point: Point, size: tuple[float, float]) -> Iterator[Box]:
    """Boxes of a size about a point, nearest ones first, beginning at the right above it."""
    width, height = size
    for distance in DISTANCES:
        for turn in range(DIRECTIONS):
            angle = math.pi / 4 + 2 * math.pi * turn / DIRECTIONS
            across, up = math.cos(angle), math.sin(angle)
            # From the anchor the box goes away from the point: by half of it where it is level.
            x = point.x + distance * across - width * (1 - across) / 2
            y = point.y + distance * up - height * (1 - up) / 2
            yield Box(x, y, width, height)

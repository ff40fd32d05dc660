"""What became of the cases of an attack."""

from __future__ import annotations

import collections
import dataclasses
from pathlib import Path
from typing import Any

MOST_EXAMPLES = 10
EXAMPLE_LENGTH = 400


@dataclasses.dataclass(frozen=True)
class Setting:
    """What an attack gets.

    Attributes:
        folder: an empty folder of its own.
        seconds: after which it begins no further case.
        model: bundle folder of a small random model.
    """

    folder: Path
    seconds: float
    model: Path


@dataclasses.dataclass
class Tally:
    """Counts of an attack.

    Attributes:
        held: cases that ended as they should with the right content, or with nothing lost.
        detected: cases that ended in an `LmpackError`, by the error's name.
        failed: all other cases.
        examples: of failures, the first ones.
        facts: numbers beside the counts, such as the peak of memory, by name with unit.
        is_complete: whether all cases that were planned were tried.
        left_out: why the attack could not be made here; None if it was.
    """

    held: int = 0
    detected: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    failed: int = 0
    examples: list[str] = dataclasses.field(default_factory=list)
    facts: dict[str, float] = dataclasses.field(default_factory=dict)
    is_complete: bool = True
    left_out: str | None = None

    @property
    def cases(self) -> int:
        """All of them."""
        return self.held + self.detected.total() + self.failed

    def fail(self, example: str) -> None:
        """Count a failure."""
        self.failed += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(example[:EXAMPLE_LENGTH])

    def judge(self, name: str, faults: list[str]) -> None:
        """Count a case by what was found wrong with it."""
        if faults:
            self.fail(f"{name}: {'; '.join(faults)}")
        else:
            self.held += 1

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {"cases": self.cases, **vars(self), "detected": dict(self.detected)}

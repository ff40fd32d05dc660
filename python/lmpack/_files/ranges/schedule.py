"""In which order files, and ranges of huge ones, are given to workers."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from lmpack._files.batch_file import FileResult
from lmpack._files.planned import Planned
from lmpack._files.ranges.division import Division


class Task(NamedTuple):
    """What a worker does in one call.

    Attributes:
        method: of the worker: `convert` does whole files; the others do what is to be done of one
            file in ranges, as :class:`RangeCompression` has it.
        arguments: of the method.
        items: the files that are lost if it fails.
    """

    method: Literal["convert", "look", "convert_range", "finish"]
    arguments: tuple[Any, ...]
    items: tuple[Planned, ...]


class _Divided:
    """A file of which ranges are done."""

    def __init__(self, division: Division) -> None:
        self.division = division
        self.missing = division.ranges
        self.started = time.monotonic()


class Schedule:
    """The tasks of a batch. Ranges come before whole files, which fill up the time at the end.

    Args:
        divided: files that may be done in ranges.
        groups: files that are done as a whole, those together that go to a worker together.
    """

    def __init__(self, divided: Iterable[Planned], groups: Iterable[list[Planned]]) -> None:
        self._first = deque(Task("look", (item,), (item,)) for item in divided)
        self._ranges: deque[Task] = deque()
        self._whole = deque(_whole(group) for group in groups)
        self._under_way = 0
        self._divided: dict[str, _Divided] = {}

    @property
    def is_over(self) -> bool:
        """Whether all results have been given."""
        return not (self._first or self._ranges or self._whole or self._under_way)

    def next(self) -> Task | None:
        """What is to be done next; None if nothing is as long as nothing else is done."""
        for tasks in (self._first, self._ranges, self._whole):
            if tasks:
                self._under_way += 1
                return tasks.popleft()
        return None

    def take(self, task: Task, answer: Any) -> list[FileResult]:
        """The results of files that are done with what a task gave."""
        self._under_way -= 1
        if task.method == "convert":
            done: list[FileResult] = answer
            return done
        (item,) = task.items
        if task.method == "look":
            return self._looked(item, answer)
        if item.source not in self._divided:  # an earlier range could not be done
            return []
        if answer is not None:
            return [self._end(item, answer)]
        divided = self._divided[item.source]
        divided.missing -= 1
        if divided.missing == 0:
            self._first.append(Task("finish", (item, divided.division), (item,)))
        return []

    def lose(self, task: Task, error: OSError) -> list[FileResult]:
        """The results of files whose task cannot be done."""
        lost = [FileResult(item.source, item.output, error=error) for item in task.items]
        return self.take(task, lost if task.method == "convert" else lost[0])

    def _looked(self, item: Planned, answer: Division | FileResult | None) -> list[FileResult]:
        if isinstance(answer, FileResult):
            return [answer]
        if answer is None:
            self._whole.append(_whole([item]))
            return []
        self._divided[item.source] = _Divided(answer)
        self._ranges.extend(
            Task("convert_range", (item, answer, number), (item,))
            for number in range(answer.ranges)
        )
        return []

    def _end(self, item: Planned, result: FileResult) -> FileResult:
        divided = self._divided.pop(item.source)
        self._ranges = deque(task for task in self._ranges if task.items != (item,))
        if result.sizes is None:
            return result
        return dataclasses.replace(result, seconds=time.monotonic() - divided.started)


def _whole(group: list[Planned]) -> Task:
    return Task("convert", (group,), tuple(group))

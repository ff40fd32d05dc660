"""The log of a training run: one JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lmpack._files.beside import written_beside

LOG = "log.jsonl"

Line = dict[str, Any]


class TrainingLog:
    """Lines in a file that is always whole.

    Attributes:
        lines: all of them, in order of their steps.

    Args:
        path: of the file, which may be there. What follows `step` in it is left out: it was written
            after the checkpoint from which the run goes on. So is a line that was cut off.
        step: of the checkpoint.
    """

    def __init__(self, path: Path, step: int) -> None:
        self._path = path
        self.lines: list[Line] = []
        if path.exists():
            parsed = map(_parsed, path.read_text(errors="replace").splitlines())
            self.lines = [line for line in parsed if line is not None and line["step"] <= step]

    def append(self, line: Line) -> None:
        """Add a line, and write the whole file again."""
        self.lines.append(line)
        with written_beside(self._path) as temporary:
            temporary.write_text("".join(json.dumps(line) + "\n" for line in self.lines))


def _parsed(text: str) -> Line | None:
    """A line; None if it is no whole one."""
    try:
        line = json.loads(text)
    except ValueError:
        return None
    fields = {"step", "symbols", "train", "seconds", "valid", "hidden"}
    return line if isinstance(line, dict) and fields <= line.keys() else None

"""Draws all pictures of the documents that show results.

    scripts/docs --pictures

Curves of training are not among them: `lmpack train` draws them.
"""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.pages import bars, generated, plane, terminal
from benchmarks.pages.reproduction import EXPERIMENTS
from benchmarks.places import PICTURES
from benchmarks.record import read_result
from lmpack.evaluation import context, scaling
from lmpack.evaluation.results import Row, read_rows


def _result(name: str) -> dict[str, Any]:
    result = read_result(name)
    if result is None:
        sys.exit(f"there is no result of that name: run scripts/bench {name}")
    return result


def _rows(name: str, *data_sets: str) -> list[Row]:
    """The rows of an experiment about the data sets that a document shows."""
    return [row for row in read_rows(EXPERIMENTS[name][1]) if row["data_set"] in data_sets]


def main() -> int:
    PICTURES.mkdir(exist_ok=True)
    plane.draw(PICTURES / "plane.png", _result("rivals")["rows"])
    bars.draw(PICTURES / "kinds.png", _result("kinds"))
    terminal.draw(PICTURES / "terminal.svg", _result("terminal"))
    drawn = _result("generation")
    generated.draw_images(PICTURES / "generated_image.png", drawn["image"])
    generated.draw_recordings(PICTURES / "generated_audio.png", drawn["audio"])
    scaling.draw_pictures(PICTURES, _rows("scaling", "enwik8"))
    context.draw_pictures(PICTURES, _rows("context", "enwik8", "imagenet", "librispeech"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes a small random model, whose cases take about a millisecond.

    python -m benchmarks.reliability.small_model FOLDER

A program of its own: it needs torch, with which forked children could not be given a small memory.
"""

from __future__ import annotations

import sys
from pathlib import Path

from random_models import ARCHITECTURES, random_bundle

if __name__ == "__main__":
    random_bundle(Path(sys.argv[1]), ARCHITECTURES["plain"])

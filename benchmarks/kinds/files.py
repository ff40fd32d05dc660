"""The list of files of every kind."""

from __future__ import annotations

from benchmarks.kinds.programs import PROGRAMS
from benchmarks.kinds.samples import SAMPLES
from benchmarks.kinds.sources import File
from benchmarks.kinds.tables import TABLES
from benchmarks.kinds.texts import TEXTS

FILES: tuple[File, ...] = (*TEXTS, *TABLES, *PROGRAMS, *SAMPLES)
"""All files, grouped by kind."""

"""Training data: sources, and sequences drawn from them."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from training_runs import NAME, trainer

from lmpack.errors import TrainingError
from lmpack.training.config import Source
from lmpack.training.data import read_source


def test_sources_plain_and_compressed_with_skipped_ranges(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(100)))
    (tmp_path / "b.xz").write_bytes(lzma.compress(bytes(range(100))))
    skip = ((0, 10), (50, 90))
    expected = [*range(10, 50), *range(90, 100)]
    for name in ("a.bin", "b.xz"):
        assert read_source(tmp_path, Source(name, skip=skip)).tolist() == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"", "empty"),
        (b"short", "shorter than one sequence"),
    ],
)
def test_unusable_data_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / NAME).write_bytes(content)
    with pytest.raises(TrainingError, match=message):
        trainer(tmp_path, tmp_path / "run")

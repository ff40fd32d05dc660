"""Files that are written anew are there whole, whatever ends the writing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lmpack._files.beside import written_beside


def test_the_new_file_takes_the_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with path.open() as opened, written_beside(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert opened.read() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interruption_leaves_the_old_one_alone(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(error), written_beside(path) as temporary:
        temporary.write_text("ne")
        raise error
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]

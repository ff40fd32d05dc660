"""The picture of a terminal, and what is counted of a wheel."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.measure import terminal as measured
from benchmarks.measure.wheel import contents
from benchmarks.pages.terminal import picture
from benchmarks.places import PICTURES
from benchmarks.record import read_result


def test_what_a_bar_was_written_over_is_not_shown() -> None:
    assert measured.shown("  5 %\r 50 %\rdone, 1 s\r\n\r\nlast  \r\n") == ["done, 1 s", "", "last"]


def test_a_command_runs_in_a_terminal(tmp_path: Path) -> None:
    command = "test -t 1 && test -t 2 && pwd"
    assert measured.run_in_a_terminal(command, tmp_path, {"PATH": "/usr/bin:/bin"}) == [
        str(tmp_path)
    ]
    with pytest.raises(RuntimeError, match="status 3:\nno"):
        measured.run_in_a_terminal("echo no; exit 3", tmp_path, {})


def test_a_picture_has_all_lines_as_text() -> None:
    lines = ["a < b & c", "", "  wide" * 20]
    drawn = picture({"columns": 10, "rows": [{"command": "lmpack <x>", "lines": lines}]})
    root = ElementTree.fromstring(drawn)
    found = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert found == ["$ lmpack <x>", lines[0], lines[2]]
    assert float(root.attrib["width"]) > 8 * len(lines[2])


def test_the_picture_is_that_of_the_result() -> None:
    result = read_result("terminal")
    assert result is not None
    assert (PICTURES / "terminal.svg").read_text(encoding="utf-8") == picture(result)


def test_parts_of_a_wheel(tmp_path: Path) -> None:
    path = tmp_path / "wheel.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("lmpack/_models/bundles/tiny/manifest.json", bytes(10))
        wheel.writestr("lmpack/_models/bundle.py", bytes(2))
        wheel.writestr("lmpack/_native.so", bytes(5))
        wheel.writestr("lmpack/py.typed", b"")
        wheel.writestr("lmpack.data/data/share/man/man1/lmpack.1", bytes(1))
    found = {row["part"]: (row["files"], row["bytes"]) for row in contents(path)}
    assert found == {
        "models": (1, 10),
        "Python": (2, 2),
        "compiled core": (1, 5),
        "manual, completions, licence": (1, 1),
    }

"""The list of the data, and the command that compares a folder with it."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
from pathlib import Path

import pytest

from benchmarks import data
from benchmarks.measure import data as command

ROOT = Path(__file__).parents[1]
FILES = json.loads(command.LIST.read_text())
CONTENT = b"Some notes.\n" * 9


def expected(content: bytes) -> dict[str, object]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "source": "here"}


def test_all_files_that_are_trained_and_measured_on_are_listed() -> None:
    recipes = sorted((ROOT / "python/lmpack/training/recipes").glob("*.json"))
    trained = {name for path in recipes for name in re.findall(r'"([^"]+\.xz)"', path.read_text())}
    assert trained | set(data.VALIDATION) <= FILES.keys()
    for entry in FILES.values():
        assert re.fullmatch("[0-9a-f]{64}", entry["sha256"])
        assert entry["bytes"] > 0 and entry["source"]


def test_a_file_is_right_missing_damaged_or_another_one(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.txt", tmp_path / "a.xz"
    right = expected(CONTENT)
    assert command.fault(plain, right) == "missing"
    plain.write_bytes(CONTENT)
    packed.write_bytes(lzma.compress(CONTENT))
    assert command.fault(plain, right) is None
    assert command.fault(packed, right) is None
    plain.write_bytes(CONTENT[:-1])
    assert command.fault(plain, right) == "107 bytes, not 108"
    plain.write_bytes(CONTENT[:-1] + b".")
    assert command.fault(plain, right) == "other content of the same length"
    packed.write_bytes(lzma.compress(CONTENT)[:-9])
    assert command.fault(packed, right) == "damaged"


def test_the_command_names_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "one").write_bytes(CONTENT)
    listed = {"text/one": expected(CONTENT), "text/two": expected(b"2"), "other": expected(b"3")}
    (tmp_path / "list.json").write_text(json.dumps(listed))
    monkeypatch.setattr(command, "LIST", tmp_path / "list.json")
    monkeypatch.setattr(data, "SHARED", tmp_path)
    monkeypatch.setattr("sys.argv", ["data", "text/"])
    assert command.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "text/two: missing. From: here",
        "1 of 2 files are as they should be",
    ]
    monkeypatch.setattr("sys.argv", ["data", "text/one"])
    assert command.main() == 0
    monkeypatch.setattr("sys.argv", ["data", "nothing"])
    with pytest.raises(SystemExit, match=r"list\.json has no nothing"):
        command.main()

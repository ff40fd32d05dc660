"""What is printed goes through a file that waits, if it goes to a descriptor of the system."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from lmpack.cli.waiting_file import WaitingFile, raw_file, wait_for_readers


def test_text_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(tmp_path / "printed", "w", encoding="ascii") as printed:
        monkeypatch.setattr("sys.stdout", printed)
        monkeypatch.setattr("sys.stderr", None)
        sys.stdout.write("one ")
        wait_for_readers()
        assert isinstance(raw_file(sys.stdout.buffer), WaitingFile)
        print("two\N{SNOWMAN}", flush=True)
        assert sys.stdout.fileno() == printed.fileno()
        assert not sys.stdout.isatty()
        assert sys.stderr is None
    assert (tmp_path / "printed").read_text() == "one two\\u2603\n"


def test_streams_of_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = io.TextIOWrapper(io.BytesIO())
    other = io.StringIO()
    monkeypatch.setattr("sys.stdout", ours)
    monkeypatch.setattr("sys.stderr", other)
    wait_for_readers()
    assert sys.stdout is ours
    assert sys.stderr is other


def test_writing_takes_all_bytes() -> None:
    class Dripping(io.RawIOBase):
        taken = b""

        def write(self, data: object) -> int:
            piece = bytes(memoryview(data)[:3])  # type: ignore[arg-type]
            self.taken += piece
            return len(piece)

    file = Dripping()
    assert WaitingFile(file).write(b"more than three") == 15
    assert file.taken == b"more than three"
    assert WaitingFile(file).write(b"") == 0


def test_closing_leaves_the_descriptor_open(tmp_path: Path) -> None:
    with open(tmp_path / "file", "wb", buffering=0) as file:
        WaitingFile(file).close()
        assert os.fstat(file.fileno())

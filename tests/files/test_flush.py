"""What was flushed can be read while the file is still open, and after its writer was killed."""

from __future__ import annotations

import io
import itertools
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from block_sizes import set_block_size
from click.testing import CliRunner

import lmpack
from lmpack.cli.main import main

BLOCK_SIZE = 200
LINES = [b"%d: what a program logs\n" % number for number in range(30)]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    set_block_size(monkeypatch, BLOCK_SIZE)


def readable(path: Path) -> bytes:
    """All that can be read of a file that has no end yet."""
    with lmpack.open(path) as file:
        found = list(itertools.takewhile(bool, iter(lambda: next_piece(file), b"")))
        with pytest.raises(lmpack.TruncatedError, match="or is still being written"):
            file.read()
    return b"".join(found)


def next_piece(file: lmpack.LmpackFile) -> bytes:
    try:
        return file.read1()
    except lmpack.TruncatedError:
        return b""


def test_another_reader_sees_what_was_flushed(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    with lmpack.open(path, "wb", 1, threads=2) as file:
        file.flush()
        assert path.read_bytes() == b""
        for number, line in enumerate(LINES, 1):
            file.write(line)
            if number % 7 == 0:
                file.flush()
                assert readable(path) == b"".join(LINES[:number])
                size = path.stat().st_size
                file.flush()
                assert path.stat().st_size == size
    assert lmpack.decompress(path.read_bytes()) == b"".join(LINES)
    with lmpack.open(path) as file:
        assert file.seekable()
        assert list(file) == LINES


def test_a_flush_at_the_end_costs_nothing() -> None:
    sink = io.BytesIO()
    with lmpack.open(sink, "wb", 1) as file:
        file.write(LINES[0])
        file.flush()
    assert sink.getvalue() == lmpack.compress(LINES[0], 1)


def test_lines_of_a_file_that_grows_come_before_the_error(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    found = []
    with lmpack.open(path, "wt", 1, encoding="utf-8", newline="\n") as log:
        for line in LINES[:12]:
            print(line.decode(), end="", file=log, flush=True)
        with lmpack.open(path, "rt", encoding="utf-8") as reader, pytest.raises(EOFError):
            found += list(iter(reader.readline, ""))
        with lmpack.open(path, "rt", encoding="utf-8") as reader, pytest.raises(EOFError):
            for text in reader:
                found.append(text)
    assert found == [line.decode() for line in LINES[:12]]


def test_the_module_logging_writes_to_it(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    with lmpack.open(path, "wt", 1, encoding="utf-8") as stream:
        handler = logging.StreamHandler(stream)
        for number in range(3):
            handler.emit(logging.makeLogRecord({"msg": f"event {number}"}))
        assert readable(path) == b"event 0\nevent 1\nevent 2\n"


def test_a_buffer_below_is_flushed_too(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    with path.open("wb") as base, lmpack.open(base, "wb", 1) as file:
        file.write(LINES[0])
        file.flush()
        assert readable(path) == LINES[0]

    class Bare:
        taken = b""

        def write(self, data: Any) -> None:
            self.taken += data

    bare = Bare()
    with lmpack.open(bare, "wb", 1) as file:
        file.write(LINES[0])
        file.flush()
        assert bare.taken
        with pytest.raises(io.UnsupportedOperation, match="no descriptor"):
            file.fileno()


def test_a_file_has_the_descriptor_of_the_compressed_file(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    for mode in ("wb", "rb"):
        with lmpack.open(path, mode, 1) as file:
            file.flush()
            assert os.fstat(file.fileno()).st_ino == path.stat().st_ino
        for call in (file.flush, file.fileno):
            with pytest.raises(ValueError, match="closed"):
                call()
    with lmpack.open(io.BytesIO(), "wb") as file, pytest.raises(io.UnsupportedOperation):
        file.fileno()


def test_a_failed_flush_leaves_no_file_to_go_on_with(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    file = lmpack.open(Full(), "wb", 1)
    file.write(LINES[0])
    with pytest.raises(OSError, match="No space left"):
        file.flush()
    with pytest.raises(lmpack.UsageError, match="write it anew"):
        file.flush()
    with pytest.raises(OSError, match="No space left"):
        file.close()


WRITER = """
import os, signal, sys, lmpack
from lmpack._blocks import levels
levels.LEVELS = {n: level._replace(block_size=200) for n, level in levels.LEVELS.items()}
file = lmpack.open(sys.argv[1], "wb", 1, threads=2)
for number in range(30):
    file.write(b"%d: what a program logs\\n" % number)
    if number == 24:
        file.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_flushed_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    result = subprocess.run([sys.executable, "-c", WRITER, str(path)], check=False)
    assert result.returncode == -signal.SIGKILL
    flushed = b"".join(LINES[:25])
    assert readable(path) == flushed
    with path.open("rb") as source:
        sink, salvaged = io.BytesIO(), io.BytesIO()
        with pytest.raises(lmpack.TruncatedError):
            lmpack.decompress_stream(source, sink)
        assert sink.getvalue() == flushed
        found = lmpack.salvage_stream(source, salvaged)
        assert salvaged.getvalue() == flushed
        assert not found.is_complete
    for options in (["-c"], ["-c", "--salvage"]):
        done = CliRunner().invoke(main, ["decompress", *options, str(path)])
        assert done.stdout_bytes == flushed
        assert done.exit_code == 1
        assert "still being written" in done.stderr


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("mode", ["wb", "wt"])
def test_a_with_block_ends_in_what_happened_first(error: BaseException, mode: str) -> None:
    class Failing(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise error

    with pytest.raises(type(error)), lmpack.open(Failing(), mode, 1) as file:
        file.write(LINES[0] if mode == "wb" else LINES[0].decode())  # type: ignore[arg-type]
        file.flush()

"""Standard streams that do not block: the command waits, and nothing is lost."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest
from fake_models import FakeModels
from interrupting import background

import lmpack

PROGRAM = [sys.executable, str(Path(__file__).parents[1] / "support" / "fake_lmpack.py")]
CONTENT = random.Random(3).randbytes(300_000)
PIECE = 16384

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "set_blocking"), reason="no pipe can be told not to block"),
]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_models: FakeModels) -> None:
    monkeypatch.chdir(tmp_path)
    Path("content").write_bytes(CONTENT)
    Path("packed").write_bytes(lmpack.compress(CONTENT, mixing=False))
    Path("empty").write_bytes(b"")


def read_slowly(*arguments: str, stream: str = "stdout") -> bytes:
    """What the program writes into a pipe that does not block and is emptied slowly."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with (
        open(reading, "rb", buffering=0) as pipe,
        subprocess.Popen([*PROGRAM, *arguments], **{stream: writing}) as process,  # type: ignore[call-overload]
    ):
        os.close(writing)
        pieces = []
        while piece := pipe.read(PIECE):
            pieces.append(piece)
            time.sleep(0.01)
        process.wait()
    return b"".join(pieces)


@pytest.mark.parametrize(
    "arguments", [("-dc", "packed"), ("-d", "-o", "/dev/stdout", "packed")], ids=" ".join
)
def test_a_slow_reader_gets_all_content(arguments: tuple[str, ...]) -> None:
    assert read_slowly(*arguments) == CONTENT


def test_a_slow_reader_gets_all_that_is_compressed() -> None:
    assert read_slowly("--no-mixing", "-c", "content") == Path("packed").read_bytes()


def test_a_slow_reader_gets_all_that_is_printed() -> None:
    names = ["packed"] * 400
    assert len(json.loads(read_slowly("info", "--json", *names))) == len(names)
    wrong = ["empty"] * 2000
    assert len(read_slowly("test", *wrong, stream="stderr").splitlines()) == len(wrong)


@pytest.mark.parametrize(
    ("arguments", "given", "expected"),
    [
        (("--no-mixing", "-c"), "content", "packed"),
        (("-dc",), "packed", "content"),
        (("-dc", "/dev/stdin"), "packed", "content"),
    ],
    ids=str,
)
def test_a_slow_writer_is_waited_for(arguments: tuple[str, ...], given: str, expected: str) -> None:
    def write_slowly(pipe: IO[bytes]) -> None:
        with pipe:
            content = Path(given).read_bytes()
            for start in range(0, len(content), PIECE):
                pipe.write(content[start : start + PIECE])
                time.sleep(0.01)

    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with open(writing, "wb") as pipe, open(reading, "rb") as source:
        process = subprocess.Popen([*PROGRAM, *arguments], stdin=source, stdout=subprocess.PIPE)
        written = background(lambda: write_slowly(pipe))
        found, _ = process.communicate()
        written.result(10)
    assert process.returncode == 0
    assert found == Path(expected).read_bytes()

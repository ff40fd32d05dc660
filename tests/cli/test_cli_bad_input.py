"""Every command with everything that is not what it needs: one line with its name, no leftover."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_models import FakeModels

from lmpack.cli.main import main

pytestmark = [
    pytest.mark.slow,  # some commands import torch
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs special files of POSIX"),
]

LIMIT = 30
"""Seconds; whoever waits for a writer of the pipe waits for ever."""

COMMANDS = {
    "compress": "compress {}",
    "compress -c": "compress -c {}",
    "compress -o": "compress -o output {}",
    "compress -r": "compress -r -o output {}",
    "compress --tar": "compress --tar -o output {}",
    "decompress": "decompress {}",
    "decompress -c": "decompress -c {}",
    "decompress -o": "decompress -o output {}",
    "decompress -r": "decompress -r -o output {}",
    "extract": "extract -o output {}",
    "extract --list": "extract --list {}",
    "test": "test {}",
    "test several": "test {} {}",
    "info": "info {}",
    "info json": "info --json {}",
    "bench": "bench --bytes 16 {}",
    "model": "compress -6 -o output words.txt --model {}",
    "text": "generate text --bytes 1 --with gzip -o output {}",
    "image": "generate image --with gzip -o output {}",
    "audio": "generate audio --with gzip -o output {}",
    "eval": "eval table1 --limit 1 --output output --compressor gzip --data text={}",
    "eval images": "eval table1 --limit 1 --output output --compressor gzip --data imagenet={}",
    "train": "train {} --data . --output output",
    "train data": "train general --data {} --output output",
    "export": "export {} output",
}
INPUTS = (
    *("nowhere", "folder", "pipe", "device", "round"),
    *("empty", "random", "memory", "open", "x\ny"),
)
STREAMED = {"compress -c", "compress -o", "decompress -c", "decompress -o", "test", "test several"}
STREAMED |= {"bench", "text", "extract", "extract --list"}
"""The commands that take what comes out of a pipe, and would wait for it."""
GOOD = {
    *(("compress" + more, "empty") for more in ("", " -c", " -o", " -r")),
    *(("compress" + more, "random") for more in ("", " -c", " -o", " -r")),
    *(("compress -c", "device"), ("compress -o", "device")),
    *(("compress -r", "folder"), ("decompress -r", "folder")),
    *(("compress --tar", name) for name in INPUTS if name not in ("nowhere", "x\ny")),
    *(("bench", "random"), ("text", "random"), ("eval", "random"), ("eval images", "random")),
}
"""What is no mistake."""


@pytest.fixture(autouse=True)
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_models: FakeModels) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(b"words")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("device").symlink_to(os.devnull)
    Path("round").symlink_to("round")
    Path("empty").write_bytes(b"")
    Path("random").write_bytes(random.Random(0).randbytes(5000))
    Path("memory").symlink_to("/proc/self/mem")  # opens, and cannot be read: by root, too
    Path("open").symlink_to("/dev/fd/98765")


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    def hangs(*arguments: object) -> None:
        raise AssertionError("it waits for ever")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


CASES = [
    (command, name)
    for command in COMMANDS
    for name in INPUTS
    if name != "pipe" or command not in STREAMED
]


@pytest.mark.parametrize(("command", "name"), CASES, ids=lambda value: repr(value)[1:-1])
def test_bad_input(command: str, name: str) -> None:
    before = sorted(os.listdir())
    arguments = [part.format(name) for part in COMMANDS[command].split()]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert "Traceback" not in result.stderr
    assert "this is a bug" not in result.stderr
    if (command, name) in GOOD:
        assert result.exit_code == 0
        return
    assert result.exit_code in (1, 2)
    # The message is the last line; with -r a summary may follow.
    lines = result.stderr.splitlines()
    if " -r" in command and result.exit_code == 1:
        lines = lines[:-1] or lines
    assert any(shown in lines[-1] for shown in (name, name.replace("\n", r"\n"), "x y"))
    if result.exit_code == 1:
        assert all(line.startswith("lmpack: ") for line in lines)
        assert len(lines) == (2 if command == "test several" else 1)
    left = set(os.listdir()) - set(before)
    assert left <= {"output"}
    assert not os.path.isfile("output")

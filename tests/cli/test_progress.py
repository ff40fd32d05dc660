"""What is shown on a terminal while a command works, at its end, and at Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fake_models import FakeModels

import lmpack
from lmpack._blocks.coders import Encoder
from lmpack._blocks.coding import ShareDone
from lmpack._container import Block
from lmpack.cli.bar import progress_bar
from lmpack.cli.main import main

WORDS = b"what the model finds probable\n" * 40
PROGRAM = [sys.executable, str(Path(__file__).parents[1] / "support" / "fake_lmpack.py")]

Invoke = Callable[..., Result]


@pytest.fixture(autouse=True)
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_models: FakeModels) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the program prints, it believes that it prints on a terminal."""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True)


def invoke(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(main, arguments, input=stdin, catch_exceptions=False)


def last_line(result: Result) -> str:
    """What is left on the screen at the end."""
    return result.stderr.rstrip("\n").rpartition("\n")[2].rpartition("\r")[2]


def drawn(
    *arguments: str,
    more: dict[str, str] | None = None,
    meanwhile: Callable[[subprocess.Popen[bytes]], None] = lambda process: None,
) -> str:
    """What a command writes on a terminal that is its standard error."""
    reading, writing = pty.openpty()
    size = struct.pack("4H", 24, 100, 0, 0)  # rows and columns; without them nothing is drawn
    fcntl.ioctl(writing, termios.TIOCSWINSZ, size)
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=subprocess.PIPE,
        stderr=writing,
        env={**os.environ, "TQDM_MININTERVAL": "0", **(more or {})},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )
    os.close(writing)
    meanwhile(process)
    with process:
        text = ""
        with contextlib.suppress(OSError):  # EIO: all is read and the terminal is closed
            while piece := os.read(reading, 10000):
                text += piece.decode()
    os.close(reading)
    return text


@pytest.mark.usefixtures("terminal")
def test_a_bar_with_the_name() -> None:
    assert "words.txt:   0%" in invoke("compress", "-f", "words.txt").stderr


@pytest.mark.parametrize("arguments", [("words.txt",), ("-dc", "words.txt.lmp")])
def test_nothing_is_shown_in_a_pipe(arguments: tuple[str, ...]) -> None:
    Path("words.txt.lmp").write_bytes(lmpack.compress(WORDS))
    assert invoke("-f", *arguments).stderr == ""


@pytest.mark.usefixtures("terminal")
def test_quiet_is_quiet() -> None:
    assert invoke("compress", "-fq", "words.txt").stderr == ""


def test_progress_shows_bytes_rate_and_ratio() -> None:
    text = drawn("words.txt")
    assert "1.20k/1.20k" in text
    assert "B/s" in text
    assert "out/in 0." in text


@pytest.mark.usefixtures("terminal")
def test_a_line_of_result() -> None:
    size = len(lmpack.compress(WORDS))
    share = f"({100 * size / len(WORDS):.1f} %)"
    line = last_line(invoke("compress", "words.txt"))
    assert re.fullmatch(rf"words\.txt: 1,200 -> {size} bytes {re.escape(share)}, \d+\.\d s", line)
    line = last_line(invoke("decompress", "-f", "words.txt.lmp"))
    assert line.startswith(f"words.txt.lmp: {size} -> 1,200 bytes {share}, ")
    Path("empty").touch()
    assert re.fullmatch(r"empty: 0 -> \d+ bytes, \d\.\d s", last_line(invoke("compress", "empty")))


@pytest.mark.usefixtures("terminal")
def test_one_line_of_result_for_many_files() -> None:
    Path("other").write_bytes(WORDS)
    Path("other.lmp").write_bytes(lmpack.compress(WORDS))
    result = invoke("compress", "--resume", "words.txt", "other")
    assert last_line(result).startswith("1 file, 1 skipped: 1,200 -> ")


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("arguments", [("-cf", "words.txt"), ("--json", "words.txt"), ("nowhere",)])
def test_no_line_of_result(arguments: tuple[str, ...]) -> None:
    assert " -> " not in invoke(*arguments).stderr


@pytest.mark.usefixtures("terminal")
def test_verbose_has_a_line_of_its_own() -> None:
    result = invoke("compress", "-v", "words.txt")
    assert " -> " not in result.stderr
    assert "1,200 bytes, compressed" in result.stderr


def test_the_bar_of_many_files_names_the_one_at_work() -> None:
    Path("other").write_bytes(WORDS)
    text = drawn("-T1", "words.txt", "other")
    assert text.index("words.txt: ") < text.index("other: ")


def test_a_long_name_leaves_room_for_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("x" * 300 + "/end.txt", 10, quiet=False):
        pass
    assert "x/end.txt:" in terminal.getvalue()
    assert "x" * 40 not in terminal.getvalue()


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(
    ("arguments", "files", "state"),
    [
        (("words.txt",), 0, "nothing was written"),
        (("-c", "words.txt"), 0, "what was written to standard output is not complete"),
        (("words.txt", "other"), 0, "nothing was written"),
        (("words.txt", "other"), 1, "complete is 1 file, nothing else was written"),
    ],
)
def test_what_there_is_at_ctrl_c(
    arguments: tuple[str, ...], files: int, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("other").write_bytes(WORDS)
    encode = Encoder.encode
    encoded: list[bytes] = []

    def interrupted(encoder: Encoder, plain: bytes, share_done: ShareDone) -> Block:
        if len(encoded) == files:
            raise KeyboardInterrupt
        encoded.append(plain)
        return encode(encoder, plain, share_done)

    monkeypatch.setattr(Encoder, "encode", interrupted)
    monkeypatch.setattr("lmpack.cli.main.die_by", lambda name: sys.exit(130))
    result = invoke(*arguments, "-fT1")
    assert last_line(result) == f"lmpack: interrupted, {state}"
    assert result.exit_code == 130
    assert len(list(Path().glob("*.lmp"))) == files


def send_until_it_ends(process: subprocess.Popen[bytes]) -> None:
    """Python loses a signal that comes right before a read that blocks: it acts on the next."""
    while not list(Path().glob(".lmpack-*.tmp")):
        assert process.poll() is None
        time.sleep(0.01)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)


def test_ctrl_c_in_a_process() -> None:
    text = drawn("compress", "-o", "x.lmp", "-", meanwhile=send_until_it_ends)
    assert text.splitlines()[-1].rpartition("\r")[2] == "lmpack: interrupted, nothing was written"
    assert os.listdir() == ["words.txt"]

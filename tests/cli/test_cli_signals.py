"""Signals end the program as they end others, after it has cleaned up."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fake_models import FakeModels

import lmpack
from lmpack.cli.signals import SignalEnd, ends_as_signals, raised_signals

PROGRAM = [sys.executable, str(Path(__file__).parents[1] / "support" / "fake_lmpack.py")]
WORDS = b"what the model finds probable\n" * 40

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs signals of POSIX")

SIGNALS = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]
each_signal = pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)


@pytest.fixture(autouse=True)
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_models: FakeModels) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)
    Path("words.lmp").write_bytes(lmpack.compress(WORDS))


def set_to(number: signal.Signals, action: signal.Handlers) -> Callable[[], None]:
    """For a process to be: whoever runs the tests may have the signal ignored, or not."""

    def act() -> None:
        signal.signal(number, action)

    return act


def started(
    number: signal.Signals, action: signal.Handlers = signal.SIG_DFL
) -> subprocess.Popen[bytes]:
    """A program whose input is a pipe that never ends, when its work has begun."""
    process = subprocess.Popen(
        [*PROGRAM, "compress", "-o", "x.lmp", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=set_to(number, action),
    )
    while not list(Path().glob(".lmpack-*.tmp")):
        assert process.poll() is None
    return process


def send_until_it_ends(process: subprocess.Popen[bytes], number: signal.Signals) -> int:
    """Python loses a signal that comes right before a read that blocks: it acts on the next."""
    while True:
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=2)


@pytest.mark.slow
@each_signal
def test_signals_leave_no_temporary_file(number: signal.Signals) -> None:
    with started(number) as process:
        assert send_until_it_ends(process, number) == -number
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert sorted(os.listdir()) == ["words.lmp", "words.txt"]


@pytest.mark.slow
def test_a_signal_that_is_ignored_at_the_start_stays_so() -> None:
    with started(signal.SIGHUP, signal.SIG_IGN) as process:
        process.send_signal(signal.SIGHUP)
        assert process.stdin is not None
        process.stdin.write(WORDS)
        process.stdin.close()
        assert process.wait() == 0
    assert lmpack.decompress(Path("x.lmp").read_bytes()) == WORDS


@pytest.mark.slow
def test_ctrl_c_ends_the_loop_of_a_shell() -> None:
    """A shell goes on with its loop if a program ends by itself, whatever its status."""
    loop = 'for i in 1 2 3; do echo $i; "$@" compress -o x$i.lmp -; done'
    with subprocess.Popen(
        ["bash", "-c", loop, "bash", *PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=set_to(signal.SIGINT, signal.SIG_DFL),
    ) as shell:
        while not list(Path().glob(".lmpack-*.tmp")):
            assert shell.poll() is None
        status = None
        while status is None:
            os.killpg(shell.pid, signal.SIGINT)  # as a terminal does
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = shell.wait(timeout=2)
        assert shell.stdout is not None
        assert shell.stdout.read() == b"1\n"
        assert status == -signal.SIGINT


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("compress", "-c", "words.txt"),
        ("decompress", "-c", "words.lmp"),
        ("compress", "-v", "-o", "/dev/stdout", "words.txt"),
        ("info", "--json", "words.lmp"),
        ("--help",),
        ("compress", "--help"),
        ("generate", "text", "words.txt", "--bytes", "1", "--with", "gzip"),
    ],
    ids=" ".join,
)
def test_a_reader_that_goes_away_ends_it_by_its_signal(arguments: Sequence[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        result = subprocess.run([*PROGRAM, *arguments], stdout=pipe, stderr=subprocess.PIPE)
    assert result.returncode == -signal.SIGPIPE
    assert result.stderr == b""


def test_handlers_are_only_there_while_the_program_runs() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(SignalEnd, match="SIGTERM"), raised_signals():
        signal.raise_signal(signal.SIGTERM)
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_system_without_a_signal_does_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGHUP")
    with pytest.raises(SignalEnd, match="SIGTERM"), raised_signals():
        signal.raise_signal(signal.SIGTERM)
    with pytest.raises(SignalEnd, match="SIGPIPE"), ends_as_signals():
        raise BrokenPipeError
    with pytest.raises(SignalEnd, match="SIGINT"), ends_as_signals():
        raise KeyboardInterrupt


@pytest.mark.parametrize("action", [signal.SIG_DFL, signal.SIG_IGN], ids=lambda each: each.name)
def test_ctrl_c_while_the_program_is_loaded(tmp_path: Path, action: signal.Handlers) -> None:
    """A package that it loads sends the signal, so that it comes then."""
    (tmp_path / "click.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGINT)\nprint('ignored')\nraise SystemExit"
    )
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    result = subprocess.run(
        [sys.executable, "-m", "lmpack", "--version"],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        preexec_fn=set_to(signal.SIGINT, action),
    )
    expected = (0, b"ignored") if action is signal.SIG_IGN else (-signal.SIGINT, b"")
    assert (result.returncode, result.stdout.strip()) == expected
    assert result.stderr == b""

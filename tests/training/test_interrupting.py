"""A run that is ended by a signal dies by it, and goes on from its last saved state."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from training_runs import CONFIG, write_text

from lmpack.training.checkpoint import CHECKPOINT
from lmpack.training.curves import CURVES
from lmpack.training.log import LOG

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals of POSIX"),
]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_signal_ends_a_run_which_can_go_on(tmp_path: Path, number: signal.Signals) -> None:
    write_text(tmp_path)
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps({**CONFIG.to_json(), "symbols": 10**9}))
    command = [sys.executable, "-m", "lmpack", "train", str(recipe)]
    command += ["--data", str(tmp_path), "--output", str(tmp_path / "run"), "--threads", "1"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()  # what is printed is saved right after
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(timeout=60) == -number
        assert process.stderr.read() == b""
    left = {path.name for path in (tmp_path / "run").iterdir()} - {CURVES}
    assert left == {CHECKPOINT, LOG}

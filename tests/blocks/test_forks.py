"""A process that is forked while a thread is at work is not in the way of itself."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from typing import Any

import pytest

from lmpack._blocks import model_choice
from lmpack._blocks.coders import Encoder
from lmpack._blocks.options import Options
from lmpack._blocks.prefix import Prefix
from lmpack._models.bundle import load_bundle

SECONDS = 30


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_a_model_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    load = load_bundle
    is_loading, may_go_on = threading.Event(), threading.Event()

    def load_slowly(model: Any) -> Any:
        is_loading.set()
        may_go_on.wait(SECONDS)
        return load(model)

    monkeypatch.setattr(model_choice, "load_bundle", load_slowly)
    thread = threading.Thread(target=lambda: Encoder(Options(level=3)).bundles)
    thread.start()
    assert is_loading.wait(SECONDS)
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        monkeypatch.setattr(model_choice, "load_bundle", load)
        is_there = len(Encoder(Options(level=3)).bundles) == 1
        os._exit(0 if is_there else 1)
    may_go_on.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_a_prefix_is_learned() -> None:
    options = Options(level=1, prefix=Prefix(random.Random(1).randbytes(120_000)))
    thread = threading.Thread(target=lambda: Encoder(options).encode(b"some words " * 9))
    thread.start()
    time.sleep(0.1)
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        made = Encoder(options).encode(b"some words " * 9)
        os._exit(0 if made.payload else 1)
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

"""Where memory runs out in a thread that has never thrown, the process goes on all the same."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from inputs import SENTENCES

from lmpack._executors.native import NativeExecutor
from lmpack._executors.protocol import no_progress
from lmpack._models.bundle import load_byte_model
from lmpack._native import Engine, ThreadTeam

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="needs the sizes of a process"
)

STACK = 8 << 20
PAGE = 4096
PLAIN = SENTENCES[:600]
LANE = 200
RIGHT, WRONG, NO_MEMORY = 0, 3, 10


def _decode(engine: Engine, payload: bytes, room: int) -> int:
    """In a process of its own, which may take so many bytes more than it has."""
    process = os.fork()
    if process == 0:
        ended = WRONG
        try:
            taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (taken + room, resource.RLIM_INFINITY))
            team = ThreadTeam(2)
            decoded = engine.decode_mixed(team, payload, len(PLAIN), LANE, (0, 1), no_progress)
            ended = RIGHT if decoded == PLAIN else WRONG
        except MemoryError:
            ended = NO_MEMORY
        finally:
            os._exit(ended)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_memory_may_run_out_in_a_helper() -> None:
    engine = NativeExecutor(load_byte_model("tiny"), threads=1)._engine
    payload = engine.encode_mixed(ThreadTeam(1), PLAIN, LANE, (0, 1), no_progress)
    # A helper has a stack then, and nearly nothing else.
    ends = Counter(_decode(engine, payload, STACK + PAGE * pages) for pages in range(1, 90))
    assert set(ends) <= {RIGHT, NO_MEMORY}, ends
    assert ends[RIGHT] > 0

"""How many files of the package a byte passes between the command and the range coder."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from click.testing import CliRunner
from inputs import SENTENCES

import lmpack
from lmpack._executors import native
from lmpack.cli.main import main

PACKAGE = Path(lmpack.__file__).parent
MOST = 8


def files_to_the_executor(call: Callable[[], object]) -> list[str]:
    """Files of the package on the stack of the engine's last call, from the outside in."""
    deepest: list[str] = []

    def watch(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename == native.__file__ and code.co_name != "__init__":
            deepest[:] = []
            caller: FrameType | None = frame
            while caller is not None:
                path = Path(caller.f_code.co_filename)
                if path.is_relative_to(PACKAGE):
                    deepest.append(str(path.relative_to(PACKAGE)))
                caller = caller.f_back

    sys.setprofile(watch)
    try:
        call()
    finally:
        sys.setprofile(None)
    return list(dict.fromkeys(reversed(deepest)))


@pytest.mark.parametrize("size", [2000, 20_000])
def test_at_most_eight_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_bytes(SENTENCES[:size])

    def lmpack_command(*arguments: str) -> list[str]:
        return files_to_the_executor(
            lambda: CliRunner().invoke(main, [*arguments, "-T1"], catch_exceptions=False)
        )

    there = lmpack_command("compress", "-3", "text")
    back = lmpack_command("decompress", "-f", "text.lmp")
    assert Path("text").read_bytes() == SENTENCES[:size]
    assert there == [
        "cli/main.py",
        "cli/convert.py",
        "_files/queue.py",
        "_files/pipeline.py",
        "_blocks/coders.py",
        "_blocks/codec.py",
        "_blocks/coding.py",
        "_executors/native.py",
    ]
    assert back == there
    assert len(there) == MOST

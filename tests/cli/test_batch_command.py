"""The command with many files."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fake_models import FakeModels
from trees import CONTENTS, packed_tree, read_tree, text, write_tree

from lmpack.cli.main import main

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")


FAKE = Path(__file__).parents[1] / "support" / "fake_lmpack.py"


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_verbose_says_which_device_it_was(tree: Path, invoke: Callable[..., Result]) -> None:
    said = invoke("compress", "-r", "in", "-o", "out", "-v").stderr.splitlines()
    assert said[-1].endswith(", on the device cpu")
    assert "device" not in invoke("decompress", "-r", "out", "-o", "back").stderr
    as_json = json.loads(invoke("decompress", "-r", "out", "-o", "again", "--json").stdout)
    assert as_json["summary"]["device"] == "cpu"


def test_the_command_makes_the_tree_anew(tree: Path, invoke: Callable[..., Result]) -> None:
    result = invoke("compress", "-r", "in", "-o", "out", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    total = sum(map(len, CONTENTS.values()))
    packed = sum(map(len, packed_tree(CONTENTS).values()))
    summary = report["summary"]
    assert (summary["files"], summary["skipped"], summary["failed"]) == (len(CONTENTS), 0, 0)
    assert (summary["plain_bytes"], summary["compressed_bytes"]) == (total, packed)
    assert summary["bits_per_byte"] == pytest.approx(8 * packed / total, abs=1e-4)
    assert summary["bytes_per_second"] > 0
    assert len(report["files"]) == len(CONTENTS)
    assert invoke("decompress", "-r", "out", "-o", "back").exit_code == 0
    assert read_tree(Path("back")) == CONTENTS


def test_the_command_reports_failures_at_the_end(tree: Path, invoke: Callable[..., Result]) -> None:
    result = invoke("compress", "in/one", "nowhere", "in/block", "-o", "out", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["summary"]["failed"] == 1
    assert report["files"][-1] == {"file": "nowhere", "error": "No such file or directory"}
    assert read_tree(Path("out")).keys() == {"one.lmp", "block.lmp"}
    result = invoke("compress", "-r", "in/one", "nowhere", "-o", "out")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("0 files, 0 skipped, 2 failed")
    result = invoke("compress", "in/one", "in/block", "-o", "out", "--resume", "-v")
    assert result.exit_code == 0
    assert "in/one: skipped: its output is there already" in result.stderr


def test_one_file_can_be_resumed_to_an_output_of_any_name(
    tree: Path, invoke: Callable[..., Result]
) -> None:
    for command, source, output in (("compress", "in/one", "x"), ("decompress", "x", "back")):
        assert invoke(command, source, "--resume", "-o", output).exit_code == 0
        assert Path(output).is_file()
        result = invoke(command, source, "--resume", "-o", output, "-v")
        assert result.exit_code == 0
        assert f"{source}: skipped: its output is there already" in result.stderr
    assert Path("back").read_bytes() == CONTENTS["one"]


def test_odd_names_are_printed_on_one_line(tree: Path, invoke: Callable[..., Result]) -> None:
    result = invoke("compress", "-r", "in", "-o", "out", "-v")
    assert r"in/with space\nand line: 3 bytes" in result.stderr
    assert r"in/not \udcff UTF-8: 5 bytes" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-r", "-c", "in"], "need output files"),
        (["--resume"], "need output files"),
        (["-", "--resume", "-o", "out"], "need an input file"),
        (["in/one", "--resume", "-o", "/dev/null"], "need an output file"),
        (["in"], "in: it is a folder: use -r, or lmpack compress --tar"),
        (["in", "in/one"], "it is a folder: use -r, or lmpack compress --tar"),
        (["-r", "in", "--model", "gigantic"], "the batch: there is no model"),
    ],
)
def test_wrong_usage(
    tree: Path, invoke: Callable[..., Result], arguments: list[str], message: str
) -> None:
    result = invoke("compress", *arguments)
    assert result.exit_code in (1, 2)
    assert message in result.output


def test_termination_leaves_nothing_behind(tmp_path: Path, fake_models: FakeModels) -> None:
    write_tree(tmp_path / "in", {str(n): text(20_000, n) for n in range(60)})
    command = [sys.executable, str(FAKE), "compress", "-r", "in", "-o", "out", "-T2"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    while not list((tmp_path / "out").glob("*.lmp")):
        assert process.poll() is None
        time.sleep(0.002)
    process.terminate()
    _, message = process.communicate()
    # Whoever started it sees how it ended.
    assert process.returncode == -signal.SIGTERM
    assert message == b""
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert all(name.endswith(".lmp") for name in names)
    assert len(names) < 60

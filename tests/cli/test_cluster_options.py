"""--shard, --report and --resume=meta on the command line."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from trees import CONTENTS, packed_tree, read_tree, text, write_tree

from lmpack.cli.main import main
from lmpack.cli.report_file import ReportFile

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")

FAKE = Path(__file__).parents[1] / "support" / "fake_lmpack.py"


@pytest.fixture
def invoke(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tree.parent)
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


def lines(path: str = "log") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def test_each_shard_does_its_part_and_says_so(invoke: Callable[..., Result]) -> None:
    counts = 0
    for number in (1, 2):
        result = invoke("compress", "-r", "in", "-o", "out", "--shard", f"{number}/2", "-1")
        assert result.exit_code == 0
        first, _, rest = result.stderr.partition(": ")
        assert first == f"shard {number}/2"
        counts += int(rest.split()[0])
    assert counts == len(CONTENTS)
    assert read_tree(Path("out")).keys() == packed_tree(CONTENTS).keys()
    packed = sorted(map(str, Path("out").rglob("*.lmp")))
    tested = [invoke("test", *packed, "--shard", f"{number}/2", "-v") for number in (1, 2)]
    assert all(result.exit_code == 0 for result in tested)
    said = [line for result in tested for line in result.stderr.splitlines()]
    assert len(said) == len(packed) + 2
    summary = json.loads(invoke("-d", "-r", "out", "-o", "b", "--shard", "1/1", "--json").stdout)
    assert summary["summary"]["shard"] == "1/1"


def test_a_report_has_a_line_for_each_file(invoke: Callable[..., Result]) -> None:
    Path("in/sub/done").write_text("done")
    Path("in/taken").write_text("taken")
    Path("out").mkdir()
    Path("out/taken.lmp").write_text("precious")
    (Path("in") / "link").symlink_to("one")
    assert invoke("compress", "-r", "in", "-o", "out", "--report", "log", "-2").exit_code == 1
    records = {record["file"]: record for record in lines()}
    assert len(records) == len(lines()) == len(CONTENTS) + 3
    done = records["in/sub/done"]
    assert (done["status"], done["output"], done["level"]) == ("ok", "out/sub/done.lmp", 2)
    assert (done["plain_bytes"], done["models"]) == (4, [])
    assert done["compressed_bytes"] == Path("out/sub/done.lmp").stat().st_size
    assert done["seconds"] >= 0
    assert records["in/link"] == {
        "file": "in/link",
        "output": None,
        "status": "skipped",
        "skipped": "it is a symbolic link",
    }
    assert records["in/taken"]["status"] == "failed"
    assert "exists already" in records["in/taken"]["error"]
    before = Path("log").read_bytes()
    assert invoke("test", "out/one.lmp", "out/taken.lmp", "--report", "log").exit_code == 1
    assert Path("log").read_bytes().startswith(before)
    assert [record["status"] for record in lines()[-2:]] == ["ok", "failed"]
    assert lines()[-2]["plain_bytes"] == 1


def test_a_torn_line_is_ended_first(invoke: Callable[..., Result]) -> None:
    Path("log").write_bytes(b'{"file": "whole"}\n{"file": "to')
    assert invoke("compress", "in/one", "--report", "log").exit_code == 0
    parts = Path("log").read_bytes().split(b"\n")
    assert parts[:2] == [b'{"file": "whole"}', b'{"file": "to']
    assert json.loads(parts[2])["file"] == "in/one"
    assert invoke("compress", "in/block", "--report", "log").exit_code == 0
    assert len(Path("log").read_bytes().splitlines()) == 4


@pytest.mark.slow
def test_a_killed_part_goes_on_and_its_lines_are_whole(tmp_path: Path) -> None:
    contents = {f"{n % 7}/{n}": text(500 + n, n) for n in range(120)}
    write_tree(tmp_path / "in", contents)
    whole = [sys.executable, str(FAKE), "compress", "-r", "in", "-o", "out", "--resume=meta", "-T2"]
    part = [*whole, "--shard", "1/1", "--report", "log"]
    process = subprocess.Popen(part, cwd=tmp_path)
    while process.poll() is None and len(list((tmp_path / "out").rglob("*.lmp"))) < 30:
        time.sleep(0.002)
    process.kill()
    process.wait()
    (tmp_path / "out" / "0" / ".lmpack-00112233445566aa.tmp").write_bytes(b"a fragment")
    subprocess.run(part, cwd=tmp_path, check=True)
    records = lines(str(tmp_path / "log"))
    assert {record["output"] for record in records} == {f"out/{name}.lmp" for name in contents}
    assert any(record["status"] == "skipped" for record in records)
    subprocess.run(whole, cwd=tmp_path, check=True)
    assert read_tree(tmp_path / "out").keys() == {f"{name}.lmp" for name in contents}
    subprocess.run(
        [sys.executable, str(FAKE), "decompress", "-r", "out", "-o", "back"],
        cwd=tmp_path,
        check=True,
    )
    assert read_tree(tmp_path / "back") == contents


def test_each_line_is_one_write_and_there_before_the_next_file_is_done(
    invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    write = os.write

    def remember(descriptor: int, data: bytes) -> int:
        if bytes(data).startswith(b'{"file"'):
            written.append(bytes(data))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", remember)
    assert invoke("compress", "-r", "in", "-o", "out", "--report", "log").exit_code == 0
    assert all(line.count(b"\n") == 1 and line.endswith(b"\n") for line in written)
    assert len(written) == len(CONTENTS)


def test_a_report_that_cannot_be_written_ends_the_batch(
    invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(
        os,
        "write",
        lambda descriptor, data: 1 if data[:1] == b"{" else write(descriptor, data),
    )
    result = invoke("compress", "-r", "in", "-o", "out", "--report", "log")
    assert result.exit_code == 1
    assert "log: No space left on device" in result.stderr
    assert len(read_tree(Path("out"))) < len(CONTENTS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in/one", "--shard", "1/2"], "--shard needs -r or several FILEs"),
        (["-r", "in", "--shard", "3/2"], "there is no shard 3 of 2"),
        (["-r", "in", "--shard", "0/2"], "there is no shard 0 of 2"),
        (["-r", "in", "--shard", "1"], "'1' is no shard: give K/N"),
        (["-r", "in", "--shard", "1/2/3"], "is no shard"),
        (["in/one", "-c", "--report", "log"], "--report needs a file"),
        (["in/one", "--report", "in"], "in is no regular file"),
        (["in/one", "--report", "in/block"], "in/block: it holds something else than reports"),
        (["-r", "in", "--shard", "1/0"], "there is no shard 1 of 0: number them from 1"),
        (["in/one", "--report", "none/log"], "none/log: No such file or directory"),
        (["-r", "in", "--resume=size"], "'size' is not one of"),
    ],
)
def test_what_does_not_fit_is_refused(
    invoke: Callable[..., Result], arguments: list[str], message: str
) -> None:
    result = invoke("compress", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert read_tree(Path("in")) == CONTENTS


@pytest.mark.parametrize("rule", ["--resume", "--resume=content", "--resume=meta"])
def test_what_follows_resume_is_a_file(invoke: Callable[..., Result], rule: str) -> None:
    assert invoke("compress", rule, "in/one", "in/block", "-o", "out").exit_code == 0
    assert sorted(os.listdir("out")) == ["block.lmp", "one.lmp"]
    Path("out/block.lmp").write_bytes(b"cut")
    result = invoke("-o", "out", "-v", rule, "in/one", "in/block")
    assert result.exit_code == 1
    assert "in/one: skipped" in result.stderr
    result = invoke("decompress", "out/one.lmp", rule, "-o", "in/one", "-v")
    assert "out/one.lmp: skipped" in result.stderr


def test_files_are_completed_after_resume() -> None:
    completion = ShellComplete(main, {}, "lmpack", "_LMPACK_COMPLETE")
    items = completion.get_completions(["compress", "--resume"], "no")
    assert [(item.type, item.value) for item in items] == [("file", "no")]
    items = completion.get_completions(["compress", "--resume"], "me")
    assert [item.value for item in items] == ["me", "meta"]


def test_what_does_not_go_with_salvage(invoke: Callable[..., Result]) -> None:
    for options in (["--shard", "1/2"], ["--report", "log"]):
        result = invoke("decompress", "--salvage", "in/one", "in/block", *options)
        assert result.exit_code == 2
        assert "--salvage goes with neither --shard nor --report" in result.stderr


def test_a_file_named_like_the_option(invoke: Callable[..., Result]) -> None:
    Path("--resume").write_text("x")
    assert invoke("compress", "--resume", "--", "--resume").exit_code == 0
    assert Path("--resume.lmp").is_file()


def test_a_report_in_the_folder_is_left_out(invoke: Callable[..., Result]) -> None:
    Path("in/log").touch()
    assert invoke("compress", "-r", "--rm", "in", "--report", "in/log", "-1").exit_code == 0
    assert "in/log.lmp" not in map(str, Path("in").rglob("*.lmp"))
    assert {line["file"] for line in lines("in/log")} >= {"in/one", "in/sub/short"}


def test_a_report_that_is_replaced_meanwhile_is_an_error(invoke: Callable[..., Result]) -> None:
    result = invoke("compress", "-f", "in/one", "--report", "in/one.lmp", "-1")
    assert result.exit_code == 1
    assert "another file has taken its place" in result.stderr


def test_a_report_that_cannot_grow_is_no_error_of_standard_output(
    invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "block"):
        assert invoke("compress", f"in/{name}", "-1").exit_code == 0

    def fail(self: ReportFile, record: object) -> None:
        raise OSError(errno.EFBIG, "File too large", "log")

    monkeypatch.setattr(ReportFile, "write", fail)
    result = invoke("test", "-v", "in/one.lmp", "in/block.lmp", "--report", "log")
    assert result.exit_code == 1
    assert result.stderr.count("lmpack: log: File too large") == 2
    assert "standard output" not in result.stderr


def test_other_json_is_no_report(invoke: Callable[..., Result]) -> None:
    Path("data.jsonl").write_text('{"id": 1, "file": "mine"}\n')
    before = Path("data.jsonl").read_bytes()
    for name in ("in/one", "data.jsonl"):
        result = invoke("compress", name, "--report", "data.jsonl", "-1")
        assert result.exit_code == 2
        assert "data.jsonl: it holds something else than reports" in result.stderr
    assert Path("data.jsonl").read_bytes() == before
    Path("log").write_text('{"fi')  # where a system has stopped
    assert invoke("compress", "in/one", "--report", "log", "-1").exit_code == 0

"""The command bench: levels beside other compressors, and the model on every device."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lmpack.cli.main import main
from lmpack.evaluation import rivals
from lmpack.evaluation.rivals import contestants, measure

TEXT = b"What is measured has to be some text. " * 60


def bench(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["bench", *arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text"
    path.write_bytes(TEXT)
    return path


def set_contestants(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(rivals, "contestants", lambda levels: list(names))


def find_only_zstd(name: str) -> str | None:
    return "/bin/zstd" if name == "zstd" else None


def test_a_level_beside_another_compressor(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_contestants(monkeypatch, "level:1", "gzip")
    first, *rows = bench(str(text), "--bytes", "2000").stdout.splitlines()
    assert first.endswith("text: 2,000 bytes")
    assert rows[0].split() == ["bytes", "ratio", "KB/s", "in", "KB/s", "out", "MiB"]
    assert [row[:14].strip() for row in rows[1:]] == ["lmpack -1", "gzip -9"]


def test_figures_as_json(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_contestants(monkeypatch, "gzip")
    (row,) = json.loads(bench(str(text), "--json").stdout)
    assert row["name"] == "gzip -9"
    assert row["compressed_bytes"] == len(gzip.compress(TEXT, 9))
    assert row["plain_bytes"] == len(TEXT)
    assert min(row["encode_kb_per_s"], row["decode_kb_per_s"]) > 0
    assert row["peak_bytes"] is None or row["peak_bytes"] > 1 << 20


def test_the_levels_that_were_chosen(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []

    def nobody(levels: tuple[int, ...]) -> list[str]:
        asked.append(levels)
        return []

    monkeypatch.setattr(rivals, "contestants", nobody)
    bench(str(text))
    bench(str(text), "--levels", "9, 1-2,2")
    assert asked == [tuple(range(1, 10)), (1, 2, 9)]


def test_what_comes_with_python_is_always_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert contestants([1, 6]) == ["level:1", "level:6", "gzip", "lzma2"]
    monkeypatch.setattr(shutil, "which", find_only_zstd)
    assert contestants([]) == ["gzip", "lzma2", "program:zstd"]


def test_a_module_stands_for_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("zstandard")
    monkeypatch.setattr(shutil, "which", find_only_zstd)
    names = contestants([])
    assert "zstd" in names and "program:zstd" not in names


@pytest.mark.skipif(shutil.which("zstd") is None, reason="needs the program zstd")
def test_a_program_is_measured(text: Path) -> None:
    row = measure("program:zstd", text, None)
    assert row.name == "zstd -19"
    assert row.compressed_bytes < row.plain_bytes == len(TEXT)


def test_what_does_not_come_back_is_an_error(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that always prints the same."""
    program = tmp_path / "bzip3"
    program.write_text("#!/bin/sh\ncat > /dev/null; echo x\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    set_contestants(monkeypatch, "program:bzip3")
    assert "bzip3 did not give the bytes back" in bench(str(text), code=1).stderr


@pytest.mark.parametrize("levels", ["", "0", "10", "1-", "-3", "2-1", "1;2", "1-9999", "x"])
def test_lists_of_levels_that_are_none(levels: str) -> None:
    assert "--levels" in bench("file", "--levels", levels, code=2).stderr


def test_a_picture(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    set_contestants(monkeypatch, "gzip")
    bench(str(text), "--plot", str(tmp_path / "x.png"))
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert "its folder is not there" in bench(str(text), "--plot", "no/x.png", code=1).stderr
    assert "--plot draws levels" in bench("--plot", "x.png", code=2).stderr


def test_a_picture_without_matplotlib(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = bench(str(text), "--plot", "x.png", code=1)
    assert "this needs the package matplotlib: pip install 'lmpack[eval]'" in result.stderr
    assert result.stdout == ""


def test_nothing_to_measure(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert "nothing to measure" in bench(str(tmp_path / "empty"), code=1).stderr


@pytest.mark.slow
@pytest.mark.usefixtures("fake_models")
def test_bench_measures_every_device(text: Path) -> None:
    result = bench(str(text), "--devices", "--threads", "1", "--json")
    native, reference = json.loads(result.stdout)
    assert (native["device"], reference["device"]) == ("cpu", "cpu:onnxruntime")
    assert native["payload"] == reference["payload"] < native["bytes"] == 2280
    assert 0 < native["encode_share"] < 1 and 0 < native["decode_share"] < 1
    assert reference["encode_share"] is None
    line = bench("--bytes", "2000", "--device", "cpu").stdout
    assert "2,000 to" in line and "% of the peak" in line


def test_bench_says_what_it_cannot_measure_with(tmp_path: Path) -> None:
    empty, noise = tmp_path / "empty", tmp_path / "noise"
    empty.touch()
    noise.write_bytes(os.urandom(2000))
    for path, message in ((empty, "nothing to measure"), (noise, "measure with text")):
        result = bench(str(path), "--device", "cpu", code=1)
        assert message in result.stderr


def test_a_picture_replaces_nothing_unasked(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    set_contestants(monkeypatch, "gzip")
    precious = tmp_path / "precious.png"
    precious.write_bytes(b"not yet drawn")
    assert "exists already" in bench(str(text), "--plot", str(precious), code=1).stderr
    itself = bench(str(precious), "--plot", str(precious), "-f", code=1)
    assert "input and output are the same file" in itself.stderr
    assert precious.read_bytes() == b"not yet drawn"
    for name in ("x.txt", "x"):
        result = bench(str(text), "--plot", str(tmp_path / name), code=1)
        assert "is no name of a picture" in result.stderr
        assert not result.stdout
    bench(str(text), "--plot", str(precious), "-f")
    assert precious.read_bytes().startswith(b"\x89PNG")

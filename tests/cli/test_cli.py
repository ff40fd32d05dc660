"""What the commands do when all goes well."""

from __future__ import annotations

import json
import os
import random
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from fake_models import FakeModels

import lmpack
from lmpack._blocks.options import OptionFields
from lmpack._models.bundle import classical_rates
from lmpack.cli.main import main

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.usefixtures("fake_models")

WORDS = b"what the model finds probable\n" * 40
PROGRAM = f"{sys.executable} {Path(__file__).parents[1] / 'support' / 'fake_lmpack.py'}"

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in an empty folder; it has to end well."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        result = CliRunner().invoke(main, arguments, input=stdin, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_bytes(WORDS)
    return path


def test_compress_and_decompress_files(invoke: Invoke, words: Path) -> None:
    result = invoke("compress", "words.txt")
    assert result.output == ""
    packed = Path("words.txt.lmp")
    assert packed.read_bytes() == lmpack.compress(WORDS)
    words.unlink()
    invoke("decompress", "words.txt.lmp")
    assert words.read_bytes() == WORDS
    assert sorted(os.listdir()) == ["words.txt", "words.txt.lmp"]


@pytest.mark.parametrize(
    ("pack", "unpack"), [(["compress"], ["decompress"]), ([], ["-d"]), (["-c"], ["-dc"])]
)
def test_standard_input_to_standard_output(
    invoke: Invoke, pack: list[str], unpack: list[str]
) -> None:
    packed = invoke(*pack, stdin=WORDS).stdout_bytes
    assert packed == lmpack.compress(WORDS)
    assert invoke(*unpack, stdin=packed).stdout_bytes == WORDS


def test_a_dash_is_standard_input_and_output(invoke: Invoke, words: Path) -> None:
    packed = invoke("compress", "words.txt", "-o", "-").stdout_bytes
    assert invoke("decompress", "-", stdin=packed).stdout_bytes == WORDS
    invoke("decompress", "-", "-o", "back", stdin=packed)
    assert Path("back").read_bytes() == WORDS


def test_several_files_to_standard_output_are_one_content(invoke: Invoke, words: Path) -> None:
    packed = invoke("compress", "-c", "words.txt", "words.txt").stdout_bytes
    assert invoke("decompress", stdin=packed).stdout_bytes == 2 * WORDS


def test_spellings_of_gzip(invoke: Invoke, words: Path) -> None:
    invoke("-k", "words.txt")
    assert words.exists()
    invoke("-t", "words.txt.lmp")
    words.unlink()
    invoke("-dk", "words.txt.lmp")
    assert words.read_bytes() == WORDS
    assert invoke("-dcf", "words.txt.lmp").stdout_bytes == WORDS
    words.unlink()
    for test in ("-td", "-dt"):
        invoke(test, "words.txt.lmp")
        assert not words.exists()
    invoke("--decompress", "--force", "--rm", "words.txt.lmp")
    assert os.listdir() == ["words.txt"]


def test_a_file_named_like_a_command_can_be_named_otherwise(invoke: Invoke) -> None:
    Path("info").write_bytes(WORDS)
    invoke("./info")
    assert Path("info.lmp").exists()


def test_rm_deletes_the_input_and_keep_takes_it_back(invoke: Invoke, words: Path) -> None:
    invoke("compress", "--rm", "-k", "words.txt")
    assert words.exists()
    invoke("compress", "-f", "--rm", "words.txt")
    assert os.listdir() == ["words.txt.lmp"]


def test_force_overwrites(invoke: Invoke, words: Path) -> None:
    Path("words.txt.lmp").write_bytes(b"old")
    invoke("compress", "-f", "words.txt")
    assert lmpack.decompress(Path("words.txt.lmp").read_bytes()) == WORDS
    invoke("compress", "-f", "words.txt.lmp")
    assert Path("words.txt.lmp.lmp").exists()


def test_time_and_permissions_are_kept(invoke: Invoke, words: Path) -> None:
    words.chmod(0o640)
    os.utime(words, ns=(10**18, 10**18 + 123456789))
    invoke("compress", "words.txt")
    invoke("decompress", "words.txt.lmp", "-o", "back")
    for name in ("words.txt.lmp", "back"):
        status = os.stat(name)
        assert stat.S_IMODE(status.st_mode) == 0o640
        assert status.st_mtime_ns == 10**18 + 123456789


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_root_keeps_the_owner(invoke: Invoke, words: Path) -> None:
    os.chown(words, 1234, 2345)
    words.chmod(0o640)
    invoke("compress", "words.txt")
    status = Path("words.txt.lmp").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (1234, 2345, 0o640)


def test_output_from_standard_input_has_usual_permissions(invoke: Invoke) -> None:
    before = os.umask(0o027)
    try:
        invoke("compress", "-o", "x.lmp", stdin=WORDS)
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat("x.lmp").st_mode) == 0o640


def test_options_reach_the_model(invoke: Invoke, words: Path, fake_models: FakeModels) -> None:
    invoke("-T3", "--model", "base", "--device", "cpu:onnxruntime", "words.txt")
    assert fake_models.opened == [("base", "cpu:onnxruntime", 3)]
    invoke("decompress", "-f", "words.txt.lmp")
    assert words.read_bytes() == WORDS


@pytest.mark.parametrize("program", [["compress"], []])
@pytest.mark.parametrize(
    ("option", "arguments"),
    [
        (["-1"], {"level": 1}),
        (["--level", "3"], {"level": 3}),
        (["-9"], {"level": 9}),
        (["-2", "-8"], {"level": 8}),
        (["--no-mixing"], {"mixing": False}),
        (["-1", "--model", "base", "--no-mixing"], {"model": "base", "mixing": False}),
    ],
)
def test_levels_and_mixing(
    invoke: Invoke, words: Path, program: list[str], option: list[str], arguments: OptionFields
) -> None:
    packed = invoke(*program, *option, "-c", "words.txt").stdout_bytes
    assert packed == lmpack.compress(WORDS, **arguments)
    assert invoke("-dc", stdin=packed).stdout_bytes == WORDS


def test_info_says_that_there_is_no_model(invoke: Invoke, words: Path) -> None:
    invoke("-1", "words.txt")
    assert re.search(r"^ +model +none$", invoke("info", "words.txt.lmp").stdout, re.MULTILINE)


def test_verbose_says_the_sizes_on_standard_error(invoke: Invoke, words: Path) -> None:
    result = invoke("compress", "-v", "words.txt")
    size = len(lmpack.compress(WORDS))
    assert f"words.txt: 1,200 bytes, compressed {size}" in result.stderr
    assert "bits per byte" in result.stderr
    assert result.stdout == ""
    assert "1,200 bytes" in invoke("test", "-v", "words.txt.lmp").stderr


def test_json_of_compress_decompress_and_test(invoke: Invoke, words: Path) -> None:
    size = len(lmpack.compress(WORDS))
    record = {
        "file": "words.txt",
        "plain_bytes": 1200,
        "compressed_bytes": size,
        "bits_per_byte": round(8 * size / 1200, 4),
        "output": "words.txt.lmp",
    }
    assert json.loads(invoke("compress", "--json", "words.txt").stdout) == [record]
    record |= {"file": "words.txt.lmp", "output": "back"}
    result = invoke("decompress", "--json", "-o", "back", "words.txt.lmp")
    assert json.loads(result.stdout) == [record]
    del record["output"]
    assert json.loads(invoke("test", "--json", "words.txt.lmp").stdout) == [record]


def test_empty_content(invoke: Invoke) -> None:
    Path("empty").touch()
    (record,) = json.loads(invoke("compress", "--json", "empty").stdout)
    assert record["bits_per_byte"] is None
    invoke("decompress", "-f", "-v", "empty.lmp")
    assert Path("empty").read_bytes() == b""
    assert "none" in invoke("info", "empty.lmp").stdout


def test_info(invoke: Invoke, words: Path) -> None:
    noise = random.Random(2).randbytes(256)
    alone = lmpack.compress(WORDS, mixing=False)
    Path("two.lmp").write_bytes(alone + lmpack.compress(noise, model="base"))
    text = invoke("info", "two.lmp").stdout
    assert "small (736d616c6c2d2d2d)" in text
    assert "1,200 bytes" in text
    assert "1 model" in text
    assert "1 raw" in text
    assert "lanes" not in text
    assert "lanes" in invoke("info", "-v", "two.lmp").stdout
    (record,) = json.loads(invoke("info", "--json", "two.lmp").stdout)
    first, second = record["containers"]
    assert (first["models"], second["models"]) == (["small"], [])
    assert second["offset"] == first["compressed_length"]
    assert second["blocks"][0]["kind"] == "raw"
    assert first["blocks"][0]["plain_length"] == 1200


def test_models(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lmpack._models.bundle.Bundle.size", 12345)
    text = invoke("models").stdout
    assert "small" in text
    assert re.search(r"^small \(default\) .* 12,345 +-$", text, re.MULTILINE)
    assert re.search(r"^novels +2\.500 .*2\.500", text, re.MULTILINE)
    report = json.loads(invoke("models", "--json").stdout)
    assert report["classical"] == classical_rates()
    assert [model["default"] for model in report["models"]] == [False, True, False]
    first = report["models"][1]
    assert first["fingerprint"].startswith(b"small".hex())
    assert (first["bundle_bytes"], first["bits_per_byte"]) == (12345, {"novels": 2.5})
    assert first["products_per_byte"] > 0 < first["parameters"]


def test_version_and_help(invoke: Invoke) -> None:
    assert lmpack.__version__ in invoke("--version").stdout
    text = invoke("--help").stdout
    for command in ("compress", "decompress", "test", "info", "models", "train", "export"):
        assert command in text
        assert "Usage" in invoke(command, "--help").stdout
    assert "gzip-style" not in text


def test_without_anything_on_a_terminal_it_explains_itself(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lmpack.cli.main.sys.stdin", FakeTerminal())
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True)
    assert "Usage" in invoke().stdout


class FakeTerminal:
    """A standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.slow
def test_tar_can_call_it_in_both_directions(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "words.txt").write_bytes(WORDS)
    archive = tmp_path / "folder.tar.lmp"
    tar = ["tar", "-I", PROGRAM]
    subprocess.run([*tar, "-cf", archive, "-C", tmp_path, "folder"], check=True)
    (folder / "words.txt").unlink()
    subprocess.run([*tar, "-xf", archive, "-C", tmp_path], check=True)
    assert (folder / "words.txt").read_bytes() == WORDS

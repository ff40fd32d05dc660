"""--model twice: what the commands make of two models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lmpack.cli.main import main

WORDS = b"What two models find probable takes even less room in the end.\n"
BOTH = ("--model", "tiny", "--model", "small")

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in a folder with a file, words.txt."""
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == code, result.output
        return result

    return run


def test_two_models_pack_and_are_described(invoke: Invoke) -> None:
    invoke("compress", *BOTH, "words.txt")
    invoke("test", "words.txt.lmp")
    invoke("decompress", "words.txt.lmp", "-o", "again.txt")
    assert Path("again.txt").read_bytes() == WORDS
    invoke("decompress", *BOTH, "words.txt.lmp", "-o", "given.txt")
    assert Path("given.txt").read_bytes() == WORDS
    said = invoke("info", "words.txt.lmp").stdout
    (container,) = json.loads(invoke("info", "--json", "words.txt.lmp").stdout)[0]["containers"]
    assert container["models"] == ["tiny", "small"]
    assert (container["version"], container["prefix"]) == (1, None)
    first, second = container["fingerprints"]
    assert f"tiny ({first}) + small ({second})" in said


def test_the_short_form_takes_two_models(invoke: Invoke) -> None:
    invoke("-9", *BOTH, "words.txt")
    assert "tiny" in invoke("info", "words.txt.lmp").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("compress", "--no-mixing", *BOTH, "words.txt"), 1, "two models cannot do without mixing"),
        (("compress", "--no-mixing", "-9", "words.txt"), 1, "two models cannot do without mixing"),
        (("compress", "--model", "tiny", "--model", "tiny", "words.txt"), 1, "was given twice"),
        (("compress", *BOTH, "--model", "base", "words.txt"), 1, "takes one model or 2, not 3"),
        (("bench", *BOTH, "words.txt"), 1, "the speed of one model is measured"),
        (("generate", *BOTH, "text", "words.txt"), 2, "one model draws, not two"),
        (("generate", "text", *BOTH, "words.txt"), 2, "one model draws, not two"),
    ],
)
def test_what_two_models_cannot_do_is_said(
    invoke: Invoke, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = invoke(*arguments, code=code)
    assert message in " ".join(result.output.replace("\u2502", " ").split())
    assert not Path("words.txt.lmp").exists()

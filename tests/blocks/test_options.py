"""Options: one object, whose fields are keywords everywhere, and which type checkers know."""

from __future__ import annotations

import dataclasses
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import click
import pytest
from fake_models import FakeModels

import lmpack
from lmpack import Options
from lmpack._blocks.options import OptionFields
from lmpack.cli.convert import compress, decompress
from lmpack.cli.options import encoding_choice

ROOT = Path(__file__).parents[2]
WORDS = b"what the model finds probable\n" * 20

OTHER: dict[str, Any] = {
    "level": 3,
    "model": "base",
    "mixing": False,
    "device": "cpu:onnxruntime",
    "threads": 2,
    "max_size": 1000,
    "max_memory": 1 << 30,
    "verify": True,
    "prefix": lmpack.Prefix(b"both sides have it"),
    "block_size": 1 << 16,
}
"""A value of each option that is not the default."""


def test_keywords_are_the_fields() -> None:
    fields = {field.name: field.type for field in dataclasses.fields(Options)}
    assert list(OptionFields.__annotations__) == list(fields)
    assert get_type_hints(OptionFields) == get_type_hints(Options)
    assert not OptionFields.__required_keys__
    assert OTHER.keys() == fields.keys()
    for name, value in OTHER.items():
        assert value != getattr(Options(), name)
        assert f"{name}: " in str(Options.__doc__)


def test_every_option_is_one_of_the_command_line() -> None:
    def names(command: click.Command) -> set[str | None]:
        return {parameter.name for parameter in command.params}

    assert names(compress) >= OTHER.keys()
    assert encoding_choice(**OTHER) == Options(**OTHER)
    of_compression = {"level", "mixing", "verify", "block_size"}
    assert names(decompress) & OTHER.keys() == OTHER.keys() - of_compression


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("level", 0),
        ("level", "6"),
        ("level", True),
        ("level", 6.0),
        ("model", 5),
        ("model", b"base"),
        ("mixing", "no"),
        ("mixing", 1),
        ("mixing", None),
        ("device", "abacus"),
        ("device", None),
        ("threads", 0),
        ("threads", "2"),
        ("threads", True),
        ("max_size", 0),
        ("max_size", True),
        ("max_size", "1M"),
        ("max_memory", 0),
        ("max_memory", 1.5),
        ("verify", 1),
        ("block_size", 4095),
        ("block_size", (1 << 24) + 1),
        ("block_size", True),
        ("block_size", 65536.0),
    ],
)
def test_what_is_out_of_range_is_refused_at_once(field: str, value: object) -> None:
    with pytest.raises(lmpack.UsageError, match=field):
        Options(**{field: value})  # type: ignore[arg-type]


def test_a_mistyped_option_is_guessed() -> None:
    with pytest.raises(lmpack.UsageError, match=r"no option levle: did you mean level\?"):
        lmpack.compress(b"", levle=1)  # type: ignore[call-arg]
    # An argument of the function that was called, too.
    for function in (lmpack.compress_files, lmpack.decompress_files):
        with pytest.raises(lmpack.UsageError, match=r"did you mean recursive\?"):
            list(function([], recursiv=True))  # type: ignore[call-arg]


def test_unknown_options_are_refused_with_the_known_ones() -> None:
    with pytest.raises(lmpack.UsageError, match="no option colour: there are level, model, mixing"):
        lmpack.compress(b"", colour="red")  # type: ignore[call-arg]


@pytest.mark.parametrize("options", [{"level": 1}, Options, "level=1", 1, {}])
def test_what_is_no_options_object_is_refused(options: Any) -> None:
    with pytest.raises(lmpack.UsageError, match=r"must be an lmpack\.Options, not"):
        lmpack.compress(b"", options=options)


def written(**options: Any) -> bytes:
    sink = io.BytesIO()
    with lmpack.open(sink, "wb", **options) as file:
        file.write(WORDS)
    return sink.getvalue()


def streamed(**options: Any) -> bytes:
    sink = io.BytesIO()
    lmpack.compress_stream(io.BytesIO(WORDS), sink, **options)
    return sink.getvalue()


def filed(**options: Any) -> bytes:
    Path("words").write_bytes(WORDS)
    (result,) = lmpack.compress_files(["words"], force=True, **options)
    return Path(str(result.output)).read_bytes()


@pytest.mark.parametrize(
    "function", [lambda **options: lmpack.compress(WORDS, **options), written, streamed, filed]
)
def test_every_way_to_encode_takes_an_object_and_keywords(
    function: Callable[..., bytes],
    fake_models: FakeModels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    chosen = Options(model="base", mixing=False, threads=3)
    expected = lmpack.compress(WORDS, model="base", mixing=False)
    assert function(options=chosen) == function(model="base", mixing=False) == expected
    assert function(options=chosen, model="tiny") != expected
    fake_models.opened.clear()
    function(options=dataclasses.replace(chosen, device="cpu:onnxruntime"))
    assert fake_models.opened == [("base", "cpu:onnxruntime", 3)]


def test_every_way_to_decode_takes_the_object_of_encoding(
    fake_models: FakeModels, tmp_path: Path
) -> None:
    chosen = Options(level=9, model="base", mixing=False, threads=3)
    packed = lmpack.compress(WORDS, options=chosen)
    fake_models.opened.clear()
    assert lmpack.decompress(packed, options=chosen) == WORDS
    assert lmpack.verify_stream(io.BytesIO(packed), options=chosen).written == len(WORDS)
    with lmpack.open(io.BytesIO(packed), options=chosen) as file:
        assert file.read() == WORDS
    (tmp_path / "words.lmp").write_bytes(packed)
    (result,) = lmpack.decompress_files([tmp_path / "words.lmp"], options=chosen)
    assert result.error is None
    assert fake_models.opened == []  # it is open since it was compressed: the same threads


SNIPPET = """
import lmpack
import lmpack.cli.request
from lmpack.cli.options import decoding_choice, encoding_choice
lmpack.compress(b"", level=3, options=lmpack.Options(threads=2))
lmpack.open("file", "rt", model="base", encoding="utf-8")
lmpack.compress(b"", level="3")
lmpack.decompress(b"", executor="cpu")
lmpack.compress_files(["file"], mixing=1.0)
lmpack.Options(colour="red")
encoding_choice(
    level=3, mixing=True, verify=None, model=None, device="cpu", max_size=None, max_memory=None,
    prefix=None, block_size=None,
)
decoding_choice(model=None, device="cpu", max_size=None, max_memory=None, prefix=None)
lmpack.cli.request.Request(is_compression=True, options=lmpack.Options())
"""


@pytest.mark.slow
def test_type_checkers_see_a_wrong_option(tmp_path: Path) -> None:
    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPET)
    # Run where the package is checked, so that the results of that are used.
    result = subprocess.run(
        [sys.executable, "-m", "mypy", snippet], cwd=ROOT, capture_output=True, text=True
    )
    lines = [line.split(": ", 1) for line in result.stdout.splitlines() if ": error: " in line]
    found = [int(place.rpartition(":")[2]) for place, _ in lines]
    assert found == [7, 8, 9, 10, 11, 15, 16]
    words = ("level", "executor", "mixing", "colour", "threads", "threads", "resume")
    for (_, message), word in zip(lines, words, strict=True):
        assert word in message, result.stdout


def test_a_block_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    source = tmp_path / "words"
    source.write_bytes(WORDS * 20)  # 12,000 bytes
    (result,) = lmpack.compress_files([source], level=1, block_size=4096)
    assert result.output is not None
    (container,) = lmpack.describe(result.output)
    assert [block.plain_length for block in container.blocks] == [4096, 4096, 3808]

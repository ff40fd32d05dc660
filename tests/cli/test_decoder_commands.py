"""The commands over an imported model: options, figures, and what is found without naming it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from block_sizes import set_block_size
from click.testing import CliRunner, Result
from decoder_bundles import write_random_bundle
from lettered_decoder import LetteredDecoder
from random_decoder import small_shape

import lmpack
from lmpack._blocks import executor_cache
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack.cli.main import main
from lmpack.evaluation.paper import CHUNK

TOKENS = sorted([*(bytes([byte]) for byte in range(256)), b"tin", b"an", b"est"])
PROSE = (
    b"nine ants in a tin nest sat at a sate tent\nas satin tints its test site in tensest states\n"
    b"a titan eats tea at ten in stasis\nits tiniest saint insists in intense senses\n"
)
TEXT = PROSE + b"\x00\xff\xc3 <bos> \xe2\x96\x81"

Invoke = Callable[..., Result]


@pytest.fixture
def bundle(tmp_path: Path) -> DecoderBundle:
    shape = small_shape("llama", TOKENS, context=40, windows=(9, 40))
    return write_random_bundle(tmp_path / "bundle", shape, TOKENS)


@pytest.fixture
def invoke(
    tmp_path: Path, models_folder: Path, bundle: DecoderBundle, monkeypatch: pytest.MonkeyPatch
) -> Invoke:
    """Runs the program in a folder with a file, text; it has to end well."""
    monkeypatch.chdir(tmp_path)
    Path("text").write_bytes(TEXT)
    monkeypatch.setattr(
        executor_cache, "open_executor", lambda bundle, *others: LetteredDecoder(bundle)
    )
    monkeypatch.setattr(executor_cache, "_executors", {})

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.mark.parametrize(
    ("option", "kind"), [("--mixing", "mixed tokens"), ("--no-mixing", "tokens")]
)
def test_from_a_text_and_back(
    invoke: Invoke,
    bundle: DecoderBundle,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    kind: str,
) -> None:
    # In a block that is full, the 8 bytes that name the model need not be saved by it.
    set_block_size(monkeypatch, len(TEXT))
    report = json.loads(
        invoke("compress", "--json", option, "--verify", "--model", "bundle", "text").stdout
    )
    assert report[0]["file"] == "text"
    (container,) = json.loads(invoke("info", "--json", "text.lmp").stdout)[0]["containers"]
    assert (container["version"], container["models"], container["memory"]) == (1, [None], None)
    assert container["fingerprints"] == [bundle.fingerprint[:8].hex()]
    assert [block["kind"] for block in container["blocks"]] == [kind]
    invoke("test", "--model", "bundle", "text.lmp")
    invoke("models", "--add", "bundle", "--name", "mine")
    shutil.rmtree("bundle")
    (container,) = json.loads(invoke("info", "--json", "text.lmp").stdout)[0]["containers"]
    assert container["models"] == ["random"]
    assert container["memory"] > len(TEXT)
    assert (
        f"model       random ({container['fingerprints'][0]})" in invoke("info", "text.lmp").stdout
    )
    invoke("test", "text.lmp")
    invoke("decompress", "-o", "back", "text.lmp")
    assert Path("back").read_bytes() == TEXT


def test_names_of_added_models_are_models(invoke: Invoke, bundle: DecoderBundle) -> None:
    invoke("models", "--add", "bundle", "--name", "mine")
    invoke("compress", "--model", "mine", "-o", "one", "text")
    invoke("compress", "--model", "bundle", "-o", "two", "text")
    assert Path("one").read_bytes() == Path("two").read_bytes()
    assert lmpack.decompress(Path("one").read_bytes()) == TEXT
    assert lmpack.decompress(lmpack.compress(TEXT, model="mine", level=9)) == TEXT
    assert lmpack.decompress(lmpack.compress(b"", model="mine")) == b""


def test_generating(invoke: Invoke) -> None:
    invoke("models", "--add", "bundle", "--name", "mine")
    first = invoke("generate", "--model", "mine", "text", "text", "--bytes", "50").stdout_bytes
    assert len(first) == 50
    assert first == invoke(
        "generate", "text", "text", "--bytes", "50", "--with", "model:bundle"
    ).stdout_bytes  # fmt: skip
    best = invoke(
        "generate", "text", "text", "--bytes", "50", "--model", "mine", "--candidates", "3",
        "--temperature", "0.7", "--seed", "4",
    )  # fmt: skip
    assert len(best.stdout_bytes) == 50


def test_the_papers_table(invoke: Invoke) -> None:
    Path("prose").write_bytes((PROSE * 40)[:CHUNK])
    invoke(
        "eval", "table1", "--chunks", "1", "--no-whole", "--output", "out", "--data", "random",
        "--data", "enwik8=prose", "--compressor", "model:bundle", "--compressor",
        "characters:bundle",
    )  # fmt: skip
    rows = json.loads(Path("out/table1.json").read_text())["rows"]
    assert {row["compressor"] for row in rows} == {"random (bytes)", "random (characters)"}
    assert len(rows) == 4
    for row in rows:
        assert row["raw_bytes"] == CHUNK
        assert row["parameters"] > 0
        assert row["model_bytes"] > row["parameters"]
    of_text = {
        row["compressor"]: row["compressed_bytes"] for row in rows if row["data_set"] == "enwik8"
    }
    # Text of ASCII loses no bit: two bytes say so.
    assert of_text["random (characters)"] == of_text["random (bytes)"] + 2
    assert of_text["random (bytes)"] < CHUNK / 2

"""Bundles: what is wrong with one is said before it can do harm."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_models import ARCHITECTURES, random_bundle

from lmpack._blocks.levels import DEFAULT_MODEL
from lmpack._executors import open_executor
from lmpack._models.architecture import WORD, Architecture, ContextTable
from lmpack._models.bundle import (
    GRAPHS,
    MANIFEST,
    TENSORS,
    Bundle,
    find_bundle,
    list_models,
    load_bundle,
)
from lmpack._models.symbols import embedding_rows
from lmpack.errors import BundleError, ModelError, UsageError

Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("original"), ARCHITECTURES["plain"])


@pytest.fixture
def folder(original: Bundle, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(original.path, tmp_path / "copy"))


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def edit_manifest(change: Callable[[Manifest], object]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        manifest = json.loads((folder / MANIFEST).read_text())
        change(manifest)
        (folder / MANIFEST).write_text(json.dumps(manifest))

    return edit


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no tensors": (lambda f: (f / TENSORS).unlink(), "cannot be read"),
    "no graph": (lambda f: (f / GRAPHS[0]).unlink(), "cannot be read"),
    "tensors": (lambda f: flip_a_bit(f / TENSORS), "fingerprint is not the manifest's"),
    "graph": (lambda f: flip_a_bit(f / GRAPHS[1]), "SHA-256 is not the manifest's"),
    "no JSON": (lambda f: (f / MANIFEST).write_text("{"), "is not JSON"),
    "binary": (lambda f: (f / MANIFEST).write_bytes(b"\xff\xfe"), "is not JSON"),
    "list": (lambda f: (f / MANIFEST).write_text("[]"), "JSON object"),
    "newer": (edit_manifest(lambda m: m.update(spec_version=3)), "this lmpack knows 2"),
    "no fingerprint": (edit_manifest(lambda m: m.pop("fingerprint")), "fingerprint"),
    "odd fingerprint": (edit_manifest(lambda m: m.update(fingerprint="x")), "misstates"),
    "no shape": (edit_manifest(lambda m: m.pop("architecture")), "architecture"),
    "odd shape": (edit_manifest(lambda m: m["architecture"].update(width=7)), "multiple of 32"),
    "text shape": (
        edit_manifest(lambda m: m["architecture"].update(width="7")),
        "must be an integer",
    ),
    "other shape": (edit_manifest(lambda m: m["architecture"].update(heads=2)), "fingerprint"),
    "unknown field": (edit_manifest(lambda m: m["architecture"].update(depth=2)), "depth"),
    "list as shape": (edit_manifest(lambda m: m.update(architecture=[1])), "cannot be read"),
    "deep": (lambda f: (f / MANIFEST).write_text("[" * 100_000), "is not JSON"),
    "float shape": (edit_manifest(lambda m: m["architecture"].update(heads=1.0)), "an integer"),
    "huge": (edit_manifest(lambda m: m["architecture"].update(vocabulary=2**40)), "at most 65536"),
    "wide": (edit_manifest(lambda m: m["architecture"].update(hidden=32 * 10**30)), "at most"),
    "heads": (edit_manifest(lambda m: m["architecture"].update(heads=10**6)), "heads must be 1 to"),
    "queries": (
        edit_manifest(lambda m: m["architecture"].update(heads=1000, head_width=2048)),
        "heads \\* head_width must be at most",
    ),
    "no vectors": (edit_manifest(lambda m: m.update(conformance=[])), "conformance"),
    "odd vectors": (edit_manifest(lambda m: m.update(conformance=[{}])), "symbols"),
    "ragged vectors": (edit_manifest(lambda m: m["conformance"][0]["symbols"][0].pop()), "equal"),
    "other symbols": (
        edit_manifest(lambda m: m["conformance"][0]["symbols"][0].__setitem__(0, 257)),
        "symbols in range",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_bundle_is_refused(folder: Path, damage: str) -> None:
    harm, message = DAMAGES[damage]
    harm(folder)
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_an_unknown_model_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"no model 'gigantic'.*{DEFAULT_MODEL}"):
        load_bundle("gigantic")
    with pytest.raises(ModelError, match=r"holds manifest\.json"):
        load_bundle(tmp_path)


def test_built_in_bundles_are_found_by_name_and_fingerprint() -> None:
    for bundle in list_models():
        assert load_bundle(bundle.name) == bundle
        assert find_bundle(bundle.fingerprint[:8]) == bundle
        assert bundle.size < 8_000_000
        assert bundle.manifest["training"]["symbols"] >= 40_000_000
        assert bundle.manifest["evaluation"]
    assert DEFAULT_MODEL in {bundle.name for bundle in list_models()}
    with pytest.raises(ModelError, match="made with model 0000000000000000"):
        find_bundle(bytes(8))


def test_a_change_on_disk_is_noticed_within_a_process(folder: Path) -> None:
    load_bundle(folder)
    flip_a_bit(folder / TENSORS)
    with pytest.raises(BundleError):
        load_bundle(folder)


@pytest.mark.parametrize(("name", "threads"), [("abacus", None), ("auto", 0), ("auto", -1)])
def test_impossible_executors_are_refused(original: Bundle, name: str, threads: int | None) -> None:
    with pytest.raises(UsageError):
        open_executor(original, name, threads)


def test_embedding_rows_by_hand() -> None:
    """The hash of docs/model.md, written out."""
    a = Architecture(
        vocabulary=32, width=32, heads=1, head_width=32, hidden=32, windows=(4,),
        tables=(ContextTable(2, 10, 0, 32), ContextTable(3, 7, 0, 32)),
    )  # fmt: skip
    symbols = np.array([[32, 32, 5, 6]])  # two start symbols, then the symbols of two positions

    def hashed(*last: int) -> int:
        value = 0
        for symbol in last:
            value = (value + symbol + 1) * 0x9E3779B1 % 2**32
            value ^= value >> 15
        return value

    expected = [
        [5, hashed(32, 5) % 10, hashed(32, 32, 5) % 7],
        [6, hashed(5, 6) % 10, hashed(32, 5, 6) % 7],
    ]
    assert embedding_rows(a, symbols).tolist() == [expected]


def word_rows(text: bytes) -> list[int]:
    """Rows of a word table at every position of a text."""
    a = Architecture(
        vocabulary=256, width=32, heads=1, head_width=32, hidden=32, windows=(4,),
        tables=(ContextTable(WORD, 2**24, 0, 32),),
    )  # fmt: skip
    symbols = np.concatenate([np.full(a.history, 256), np.frombuffer(text, np.uint8)])
    return [row[1] for row in embedding_rows(a, symbols[None])[0].tolist()]


def test_word_rows_by_hand() -> None:
    def mixed(value: int, symbol: int) -> int:
        value = (value + symbol + 1) * 0x9E3779B1 % 2**32
        return value ^ value >> 15

    i, in_ = mixed(0, ord("i")), mixed(mixed(0, ord("i")), ord("n"))
    values = [mixed(0, ord(".")), i, in_, mixed(in_, ord(" ")), mixed(in_, ord("8")), i]
    assert word_rows(b".In 8i") == [value % 2**24 for value in values]


def test_word_rows_depend_on_the_last_word_only() -> None:
    assert word_rows(b"the ")[-1] == word_rows(b"other The ")[-1] == word_rows(b"(THE 1  ")[-1]
    assert word_rows(b"the ")[-1] != word_rows(b"the.")[-1]
    assert word_rows(b"xthe")[-1] != word_rows(b"the")[-1] == word_rows(b"1the")[-1]
    umlaut = "fünf".encode()
    assert word_rows(b"a " + umlaut)[-1] == word_rows(umlaut)[-1] != word_rows(b"nf")[-1]
    long = b"abcdefghijklmnopqrstuvwxyz"
    assert word_rows(long)[-1] == word_rows(long[-16:])[-1] != word_rows(long[-15:])[-1]


def test_parameters_are_those_of_the_tensors(original: Bundle) -> None:
    from safetensors.numpy import load_file

    tensors = load_file(original.path / TENSORS)
    stored = sum(tensor.size for name, tensor in tensors.items() if tensor.dtype == np.int8)
    a = original.architecture
    assert a.parameters == stored + a.heads * sum(a.windows)

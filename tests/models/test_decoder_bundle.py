"""Bundles of decoders: what is read, what is mapped, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from decoder_bundles import UNPROVED, byte_tokenizer, write_bundle, write_random_bundle
from random_decoder import FAMILIES, Tensors, random_decoder, random_tokens, small_shape
from rewritten_bundles import edit_manifest

from lmpack._blocks import executor_cache
from lmpack._models.bundle import TENSORS, TOKENIZER, AnyBundle, load_bundle, load_byte_model
from lmpack._models.decoder.bundle import DecoderBundle, read_decoder_bundle
from lmpack._models.decoder.layout import decoder_layout
from lmpack.errors import BundleError, ModelError

TOKENS = random_tokens(300, np.random.default_rng(1))
SHAPE = small_shape("llama", TOKENS)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> DecoderBundle:
    return write_random_bundle(tmp_path_factory.mktemp("decoder"), SHAPE, TOKENS)


@pytest.fixture
def folder(original: DecoderBundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original.path, tmp_path / "copy"))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_comes_back(tmp_path: Path, family: str) -> None:
    shape = small_shape(family, TOKENS)
    bundle = write_random_bundle(tmp_path, shape, TOKENS, seed=3)
    assert load_bundle(tmp_path) == bundle
    assert bundle.architecture == shape
    assert bundle.token_table() == TOKENS
    tensors = bundle.tensors()
    for name, expected in random_decoder(shape, TOKENS, seed=3).items():
        assert np.array_equal(tensors[name], expected), name
        assert not tensors[name].flags.writeable
        assert tensors[name].ctypes.data % 64 == 0, name  # used where it is
    assert list(tensors) == list(decoder_layout(shape))


def test_the_tensors_are_mapped_once(original: DecoderBundle) -> None:
    first, second = original.tensors(), original.tensors()
    assert np.shares_memory(first["exp2"], second["exp2"])


def test_a_bundle_whose_tensors_are_replaced_is_refused(folder: Path, tmp_path: Path) -> None:
    loaded = load_bundle(folder)
    other = write_random_bundle(tmp_path / "other", SHAPE, TOKENS, seed=1)
    os.replace(other.path / TENSORS, folder / TENSORS)
    with pytest.raises(BundleError, match="damaged or was changed"):
        loaded.tensors()


@dataclasses.dataclass
class Opened:
    """In place of an executor."""

    bundle: AnyBundle


def test_an_executor_is_that_of_the_file_that_it_maps(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is rewritten changes the executor, which a whole copy must not get."""
    monkeypatch.setattr(executor_cache, "_executors", {})
    monkeypatch.setattr(executor_cache, "open_executor", lambda bundle, *others: Opened(bundle))
    executor = executor_cache.cached_executor(load_bundle(folder), "cpu", 1)
    assert executor_cache.cached_executor(load_bundle(folder), "cpu", 1) is executor
    whole = shutil.copytree(folder, tmp_path / "whole")
    (folder / TENSORS).write_bytes(bytes((folder / TENSORS).stat().st_size))
    copy = load_bundle(whole)
    opened = executor_cache.cached_executor(copy, "cpu", 1)
    assert isinstance(opened, Opened)
    assert opened.bundle is copy


def test_a_file_that_is_rewritten_at_its_old_time_is_read_again(folder: Path) -> None:
    load_bundle(folder)
    before = (folder / TENSORS).stat()
    content = bytearray((folder / TENSORS).read_bytes())
    content[-1] ^= 1
    (folder / TENSORS).write_bytes(content)
    os.utime(folder / TENSORS, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(BundleError, match="damaged or was changed"):
        load_bundle(folder)


def test_graphs_are_optional(original: DecoderBundle) -> None:
    assert original.graphs == []
    with pytest.raises(BundleError, match=r"has no cpu\.onnx"):
        original.graph("cpu.onnx")


def test_a_graph_is_verified(tmp_path: Path) -> None:
    bundle = write_random_bundle(tmp_path, SHAPE, TOKENS, graphs={"cpu.onnx": b""})
    assert bundle.graphs == ["cpu.onnx"]
    assert bundle.graph("cpu.onnx").content == b""
    (tmp_path / "cpu.onnx").write_bytes(b"\x08\x01")
    with pytest.raises(BundleError, match=r"cpu\.onnx is damaged"):
        bundle.graph("cpu.onnx")
    with pytest.raises(BundleError, match=r"cpu\.onnx is damaged"):
        load_bundle(tmp_path)


def test_any_bytes_are_segmented(original: DecoderBundle) -> None:
    data = bytes(range(256)) + "é\u2581 abcd\n".encode()
    numbers = original.segmenter().segment(data)
    assert b"".join(TOKENS[number] for number in numbers) == data


def test_a_tokenizer_that_was_changed_is_refused(folder: Path) -> None:
    bundle = load_bundle(folder)
    assert isinstance(bundle, DecoderBundle)
    (folder / TOKENIZER).write_bytes(byte_tokenizer() + b" ")
    with pytest.raises(BundleError, match=r"tokenizer\.json is damaged"):
        bundle.segmenter()
    (folder / TOKENIZER).unlink()
    with pytest.raises(BundleError, match=r"tokenizer\.json cannot be read"):
        bundle.segmenter()


def test_who_needs_a_model_of_bytes_says_so(folder: Path) -> None:
    with pytest.raises(ModelError, match="an imported language model"):
        load_byte_model(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(family="encoder"), "of the family 'encoder'"),
        (dict(family=["decoder"] * 100), "of the family"),
        (dict(spec_version=2), "has spec version 2, this lmpack knows 1"),
        (dict(spec_version=True), "has spec version True"),
        (dict(name=None), "misstates name"),
        (dict(fingerprint="00" * 32), "is damaged or was changed"),
        (dict(architecture={}), "the shape cannot be read"),
        (dict(architecture=SHAPE.to_json() | {"activation_range": 16.0}), "must be 8 or 16"),
        (dict(graphs=[]), None),
        (dict(graphs={"cpu.onnx": 7}), "misstates graphs"),
        (dict(tokenizer=None), "tokenizer"),
        (dict(tokenizer={"kind": "bytes"}), "kind of its tokenizer must be 'tokens'"),
        (dict(tokenizer={"kind": "tokens"}), "with a sha256"),
        (dict(conformance=[]), "no conformance vectors"),
        (dict(conformance=[{"symbols": [[301]], "sha256": ""}]), "with symbols in"),
        (dict(conformance=[{"symbols": [[0] * 65], "sha256": ""}]), "longer than the context"),
        (dict(conformance=[{"symbols": [[0, 1]], "from": 2, "sha256": ""}]), "from must be"),
        (dict(conformance=[{"symbols": [[0, 1]], "from": True, "sha256": ""}]), "from must be"),
    ],
)
def test_manifests_that_misstate_something_are_refused(
    folder: Path, change: dict[str, Any], message: str | None
) -> None:
    edit_manifest(folder, lambda manifest: manifest.update(change))
    if message is None:
        load_bundle(folder)
        return
    with pytest.raises(BundleError, match=message) as caught:
        load_bundle(folder)
    assert len(str(caught.value)) < 500


def test_a_manifest_without_a_tokenizer_is_refused(folder: Path) -> None:
    edit_manifest(folder, lambda manifest: manifest.pop("tokenizer"))
    with pytest.raises(BundleError, match="kind of its tokenizer"):
        load_bundle(folder)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: os.truncate(path, 1 << 40),
        lambda path: os.truncate(path, 0),
        lambda path: os.truncate(path, path.stat().st_size - 1),
        lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\1"),
        lambda path: path.unlink(),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_damaged_tensor_files_are_refused(folder: Path, damage: Callable[[Path], object]) -> None:
    damage(folder / TENSORS)
    with pytest.raises(BundleError, match=TENSORS):
        load_bundle(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("name", [TENSORS, TOKENIZER])
def test_a_pipe_without_a_writer_is_refused_at_once(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(BundleError, match="no regular file"):
        read_decoder_bundle(folder.resolve()).segmenter()


def test_a_bundle_stays_the_same_file(tmp_path: Path) -> None:
    """What is written, byte by byte: fingerprints of files that exist depend on it."""
    tokens = [bytes([byte]) for byte in range(256)]
    shape = small_shape("llama", tokens, windows=(4,), ropes=(0,), context=4)
    tensors: Tensors = {}
    for name, layout in decoder_layout(shape).items():
        above_0 = name.endswith("multiplier") or name in ("score_scale", "norm_epsilon")
        tensors[name] = np.full(layout.shape, int(above_0), layout.dtype)
    tensors["attention_exp2"][0], tensors["exp2"][0] = 65535, 2**30
    tensors["token_lengths"][:], tensors["token_bytes"][:] = 1, range(256)
    bundle = write_bundle(tmp_path, shape, tensors, {}, UNPROVED)
    content = (tmp_path / TENSORS).read_bytes()
    length = int.from_bytes(content[:8], "little")
    assert (8 + length) % 64 == 0
    header = json.loads(content[8 : 8 + length])
    assert header["activation"]["data_offsets"] == [0, 4 * (128 * 16 + 16)]
    assert header["token_lengths"] == {
        "dtype": "U8",
        "shape": [256],
        "data_offsets": [len(content) - 264 - length, len(content) - 8 - length],
    }
    assert bundle.fingerprint.hex() == (
        "c6cba125fc787fa90027b122715cfdef2745651a2e13721119f68e4731342b6d"
    )

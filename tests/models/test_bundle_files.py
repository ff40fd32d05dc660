"""Files of a bundle that are no files, too large, or links."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from random_models import ARCHITECTURES, random_bundle, random_symbols
from rewritten_bundles import edit_manifest

from lmpack._executors import open_executor, opening
from lmpack._executors.conformance import by_prefill, odds_digest
from lmpack._models import bounds
from lmpack._models.bundle import TENSORS, Bundle, load_byte_model
from lmpack._models.files import read_file
from lmpack._models.manifest import GRAPHS, LARGEST_MANIFEST, MANIFEST
from lmpack.errors import BundleError, ModelError

FILES = (MANIFEST, TENSORS, *GRAPHS)

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
needs_devices = pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("original"), ARCHITECTURES["plain"])


@pytest.fixture
def folder(original: Bundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original.path, tmp_path / "copy"))


def put_link(path: Path, target: str) -> None:
    path.unlink()
    path.symlink_to(target)


@needs_devices
@pytest.mark.parametrize("name", FILES[1:])
@pytest.mark.parametrize("target", ["/dev/zero", "/dev/null", "/"])
def test_what_is_no_regular_file_is_refused(folder: Path, name: str, target: str) -> None:
    put_link(folder / name, target)
    with pytest.raises(BundleError, match=rf"{name} cannot be read"):
        load_byte_model(folder)


@needs_pipes
@pytest.mark.parametrize("name", FILES)
def test_a_pipe_without_a_writer_is_refused_at_once(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(ModelError, match=r"no regular file|is no bundle"):
        load_byte_model(folder)


@needs_pipes
def test_a_socket_and_a_loop_of_links_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path has to be short
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        for name in ("loop", "socket", "nothing", "a\0b"):
            with pytest.raises(BundleError, match=f"{name[0]}.* cannot be read"):
                read_file(Path(name), 10)


@pytest.mark.parametrize("name", FILES)
def test_no_more_is_read_than_the_architecture_demands(folder: Path, name: str) -> None:
    os.truncate(folder / name, 1 << 40)  # a hole, which takes no room
    with pytest.raises(BundleError, match=rf"{name} has 1,099,511,627,776 bytes, but must not"):
        load_byte_model(folder)


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "file", 5) == b"12345"
    with pytest.raises(BundleError, match="has 5 bytes, but must not have more than 4"):
        read_file(tmp_path / "file", 4)


def test_a_file_that_grows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    read = os.read
    monkeypatch.setattr("os.read", lambda descriptor, size: read(descriptor, 1) + b"+")
    with pytest.raises(BundleError, match="was changed while it was read"):
        read_file(tmp_path / "file", 5)


VECTORS: dict[str, list[list[object]]] = {
    "many lanes": [[0]] * 100_000,
    "a few lanes too many": [[0]] * 17,
    "many steps": [[0] * 16_385],
    "steps by lanes": [[0] * 1_025] * 16,
    "true": [[True]],
    "a fraction": [[1.0]],
}


@pytest.mark.parametrize("symbols", VECTORS.values(), ids=VECTORS.keys())
def test_conformance_vectors_are_bounded(folder: Path, symbols: list[list[object]]) -> None:
    vector = {"symbols": symbols, "sha256": "00"}
    edit_manifest(folder, lambda manifest: manifest.update(conformance=[vector]))
    with pytest.raises(BundleError, match=r"manifest\.json: conformance: "):
        load_byte_model(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.update(windows=[8] * 1025), "1 to 1024 layers"),
        (lambda a: a.update(windows=[]), "1 to 1024 layers"),
        (lambda a: a.update(tables=[dict(order=2, rows=1, channel=0, width=32)] * 31), "30 tables"),
        (lambda a: a.update(windows=[1] * 1024, width=65536), "parameters"),
    ],
)
def test_architectures_are_bounded(
    folder: Path, change: Callable[[dict[str, object]], object], message: str
) -> None:
    edit_manifest(folder, lambda manifest: change(manifest["architecture"]))
    with pytest.raises(BundleError, match=message):
        load_byte_model(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("name", None), ("name", 7), ("training", []), ("evaluation", "x"), ("tokenizer", None),
     ("graphs", []), ("graphs", {name: 1 for name in GRAPHS}), ("fingerprint", 5),
     ("conformance", 5), ("spec_version", 2.0), ("spec_version", "9" * 10_000)],
)  # fmt: skip
def test_entries_of_another_type_are_refused(folder: Path, key: str, value: object) -> None:
    edit_manifest(folder, lambda manifest: manifest.update({key: value}))
    with pytest.raises(BundleError) as caught:
        load_byte_model(folder)
    assert len(str(caught.value)) < 500


def test_a_number_of_very_many_digits_is_refused(folder: Path) -> None:
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace('"width": 32', '"width": ' + "9" * 100_000))
    with pytest.raises(BundleError, match=r"manifest\.json") as caught:
        load_byte_model(folder)
    assert len(str(caught.value)) < 500


def test_the_manifest_is_bounded(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(b" " * (LARGEST_MANIFEST + 1))
    with pytest.raises(BundleError, match="must not have more than"):
        load_byte_model(folder)


@pytest.mark.parametrize("device", ["cpu", "cpu:onnxruntime"])
def test_the_files_of_a_bundle_may_be_links(
    original: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    """As in the caches of hubs: a folder of links to files that are named by their digests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "blobs").mkdir()
    snapshot = tmp_path / "snapshots" / "main"
    snapshot.mkdir(parents=True)
    for number, name in enumerate(FILES):
        shutil.copy(original.path / name, tmp_path / "blobs" / str(number))
        (snapshot / name).symlink_to(f"../../blobs/{number}")
    (tmp_path / "model").symlink_to(snapshot)
    linked = load_byte_model(tmp_path / "model")
    assert linked.content_digest == original.content_digest
    symbols = random_symbols(original.architecture, 2, 30)
    expected = odds_digest(by_prefill(open_executor(original), symbols, 10))
    assert odds_digest(by_prefill(open_executor(linked, device), symbols, 10)) == expected


@pytest.mark.parametrize("device", ["cpu", "cpu:onnxruntime"])
def test_a_bundle_that_is_replaced_after_it_was_loaded_is_refused(
    folder: Path, tmp_path: Path, device: str
) -> None:
    loaded = load_byte_model(folder)
    other = random_bundle(tmp_path / "other", ARCHITECTURES["plain"], seed=1)
    shutil.copy(other.path / TENSORS, folder / TENSORS)
    with pytest.raises(BundleError, match="is damaged or was changed"):
        open_executor(loaded, device)


def no_memory(*arguments: object) -> None:
    raise MemoryError


def test_a_lack_of_memory_is_an_error_of_the_bundle(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = load_byte_model(folder)
    with monkeypatch.context() as patch:
        patch.setattr(opening, "require_conformance", no_memory)
        with pytest.raises(BundleError, match="not enough memory for the bundle"):
            open_executor(bundle)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.with_name("no proofs")))
    monkeypatch.setattr(bounds, "check_bounds", no_memory)
    os.utime(folder / TENSORS)
    with pytest.raises(BundleError, match="not enough memory for the bundle"):
        load_byte_model(folder)

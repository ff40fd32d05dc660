"""Model bundles: folders with a manifest, the integers of a model and its ONNX graphs."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lmpack._models.architecture import SPEC_VERSION, Architecture
from lmpack.errors import BundleError, ModelError

MANIFEST = "manifest.json"
TENSORS = "model.safetensors"
GRAPHS = ("cpu.onnx", "cuda.onnx", "cuda_rings.onnx")
TOKENIZER = "tokenizer.json"
"""Of models whose symbols are learned from text."""
CLASSICAL_RATES = "classical_rates.json"
BUILT_IN = Path(__file__).parent / "bundles"


@dataclasses.dataclass(frozen=True)
class ConformanceVector:
    """Symbols and the digest of the odds that every executor must give for them.

    Attributes:
        symbols: [L, T] integers, fed as they are.
        sha256: SHA-256 (hex) of the odds int32 [L, T, V], little-endian, in C order.
    """

    symbols: tuple[tuple[int, ...], ...]
    sha256: str


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A model: a folder whose files are verified. :func:`list_models` gives the built-in ones.

    Attributes:
        path: its folder.
        name: what it calls itself.
        architecture: shape of the model.
        fingerprint: 32 bytes, SHA-256 over architecture and tensors; the first 8 are in each file.
        conformance: what executors have to reproduce.
        content_digest: SHA-256 (hex) over tensors and graphs: what was checked when loading.
        tokenizer: kind of the tokenizer that makes its symbols; None if they are bytes.
        manifest: the whole manifest.
    """

    path: Path
    name: str
    architecture: Architecture
    fingerprint: bytes
    conformance: tuple[ConformanceVector, ...] = dataclasses.field(repr=False)
    content_digest: str
    tokenizer: str | None
    manifest: Mapping[str, Any] = dataclasses.field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        names = [MANIFEST, TENSORS, *GRAPHS]
        if (self.path / TOKENIZER).exists():
            names.append(TOKENIZER)
        return sum((self.path / name).stat().st_size for name in names)


def model_fingerprint(architecture: Architecture, tensors: bytes) -> bytes:
    """32 bytes that name a model: SHA-256 over spec version, architecture and tensor file."""
    shape = json.dumps(architecture.to_json(), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(f"lmpack model {SPEC_VERSION}\n{shape}\n".encode())
    digest.update(tensors)
    return digest.digest()


def load_bundle(model: str | os.PathLike[str]) -> Bundle:
    """The bundle with a built-in name, or in a folder.

    Args:
        model: a name from :func:`list_models` (as a str), or the path of a bundle folder.

    Raises:
        ModelError: there is no such bundle.
        BundleError: it is there but incomplete, damaged or of a newer kind.
    """
    path = Path(model)
    if isinstance(model, str) and model in _built_in_names():
        path = BUILT_IN / model
    elif not (path / MANIFEST).is_file():
        known = ", ".join(_built_in_names())
        raise ModelError(
            f"there is no model {str(model)!r}: give a folder that holds {MANIFEST}, "
            f"or one of the built-in models ({known})"
        )
    path = path.resolve()
    return _read_bundle(path, _stamp(path))


def list_models() -> list[Bundle]:
    """The models that come with lmpack, the fastest first."""
    bundles = [load_bundle(name) for name in _built_in_names()]
    return sorted(bundles, key=lambda bundle: bundle.architecture.products_per_symbol)


def find_bundle(fingerprint: bytes) -> Bundle:
    """The built-in bundle whose fingerprint starts with the given bytes.

    Raises:
        ModelError: there is none.
    """
    for name in _built_in_names():
        # Only the right one is read and verified.
        if str(_read_manifest(BUILT_IN / name).get("fingerprint")).startswith(fingerprint.hex()):
            return load_bundle(name)
    raise ModelError(
        f"the file was made with model {fingerprint.hex()}, which is not among the built-in ones: "
        "give the folder of its bundle as the model"
    )


def classical_rates() -> dict[str, dict[str, float]]:
    """Bits per byte of classical compressors on what the built-in models were evaluated on.

    By name of the source, then of the compressor; measured by benchmarks/measure/compare.py.
    """
    rates: dict[str, dict[str, float]] = json.loads((BUILT_IN / CLASSICAL_RATES).read_text())
    return rates


def _built_in_names() -> list[str]:
    return sorted(path.parent.name for path in BUILT_IN.glob(f"*/{MANIFEST}"))


def _stamp(path: Path) -> tuple[tuple[int, int] | None, ...]:
    """Size and time of change of the bundle's files; None for one that is not there."""
    stamps: list[tuple[int, int] | None] = []
    for name in (MANIFEST, TENSORS, *GRAPHS):
        try:
            status = (path / name).stat()
            stamps.append((status.st_size, status.st_mtime_ns))
        except OSError:
            stamps.append(None)
    return tuple(stamps)


@functools.lru_cache(maxsize=16)
def _read_bundle(path: Path, stamp: tuple[tuple[int, int] | None, ...]) -> Bundle:
    """Read and verify a bundle folder; remembered while its files keep their `stamp`."""
    manifest = _read_manifest(path)
    try:
        architecture = Architecture.from_json(manifest["architecture"])
        fingerprint = bytes.fromhex(manifest["fingerprint"])
        graphs = {name: manifest["graphs"][name] for name in GRAPHS}
        conformance = tuple(
            _read_vector(vector, architecture) for vector in manifest["conformance"]
        )
        name = str(manifest["name"])
        tokenizer = str(manifest["tokenizer"]["kind"]) if "tokenizer" in manifest else None
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{path / MANIFEST} lacks or misstates {error}") from error
    if not conformance:
        raise BundleError(f"{path / MANIFEST} has no conformance vectors, so nothing proves it")
    tensors = _read_file(path / TENSORS)
    if model_fingerprint(architecture, tensors) != fingerprint:
        raise BundleError(f"{path / TENSORS} is damaged: its fingerprint is not the manifest's")
    content = hashlib.sha256(fingerprint)
    for file_name, expected in graphs.items():
        found = hashlib.sha256(_read_file(path / file_name)).hexdigest()
        if found != expected:
            raise BundleError(f"{path / file_name} is damaged: its SHA-256 is not the manifest's")
        content.update(expected.encode())
    return Bundle(
        path=path,
        name=name,
        architecture=architecture,
        fingerprint=fingerprint,
        conformance=conformance,
        content_digest=content.hexdigest(),
        tokenizer=tokenizer,
        manifest=manifest,
    )


def _read_vector(vector: Mapping[str, Any], architecture: Architecture) -> ConformanceVector:
    """A conformance vector of a manifest; ValueError, TypeError or KeyError if it is none."""
    symbols = tuple(map(tuple, vector["symbols"]))
    allowed = range(architecture.vocabulary + 1)
    lengths = {len(lane) for lane in symbols}
    if len(lengths) != 1 or 0 in lengths or not all(s in allowed for lane in symbols for s in lane):
        raise ValueError(f"conformance: lanes of equal length, symbols in {allowed}")
    return ConformanceVector(symbols, str(vector["sha256"]))


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(_read_file(path / MANIFEST))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path / MANIFEST} is not JSON: {error}") from error
    if not isinstance(manifest, dict):
        raise BundleError(f"{path / MANIFEST} must hold a JSON object")
    version = manifest.get("spec_version")
    if version != SPEC_VERSION:
        raise BundleError(
            f"the bundle {path} has spec version {version!r}, this lmpack knows {SPEC_VERSION}: "
            "use the version of lmpack that it was made for"
        )
    return manifest


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"the bundle file {path} cannot be read: {error.strerror}") from error

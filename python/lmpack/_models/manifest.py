"""The manifest of a bundle: what it says, and that it says it within bounds."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from lmpack._models.architecture import SPEC_VERSION, Architecture
from lmpack._models.files import read_file
from lmpack.errors import BundleError

Result = TypeVar("Result")

MANIFEST = "manifest.json"
GRAPHS = ("cpu.onnx", "cuda.onnx", "cuda_rings.onnx")

LARGEST_MANIFEST = 1 << 20
"""Bytes; those that are written have fewer than 64 KiB."""

LARGEST_LANES = 16
LARGEST_POSITIONS = 1 << 14
LARGEST_ODDS = 1 << 28
"""Bounds of a conformance vector: lanes, symbols, and symbols times the vocabulary."""


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
class Manifest:
    """What a manifest has to say.

    Attributes:
        name: what the bundle calls itself; any text.
        architecture: shape of the model.
        fingerprint: 32 bytes, as :func:`~lmpack._models.bundle.model_fingerprint` makes them.
        graphs: SHA-256 (hex) of each graph by its name.
        conformance: what executors have to reproduce.
        tokenizer: kind of the tokenizer that makes its symbols; None if they are bytes.
        entries: the whole manifest.
    """

    name: str
    architecture: Architecture
    fingerprint: bytes
    graphs: Mapping[str, str]
    conformance: tuple[ConformanceVector, ...]
    tokenizer: str | None
    entries: Mapping[str, Any]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the bundle in a folder.

    Raises:
        BundleError: it cannot be read, or states something that cannot be.
    """
    path = folder / MANIFEST
    entries = read_entries(folder)
    try:
        architecture = Architecture.from_json(entries.get("architecture", {}))
        manifest = Manifest(
            name=_entry(entries, "name", _text, "a text"),
            architecture=architecture,
            fingerprint=_entry(entries, "fingerprint", bytes.fromhex, "32 bytes in hexadecimal"),
            graphs=_entry(entries, "graphs", _digests, f"an object with {', '.join(GRAPHS)}"),
            conformance=_entry(
                entries,
                "conformance",
                lambda vectors: tuple(_vector(one, architecture) for one in vectors),
                "a list of objects with symbols and sha256",
            ),
            tokenizer=_tokenizer(entries),
            entries=entries,
        )
        for facts in ("training", "evaluation"):
            if not isinstance(entries.get(facts, {}), dict):
                raise BundleError(f"it lacks or misstates {facts}, which must be an object")
    except BundleError as error:
        raise BundleError(f"{path}: {error}: get the whole bundle again") from error
    if not manifest.conformance:
        raise BundleError(f"{path} has no conformance vectors, so nothing proves it")
    return manifest


def read_entries(folder: Path) -> dict[str, Any]:
    """The entries of the manifest in a folder, of which only the version is checked.

    Raises:
        BundleError: it cannot be read, is no JSON object, or is of another version.
    """
    path = folder / MANIFEST
    try:
        entries = json.loads(read_file(path, LARGEST_MANIFEST))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON: {error}") from error
    if not isinstance(entries, dict):
        raise BundleError(f"{path} must hold a JSON object")
    version = entries.get("spec_version")
    if type(version) is not int or version != SPEC_VERSION:
        raise BundleError(
            f"the bundle {folder} has spec version {str(version)[:20]}, this lmpack knows "
            f"{SPEC_VERSION}: use the version of lmpack that it was made for"
        )
    return entries


def _entry(
    entries: Mapping[str, Any], name: str, read: Callable[[Any], Result], expected: str
) -> Result:
    """An entry, read by a function that raises what Python raises if it is not as expected."""
    try:
        return read(entries[name])
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise BundleError(f"it lacks or misstates {name}, which must be {expected}") from error


def _digests(graphs: Any) -> dict[str, str]:
    return {name: _text(graphs[name]) for name in GRAPHS}


def _tokenizer(entries: Mapping[str, Any]) -> str | None:
    if "tokenizer" not in entries:
        return None
    return _entry(
        entries, "tokenizer", lambda facts: _text(facts["kind"]), "an object with the text kind"
    )


def _vector(vector: Mapping[str, Any], architecture: Architecture) -> ConformanceVector:
    """A conformance vector of a manifest; TypeError or LookupError if it is none."""
    symbols = tuple(map(tuple, vector["symbols"]))
    allowed = range(architecture.vocabulary + 1)
    lengths = {len(lane) for lane in symbols}
    numbers = all(type(s) is int and s in allowed for lane in symbols for s in lane)
    if len(lengths) != 1 or 0 in lengths or not numbers:
        raise BundleError(f"conformance: lanes must be equally long, with symbols in {allowed}")
    positions = len(symbols) * len(symbols[0])
    if (
        len(symbols) > LARGEST_LANES
        or positions > LARGEST_POSITIONS
        or positions * architecture.vocabulary > LARGEST_ODDS
    ):
        raise BundleError(
            f"conformance: a vector has {len(symbols)} lanes and {positions:,} symbols, at most "
            f"{LARGEST_LANES} and {LARGEST_POSITIONS:,} are allowed, and {LARGEST_ODDS:,} odds"
        )
    return ConformanceVector(symbols, _text(vector["sha256"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value

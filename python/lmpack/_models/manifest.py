"""The manifest of a bundle: what it says, and that it says it within bounds."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lmpack._models.architecture import SPEC_VERSION, Architecture
from lmpack._models.files import read_file
from lmpack.errors import BundleError

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
        architecture = Architecture.from_json(entries["architecture"])
        tokenizer = _text(entries["tokenizer"]["kind"]) if "tokenizer" in entries else None
        manifest = Manifest(
            name=_text(entries["name"]),
            architecture=architecture,
            fingerprint=bytes.fromhex(entries["fingerprint"]),
            graphs={name: _text(entries["graphs"][name]) for name in GRAPHS},
            conformance=tuple(_vector(one, architecture) for one in entries["conformance"]),
            tokenizer=tokenizer,
            entries=entries,
        )
        for facts in ("training", "evaluation"):
            if not isinstance(entries.get(facts, {}), dict):
                raise ValueError(f"{facts}, which must be an object")
    except BundleError as error:
        raise BundleError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BundleError(f"{path} lacks or misstates {error}") from error
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


def _vector(vector: Mapping[str, Any], architecture: Architecture) -> ConformanceVector:
    """A conformance vector of a manifest; ValueError, TypeError or KeyError if it is none."""
    symbols = tuple(map(tuple, vector["symbols"]))
    allowed = range(architecture.vocabulary + 1)
    lengths = {len(lane) for lane in symbols}
    numbers = all(type(s) is int and s in allowed for lane in symbols for s in lane)
    if len(lengths) != 1 or 0 in lengths or not numbers:
        raise ValueError(f"conformance: lanes of equal length, symbols in {allowed}")
    positions = len(symbols) * len(symbols[0])
    if (
        len(symbols) > LARGEST_LANES
        or positions > LARGEST_POSITIONS
        or positions * architecture.vocabulary > LARGEST_ODDS
    ):
        raise ValueError(
            f"conformance: a vector has {len(symbols)} lanes and {positions:,} symbols, at most "
            f"{LARGEST_LANES} and {LARGEST_POSITIONS:,} are allowed, and {LARGEST_ODDS:,} odds"
        )
    return ConformanceVector(symbols, _text(vector["sha256"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text, but has {str(value)[:40]!r}")
    return value

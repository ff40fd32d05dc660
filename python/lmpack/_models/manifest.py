"""The manifest of a bundle: what it says, and that it says it within bounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from lmpack._models.files import read_file
from lmpack.errors import BundleError


class SymbolShape(Protocol):
    """What the shapes of all families say."""

    @property
    def vocabulary(self) -> int:
        """Number of symbols, without the start symbol."""


Result = TypeVar("Result")
Shape = TypeVar("Shape", bound=SymbolShape, covariant=True)

MANIFEST = "manifest.json"
GRAPHS = ("cpu.onnx", "cuda.onnx", "cuda_rings.onnx")
"""Of models of bytes."""

LARGEST_MANIFEST = 1 << 20
"""Bytes; those that are written have fewer than 64 KiB."""

LARGEST_LANES = 16
LARGEST_POSITIONS = 1 << 14
LARGEST_ODDS = 1 << 28
"""Bounds of a conformance vector: lanes, symbols, and odds that are digested."""


class ConformanceVector(NamedTuple):
    """Symbols and the digest of the odds that every executor must give for them.

    Attributes:
        symbols: [L, T] integers, fed as they are.
        sha256: SHA-256 (hex) of the odds int32 [L, T - first, V], little-endian, in C order.
        first: the position, below T, from which on odds count.
    """

    symbols: tuple[tuple[int, ...], ...]
    sha256: str
    first: int = 0


class Manifest(NamedTuple, Generic[Shape]):
    """What a manifest has to say.

    Attributes:
        name: what the bundle calls itself; any text.
        architecture: shape of the model.
        fingerprint: 32 bytes, as :func:`~lmpack._models.folder.fingerprint_of` makes them.
        graphs: SHA-256 (hex) of each graph by its name.
        conformance: what executors have to reproduce.
        tokenizer: kind of the tokenizer that makes its symbols; None if they are bytes.
        entries: the whole manifest.
    """

    name: str
    architecture: Shape
    fingerprint: bytes
    graphs: Mapping[str, str]
    conformance: tuple[ConformanceVector, ...]
    tokenizer: str | None
    entries: Mapping[str, Any]


def read_manifest(
    folder: Path,
    read_shape: Callable[[Mapping[str, Any]], Shape],
    *,
    graphs: Iterable[str],
    optional: bool = False,
) -> Manifest[Shape]:
    """The manifest of the bundle in a folder.

    Args:
        folder: of the bundle.
        read_shape: gives the shape of its family, or raises BundleError.
        graphs: names of the graphs that it may have.
        optional: whether graphs may be missing.

    Raises:
        BundleError: it cannot be read, or states something that cannot be.
    """
    path = folder / MANIFEST
    entries = read_entries(folder)
    try:
        architecture = read_shape(entries.get("architecture", {}))
        manifest = Manifest(
            name=entry(entries, "name", text, "a text"),
            architecture=architecture,
            fingerprint=entry(entries, "fingerprint", bytes.fromhex, "32 bytes in hexadecimal"),
            graphs=entry(
                entries,
                "graphs",
                lambda given: {
                    name: text(given[name]) for name in graphs if not optional or name in given
                },
                f"an object with {', '.join(graphs)}",
            ),
            conformance=entry(
                entries,
                "conformance",
                lambda vectors: tuple(_vector(one, architecture.vocabulary) for one in vectors),
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
    """The entries of the manifest in a folder, of which nothing is checked.

    Raises:
        BundleError: it cannot be read, or is no JSON object.
    """
    path = folder / MANIFEST
    try:
        entries = json.loads(read_file(path, LARGEST_MANIFEST))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON: {error}") from error
    if not isinstance(entries, dict):
        raise BundleError(f"{path} must hold a JSON object")
    return entries


def require_version(folder: Path, entries: Mapping[str, Any], known: int) -> None:
    """Refuse a bundle of another version of its family's specification.

    Raises:
        BundleError: it is of another one.
    """
    version = entries.get("spec_version")
    if type(version) is not int or version != known:
        raise BundleError(
            f"the bundle {folder} has spec version {str(version)[:20]}, this lmpack knows "
            f"{known}: use the version of lmpack that it was made for"
        )


def entry(
    entries: Mapping[str, Any], name: str, read: Callable[[Any], Result], expected: str
) -> Result:
    """An entry, read by a function that raises what Python raises if it is not as expected.

    Raises:
        BundleError: it is missing or not as expected.
    """
    try:
        return read(entries[name])
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise BundleError(f"it lacks or misstates {name}, which must be {expected}") from error


def _tokenizer(entries: Mapping[str, Any]) -> str | None:
    if "tokenizer" not in entries:
        return None
    return entry(
        entries, "tokenizer", lambda facts: text(facts["kind"]), "an object with the text kind"
    )


def _vector(vector: Mapping[str, Any], vocabulary: int) -> ConformanceVector:
    """A conformance vector of a manifest; TypeError or LookupError if it is none."""
    symbols = tuple(map(tuple, vector["symbols"]))
    allowed = range(vocabulary + 1)
    lengths = {len(lane) for lane in symbols}
    numbers = all(type(s) is int and s in allowed for lane in symbols for s in lane)
    if len(lengths) != 1 or 0 in lengths or not numbers:
        raise BundleError(f"conformance: lanes must be equally long, with symbols in {allowed}")
    length, first = len(symbols[0]), vector.get("from", 0)
    if type(first) is not int or first not in range(length):
        raise BundleError(f"conformance: from must be an integer, 0 to {length - 1}")
    positions = len(symbols) * length
    if (
        len(symbols) > LARGEST_LANES
        or positions > LARGEST_POSITIONS
        or len(symbols) * (length - first) * vocabulary > LARGEST_ODDS
    ):
        raise BundleError(
            f"conformance: a vector has {len(symbols)} lanes and {positions:,} symbols, at most "
            f"{LARGEST_LANES} and {LARGEST_POSITIONS:,} are allowed, and {LARGEST_ODDS:,} odds"
        )
    return ConformanceVector(symbols, text(vector["sha256"]), first)


def text(value: Any) -> str:
    """The value, if it is a text; TypeError otherwise."""
    if not isinstance(value, str):
        raise TypeError("no text")
    return value

"""Bundles of pretrained decoders: mapped, not read, and verified once while nothing changes."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmpack._models.decoder.shape import FAMILY, SPEC_VERSION, DecoderShape
from lmpack._models.files import map_file
from lmpack._models.folder import (
    TENSORS,
    TOKENIZER,
    Graph,
    Stamp,
    fingerprint_of,
    read_verified,
    stamp_of,
    verified_graph,
)
from lmpack._models.manifest import (
    MANIFEST,
    ConformanceVector,
    entry,
    read_entries,
    read_manifest,
    require_version,
    text,
)
from lmpack._models.tensors import largest_file, tensors_in
from lmpack.errors import BundleError

if TYPE_CHECKING:
    import numpy.typing as npt

    from lmpack._models.decoder.segmenter import Segmenter

DECODER_GRAPHS = ("cpu.onnx", "cuda.onnx")
FINGERPRINT_KIND = f"lmpack {FAMILY} {SPEC_VERSION}"
TOKENS = "tokens"
"""Kind of the tokenizer of every decoder."""

LARGEST_TOKENIZER = 1 << 27
"""Bytes; those of vocabularies of 262,144 tokens have 33 MB."""

_FILES = (MANIFEST, TENSORS, *DECODER_GRAPHS, TOKENIZER)
_CACHED = 4
"""Bundles whose verified mapping is kept."""


@dataclasses.dataclass(frozen=True)
class DecoderBundle:
    """A pretrained decoder: a folder whose files are verified.

    Attributes:
        path: its folder.
        name: what it calls itself: any text, control characters too.
        architecture: shape of the model.
        fingerprint: 32 bytes, SHA-256 over shape and tensors; the first 8 are in each file.
        conformance: what executors have to reproduce.
        content_digest: SHA-256 (hex) over tensors and graphs: what was checked when loading.
        tokenizer: kind of its tokenizer.
        manifest: the whole manifest.
        mapped: which file, in which state, its tensors are views of.
    """

    path: Path
    name: str
    architecture: DecoderShape
    fingerprint: bytes
    conformance: tuple[ConformanceVector, ...] = dataclasses.field(repr=False)
    content_digest: str
    tokenizer: str
    manifest: Mapping[str, Any] = dataclasses.field(repr=False)
    mapped: Stamp = dataclasses.field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        paths = [self.path / name for name in _FILES]
        return sum(path.stat().st_size for path in paths if path.exists())

    @property
    def graphs(self) -> list[str]:
        """Names of the graphs that it has."""
        return [name for name in DECODER_GRAPHS if name in self.manifest["graphs"]]

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """Its tensors by name, read-only views of the file; docs/decoder_model.md names them.

        Raises:
            BundleError: they cannot be read, or are others than when the bundle was loaded.
        """
        stamp = stamp_of(self.path, [TENSORS])
        return dict(_verified_tensors(self.path, self.architecture, self.fingerprint, stamp))

    def graph(self, name: str) -> Graph:
        """One of its graphs, which is known to refer to nothing but its tensors.

        Args:
            name: one of `graphs`.

        Raises:
            BundleError: there is no such graph, it is another one than when the bundle was loaded,
                or has what a graph of a bundle must not have.
        """
        if name not in self.graphs:
            raise BundleError(
                f"the bundle {self.path} has no {name}: use another device, or import it again "
                "with the package onnx installed"
            )
        path = self.path / name
        expected = self.manifest["graphs"][name]
        content = read_verified(path, _largest_graph(self.architecture), expected)
        return verified_graph(path, content, self.tensors)

    def token_table(self) -> list[bytes]:
        """The bytes of each token, ascending."""
        from lmpack._models.decoder.tokens import split_tokens

        return split_tokens(self.architecture, self.tensors())

    def segmenter(self) -> Segmenter:
        """What cuts bytes into tokens of the model.

        Raises:
            BundleError: the file of the tokenizer is missing, changed or cannot be used.
            ModelError: the package `tokenizers` is not installed.
        """
        from lmpack._models.decoder.segmenter import Segmenter

        facts = self.manifest["tokenizer"]
        path = self.path / TOKENIZER
        content = read_verified(path, LARGEST_TOKENIZER, facts["sha256"])
        return Segmenter(self.token_table(), content, path)


def read_decoder_bundle(path: Path) -> DecoderBundle:
    """Read and verify the bundle of a decoder; remembered while its files stay as they are.

    Raises:
        BundleError: it is incomplete, damaged or of a newer kind.
    """
    return _read(path, stamp_of(path, _FILES))


@functools.lru_cache(maxsize=16)
def _read(path: Path, stamp: Stamp) -> DecoderBundle:
    entries = read_entries(path)
    require_version(path, entries, SPEC_VERSION)
    manifest = read_manifest(path, DecoderShape.from_json, graphs=DECODER_GRAPHS, optional=True)
    if manifest.tokenizer != TOKENS:
        raise BundleError(f"{path / MANIFEST}: the kind of its tokenizer must be {TOKENS!r}")
    entry(entries, "tokenizer", lambda facts: text(facts["sha256"]), "an object with a sha256")
    if any(
        len(vector.symbols[0]) > manifest.architecture.context for vector in manifest.conformance
    ):
        raise BundleError(f"{path / MANIFEST}: a conformance vector is longer than the context")
    stamp_of_tensors = stamp_of(path, [TENSORS])
    _verified_tensors(path, manifest.architecture, manifest.fingerprint, stamp_of_tensors)
    content = hashlib.sha256(manifest.fingerprint)
    for name, expected in manifest.graphs.items():
        read_verified(path / name, _largest_graph(manifest.architecture), expected)
        content.update(expected.encode())
    return DecoderBundle(
        path=path,
        name=manifest.name,
        architecture=manifest.architecture,
        fingerprint=manifest.fingerprint,
        conformance=manifest.conformance,
        content_digest=content.hexdigest(),
        tokenizer=TOKENS,
        manifest=entries,
        mapped=stamp_of_tensors,
    )


@functools.lru_cache(maxsize=_CACHED)
def _verified_tensors(
    path: Path, shape: DecoderShape, fingerprint: bytes, stamp: Stamp
) -> Mapping[str, npt.NDArray[Any]]:
    """The mapped tensors, once their digest and their bounds are known to be right."""
    # What only decoders need waits for the first of them.
    from lmpack._models.decoder.bounds import check_decoder_bounds
    from lmpack._models.decoder.layout import decoder_layout

    layout, file = decoder_layout(shape), path / TENSORS
    content = map_file(file, largest_file(layout))
    if fingerprint_of(FINGERPRINT_KIND, shape.to_json(), content) != fingerprint:
        raise BundleError(
            f"{file} is damaged or was changed: its fingerprint is not the manifest's"
        )
    tensors = tensors_in(content, layout, file)
    try:
        check_decoder_bounds(shape, tensors)
    except BundleError as error:
        raise BundleError(f"{file}: {error}") from error
    return tensors


def _largest_graph(shape: DecoderShape) -> int:
    """Room for 64 KB for each layer."""
    return (1 << 18) + (1 << 16) * shape.layers

"""Model bundles: folders with a manifest, the integers of a model and its ONNX graphs.

Nothing of a bundle is believed. Each file is opened once for each use, through :func:`read_file`,
which follows links; its bytes are checked, and only these bytes are computed with.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from lmpack._models.added import candidates, models_folder, path_of_added, source_of
from lmpack._models.architecture import SPEC_VERSION, Architecture
from lmpack._models.files import read_file
from lmpack._models.folder import TENSORS as TENSORS  # names of files: with the others, below
from lmpack._models.folder import TOKENIZER as TOKENIZER
from lmpack._models.folder import Graph as Graph
from lmpack._models.folder import (
    Stamp,
    fingerprint_of,
    read_verified,
    stamp_of,
    verified_graph,
)
from lmpack._models.manifest import GRAPHS as GRAPHS
from lmpack._models.manifest import MANIFEST as MANIFEST
from lmpack._models.manifest import (
    ConformanceVector,
    read_entries,
    read_manifest,
    require_version,
)
from lmpack._models.proved_bounds import require_bounds
from lmpack._models.tensor_layout import Layout, tensor_layout
from lmpack._models.tensors import largest_file, tensors_in, views_in
from lmpack.errors import BundleError, ModelError

if TYPE_CHECKING:
    import numpy.typing as npt

    from lmpack._models.decoder.bundle import DecoderBundle

CLASSICAL_RATES = "classical_rates.json"
FAMILY = "bytes"
"""Of the models that lmpack trains, whose manifests need not say so."""

_FILES = (MANIFEST, TENSORS, *GRAPHS)
BUILT_IN = Path(__file__).parent / "bundles"


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A model: a folder whose files are verified. :func:`list_models` gives the built-in ones.

    Attributes:
        path: its folder.
        name: what it calls itself: any text, control characters too.
        architecture: shape of the model.
        fingerprint: 32 bytes, SHA-256 over architecture and tensors; the first 8 are in each file.
        conformance: what executors have to reproduce.
        content_digest: SHA-256 (hex) over tensors and graphs: what was checked when loading.
        tokenizer: kind of the tokenizer that makes its symbols; None if they are bytes.
        manifest: the whole manifest.
        mapped: nothing, as its tensors are copies.
    """

    mapped: ClassVar[None] = None

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
        names = [*_FILES]
        if (self.path / TOKENIZER).exists():
            names.append(TOKENIZER)
        return sum((self.path / name).stat().st_size for name in names)

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """Its tensors by name, read-only; names, types and shapes: docs/model.md.

        Raises:
            BundleError: they cannot be read, or are others than when the bundle was loaded.
        """
        content, layout, file = _verified_content(self.path, self.architecture, self.fingerprint)
        return tensors_in(content, layout, file)

    def tensor_views(self) -> dict[str, memoryview[Any]]:
        """The same as views of memory, for what does without numpy."""
        content, layout, file = _verified_content(self.path, self.architecture, self.fingerprint)
        return views_in(content, layout, file)

    def graph(self, name: str) -> Graph:
        """One of its graphs, which is known to refer to nothing but its tensors.

        Args:
            name: one of GRAPHS.

        Raises:
            BundleError: the graph cannot be read, is another one than when the bundle was loaded,
                or has what a graph of a bundle must not have.
        """
        path = self.path / name
        largest = _largest_graph(self.architecture)
        content = read_verified(path, largest, self.manifest["graphs"][name])
        return verified_graph(path, content, self.tensors)


AnyBundle: TypeAlias = "Bundle | DecoderBundle"
"""A model of any family."""


def model_fingerprint(architecture: Architecture, tensors: bytes) -> bytes:
    """32 bytes that name a model: SHA-256 over spec version, architecture and tensor file."""
    return fingerprint_of(f"lmpack model {SPEC_VERSION}", architecture.to_json(), tensors)


def load_bundle(model: str | os.PathLike[str]) -> AnyBundle:
    """The bundle of a built-in name, of a name in the folder of models, or in a folder.

    Args:
        model: a name, as a str, or the path of a bundle folder.

    Raises:
        ModelError: there is no such bundle.
        BundleError: it is there but incomplete, damaged or of a newer kind.
    """
    path = path_of_bundle(model).resolve()
    with memory_for(path):
        family = read_entries(path).get("family", FAMILY)
        if family == FAMILY:
            return _read_bundle(path, stamp_of(path, _FILES))
        from lmpack._models.decoder import bundle, shape

        if family == shape.FAMILY:
            return bundle.read_decoder_bundle(path)
        raise BundleError(
            f"the bundle {path} is of the family {str(family)[:20]!r}, which this lmpack does "
            "not know: use the version of lmpack that it was made for"
        )


def path_of_bundle(model: str | os.PathLike[str]) -> Path:
    """The folder of a bundle, by the name or path of it, as :func:`load_bundle` finds it.

    Raises:
        ModelError: there is none.
    """
    if isinstance(model, str):
        if model in built_in_names():
            return BUILT_IN / model
        if added := path_of_added(model):
            return added
    path = Path(model)
    if not os.path.isfile(path / MANIFEST):  # never raises, whatever the path is
        if os.path.exists(path):
            raise ModelError(
                f"{path} is no bundle: that is a folder that holds {MANIFEST}, as lmpack import "
                "makes of a pretrained language model and lmpack export of a training run"
            )
        known = ", ".join(built_in_names())
        raise ModelError(
            f"there is no model {str(model)!r}: give a folder that holds {MANIFEST}, "
            f"one of the built-in models ({known}), or one of the folder of models, which "
            "lmpack models lists"
        )
    return path


def load_byte_model(model: str | os.PathLike[str]) -> Bundle:
    """:func:`load_bundle` for whoever can use lmpack's own models only.

    Raises:
        ModelError: there is no such bundle, or it holds a pretrained decoder.
        BundleError: it is there but incomplete, damaged or of a newer kind.
    """
    bundle = load_bundle(model)
    if not isinstance(bundle, Bundle):
        raise ModelError(
            f"the model {bundle.name} is an imported language model, which cannot be used here: "
            "choose a model that lmpack has trained"
        )
    return bundle


@contextlib.contextmanager
def memory_for(bundle: Path) -> Iterator[None]:
    """Turn a lack of memory inside the block into an error of lmpack.

    Raises:
        BundleError: there is not enough memory for the bundle.
    """
    try:
        yield
    except MemoryError as error:
        raise BundleError(
            f"there is not enough memory for the bundle {bundle}: choose a smaller model"
        ) from error


def list_models() -> list[Bundle]:
    """The models that come with lmpack, the fastest first."""
    bundles = [load_byte_model(name) for name in built_in_names()]
    return sorted(bundles, key=lambda bundle: bundle.architecture.products_per_symbol)


def find_bundle(fingerprint: bytes) -> AnyBundle:
    """The bundle whose fingerprint starts with these bytes: built in, or in the folder of models.

    Only manifests are read, and then the right bundle is verified.

    Raises:
        ModelError: there is none that can be used.
    """
    for name in built_in_names():
        if str(read_entries(BUILT_IN / name).get("fingerprint")).startswith(fingerprint.hex()):
            return load_bundle(name)
    problems = []
    for candidate in candidates(fingerprint):
        try:
            bundle = load_bundle(candidate.path)
        except ModelError as error:
            source = source_of(candidate.entries)
            origin = f" (imported from {source})" if source else ""
            problems.append(f"{candidate.name}{origin} cannot be used: {error}")
        else:
            if bundle.fingerprint.startswith(fingerprint):
                return bundle
    made = f"the file was made with model {fingerprint.hex()}"
    if problems:
        raise ModelError(f"{made}; in the folder of models {'; '.join(problems)}")
    raise ModelError(
        f"{made}, which is neither built in nor in the folder of models {models_folder()}: get its "
        "bundle and add it by lmpack models --add, or name its folder by the option model"
    )


def classical_rates() -> dict[str, dict[str, float]]:
    """Bits per byte of classical compressors on what the built-in models were evaluated on.

    By name of the source, then of the compressor; measured by benchmarks/measure/compare.py.
    """
    rates: dict[str, dict[str, float]] = json.loads((BUILT_IN / CLASSICAL_RATES).read_text())
    return rates


def built_in_names() -> list[str]:
    """The names of the models that come with lmpack."""
    return sorted(path.parent.name for path in BUILT_IN.glob(f"*/{MANIFEST}"))


@functools.lru_cache(maxsize=16)
def _read_bundle(path: Path, stamp: Stamp) -> Bundle:
    """Read and verify a bundle folder; remembered while its files keep their `stamp`."""
    require_version(path, read_entries(path), SPEC_VERSION)
    manifest = read_manifest(path, Architecture.from_json, graphs=GRAPHS)
    architecture = manifest.architecture
    content, layout, file = _verified_content(path, architecture, manifest.fingerprint)
    require_bounds(
        architecture, manifest.fingerprint, lambda: tensors_in(content, layout, file), str(file)
    )
    digest = hashlib.sha256(manifest.fingerprint)
    for name, expected in manifest.graphs.items():
        read_verified(path / name, _largest_graph(architecture), expected)
        digest.update(expected.encode())
    return Bundle(
        path=path,
        name=manifest.name,
        architecture=architecture,
        fingerprint=manifest.fingerprint,
        conformance=manifest.conformance,
        content_digest=digest.hexdigest(),
        tokenizer=manifest.tokenizer,
        manifest=manifest.entries,
    )


def _verified_content(
    path: Path, architecture: Architecture, fingerprint: bytes
) -> tuple[bytes, Layout, Path]:
    """Content, layout and path of the tensor file, whose fingerprint is the right one."""
    layout, file = tensor_layout(architecture), path / TENSORS
    content = read_file(file, largest_file(layout))
    if model_fingerprint(architecture, content) != fingerprint:
        raise BundleError(
            f"{file} is damaged or was changed: its fingerprint is not the manifest's"
        )
    return content, layout, file


def _largest_graph(architecture: Architecture) -> int:
    """Twice what one that lmpack writes takes: 8 KB for each layer."""
    return (1 << 16) + (1 << 14) * architecture.layers

"""What bundles of every family have in common: their files, and how these are verified."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lmpack._models.files import Content, read_file
from lmpack._models.graphs import stored_tensors
from lmpack._models.tensors import Tensors
from lmpack.errors import BundleError

if TYPE_CHECKING:
    import numpy.typing as npt

TENSORS = "model.safetensors"
TOKENIZER = "tokenizer.json"
"""Of models whose symbols are no bytes."""

Stamp = tuple[tuple[int, ...] | None, ...]


class Graph(NamedTuple):
    """An ONNX graph of a bundle, and what it computes with.

    Attributes:
        path: of its file, for messages: the file is not to be opened again.
        content: the bytes of the model.
        tensors: by name those of the bundle that it refers to, in the shapes that it gives them.
    """

    path: Path
    content: bytes
    tensors: Mapping[str, npt.NDArray[Any]]


def stamp_of(folder: Path, names: Iterable[str]) -> Stamp:
    """Identity, size and times of change of files; None for one that is not there."""
    stamps: list[tuple[int, ...] | None] = []
    for name in names:
        try:
            status = (folder / name).stat()
            times = (status.st_mtime_ns, status.st_ctime_ns)  # the second cannot be set back
            stamps.append((status.st_dev, status.st_ino, status.st_size, *times))
        except OSError:
            stamps.append(None)
    return tuple(stamps)


def fingerprint_of(kind: str, shape: Mapping[str, Any], tensors: Content) -> bytes:
    """32 bytes that name a model: SHA-256 over family and version, shape and tensor file."""
    text = json.dumps(shape, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(f"{kind}\n{text}\n".encode())
    digest.update(tensors)
    return digest.digest()


def read_verified(path: Path, largest: int, expected: str) -> bytes:
    """The content of a file of a bundle.

    Args:
        path: the file.
        largest: bytes that it may have.
        expected: SHA-256 (hex) in the manifest.

    Raises:
        BundleError: it cannot be read, or is not what the manifest says.
    """
    content = read_file(path, largest)
    if hashlib.sha256(content).hexdigest() != expected:
        raise BundleError(f"{path} is damaged or was changed: its SHA-256 is not the manifest's")
    return content


def verified_graph(path: Path, content: bytes, tensors: Callable[[], Tensors]) -> Graph:
    """A graph that is known to refer to nothing but tensors of its bundle.

    Args:
        path: of its file.
        content: of its file.
        tensors: gives those of the bundle; called if the graph needs any.

    Raises:
        BundleError: the graph has what a graph of a bundle must not have.
    """
    try:
        stored = stored_tensors(content)
        found = tensors() if stored else {}
        used = {one.name: found[one.name].reshape(one.shape) for one in stored}
    except (KeyError, ValueError, OverflowError) as error:
        raise BundleError(f"{path} is no graph that lmpack would run: {error}") from error
    return Graph(path, content, used)

"""Bundles that are consistent in themselves, with values that an exporter would not write."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save

from lmpack._models.architecture import Architecture
from lmpack._models.bundle import MANIFEST, TENSORS, model_fingerprint

Manifest = dict[str, Any]


def edit_manifest(folder: Path, change: Callable[[Manifest], object]) -> None:
    """Changes the manifest of a bundle."""
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def replace_tensors(folder: Path, changes: Mapping[str, np.ndarray]) -> None:
    """Puts other tensors into a bundle, and their fingerprint into its manifest."""
    write_tensor_file(folder, save({**load_file(folder / TENSORS), **changes}))


def write_tensor_file(folder: Path, content: bytes) -> None:
    """Puts another tensor file into a bundle, and its fingerprint into the manifest."""
    (folder / TENSORS).write_bytes(content)
    manifest = json.loads((folder / MANIFEST).read_text())
    architecture = Architecture.from_json(manifest["architecture"])
    manifest["fingerprint"] = model_fingerprint(architecture, content).hex()
    (folder / MANIFEST).write_text(json.dumps(manifest))


def replace_graph(folder: Path, name: str, content: bytes) -> None:
    """Puts another graph into a bundle, and its digest into the manifest."""
    (folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    edit_manifest(folder, lambda manifest: manifest["graphs"].update({name: digest}))

"""Fuzz target: any bytes as the files of a bundle.

Input: a byte of flags, two bytes with the length of the manifest, two with that of the tensors'
header, both little-endian, then manifest, header, and bytes that are repeated as the tensors' data.
So a few hundred bytes are a whole bundle.
"""

from __future__ import annotations

import atexit
import hashlib
import itertools
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from lmpack._executors import open_executor
from lmpack._models.architecture import MASKED, Architecture
from lmpack._models.bundle import GRAPHS, MANIFEST, TENSORS, load_byte_model, model_fingerprint
from lmpack.errors import ModelError

NAME = "bundle"

SIGNED, PLAIN_LENGTH = 1, 2
"""Flags: the manifest's digests and the biases of what is not visible are put right; the data is
as long as the input has it."""

LARGEST_DATA = 1 << 16
GRAPH = b"no graph"

_home = Path(tempfile.mkdtemp(prefix="lmpack-fuzz-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)
_numbers = itertools.count()


def run(data: bytes) -> None:
    """A bundle is refused with an error of models, or it runs."""
    # Bundles are remembered by their path.
    folder = _home / str(next(_numbers))
    folder.mkdir(parents=True)
    try:
        write_bundle(folder, data)
        # What is remembered of proven bundles belongs to the user.
        with mock.patch.dict(os.environ, XDG_CACHE_HOME=str(_home / "cache")):
            open_executor(load_byte_model(folder), "cpu", 1)
    except ModelError:
        pass
    finally:
        shutil.rmtree(folder)


def pack(flags: int, manifest: bytes, header: bytes, fill: bytes) -> bytes:
    """The input with these parts."""
    lengths = len(manifest).to_bytes(2, "little") + len(header).to_bytes(2, "little")
    return bytes([flags]) + lengths + manifest + header + fill


def write_bundle(folder: Path, data: bytes) -> None:
    """The files that an input stands for."""
    flags, lengths, rest = data[0] if data else 0, data[1:5], data[5:]
    manifest_length = int.from_bytes(lengths[:2], "little")
    header_length = int.from_bytes(lengths[2:], "little")
    manifest, rest = rest[:manifest_length], rest[manifest_length:]
    header, fill = rest[:header_length], rest[header_length:]
    if not flags & PLAIN_LENGTH:
        fill = (fill or b"\1") * LARGEST_DATA
        fill = fill[: _data_length(header)]
    if flags & SIGNED:
        fill = _masked(header, fill)
    tensors = len(header).to_bytes(8, "little") + header + fill
    if flags & SIGNED:
        manifest = _signed(manifest, tensors)
    (folder / MANIFEST).write_bytes(manifest)
    (folder / TENSORS).write_bytes(tensors)
    for name in GRAPHS:
        (folder / name).write_bytes(GRAPH)


def _data_length(header: bytes) -> int:
    """Where the last tensor ends by the header, within bounds; 0 if it says nothing sensible."""
    try:
        entries = json.loads(header)
        ends = [int(entry["data_offsets"][1]) for entry in entries.values()]
        return max(0, min(max(ends), LARGEST_DATA))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return 0


def _masked(header: bytes, data: bytes) -> bytes:
    """The data with MASKED at the end of each row of the biases that the header tells of."""
    try:
        biases = [entry for name, entry in json.loads(header).items() if name.endswith(".bias")]
        tensors = bytearray(data)
        for entry in biases:
            start, end = entry["data_offsets"]
            rows = np.frombuffer(tensors, np.float32)[start // 4 : end // 4]
            rows.reshape(entry["shape"])[:, -1] = MASKED
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return data
    return bytes(tensors)


def _signed(manifest: bytes, tensors: bytes) -> bytes:
    """The manifest with right digests, where it has a shape that can be digested."""
    try:
        fields: dict[str, Any] = json.loads(manifest)
        architecture = Architecture.from_json(fields["architecture"])
        fields["fingerprint"] = model_fingerprint(architecture, tensors).hex()
        fields["graphs"] = dict.fromkeys(GRAPHS, hashlib.sha256(GRAPH).hexdigest())
        return json.dumps(fields).encode()
    except (ModelError, ValueError, TypeError, LookupError, RecursionError):
        return manifest

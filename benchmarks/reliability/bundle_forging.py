"""Bundle folders with any values in them, under fingerprints and digests that are right."""

from __future__ import annotations

import contextlib
import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lmpack._executors.conformance import by_prefill, odds_digest
from lmpack._executors.native import NativeExecutor
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import GRAPHS, MANIFEST, TENSORS, load_byte_model, model_fingerprint
from lmpack.errors import LmpackError

Json = dict[str, Any]
PREFILL_PIECE = 37


class BundleForge:
    """Makes hostile copies of a bundle.

    Attributes:
        manifest: of the bundle.
        header: of its tensors.
        body: the tensors' bytes.

    Args:
        model: folder of a whole bundle.
        folder: for the copies, of which there is one at a time.
    """

    def __init__(self, model: Path, folder: Path) -> None:
        self._model = model
        self._copy = folder / "hostile"
        self.manifest: Json = json.loads((model / MANIFEST).read_text())
        tensors = (model / TENSORS).read_bytes()
        size = int.from_bytes(tensors[:8], "little")
        self.header: Json = json.loads(tensors[8 : 8 + size])
        self.body = tensors[8 + size :]

    def with_manifest(self, change: Callable[[Json], None]) -> Path:
        """A copy whose manifest is changed; its fingerprint fits, where it can."""
        manifest = copy.deepcopy(self.manifest)
        change(manifest)
        folder = self._whole()
        if manifest.get("fingerprint") == self.manifest["fingerprint"]:
            with contextlib.suppress(LmpackError, TypeError, KeyError, ValueError, AttributeError):
                architecture = Architecture.from_json(manifest["architecture"])
                tensors = (folder / TENSORS).read_bytes()
                manifest["fingerprint"] = model_fingerprint(architecture, tensors).hex()
        (folder / MANIFEST).write_text(json.dumps(manifest))
        return folder

    def with_file(self, name: str, make: Callable[[Path], object]) -> Path:
        """A copy with something else in the place of a file."""
        folder = self._whole()
        (folder / name).unlink()
        make(folder / name)
        return folder

    def with_tensors(self, tensors: bytes) -> Path:
        """A copy with other tensors, whose fingerprint and conformance vectors fit."""
        folder = self._whole()
        (folder / TENSORS).write_bytes(tensors)
        manifest = copy.deepcopy(self.manifest)
        architecture = Architecture.from_json(manifest["architecture"])
        manifest["fingerprint"] = model_fingerprint(architecture, tensors).hex()
        (folder / MANIFEST).write_text(json.dumps(manifest))
        bundle = load_byte_model(folder)
        executor = NativeExecutor(bundle, threads=1)
        for vector in manifest["conformance"]:
            odds = by_prefill(executor, np.array(vector["symbols"], np.int64), PREFILL_PIECE)
            vector["sha256"] = odds_digest(odds)
        (folder / MANIFEST).write_text(json.dumps(manifest))
        return folder

    def tensor_file(self, header: Any = None, body: bytes | None = None, size: int = -1) -> bytes:
        """A file of tensors; what is not given is as in the bundle."""
        text = json.dumps(self.header if header is None else header).encode()
        text += b" " * (-len(text) % 8)
        length = len(text) if size < 0 else size
        return length.to_bytes(8, "little") + text + (self.body if body is None else body)

    def _whole(self) -> Path:
        shutil.rmtree(self._copy, ignore_errors=True)
        self._copy.mkdir()
        for name in (MANIFEST, TENSORS, *GRAPHS):
            shutil.copyfile(self._model / name, self._copy / name)
        return self._copy

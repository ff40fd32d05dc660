"""The tensors of a folder of safetensors, one file or many shards, opened one at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch

from lmpack.errors import BundleError
from lmpack.importing.hugging_face.json_file import read_json
from lmpack.importing.source import Floats

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
_TYPES = ("F32", "F16", "BF16")


class Shards:
    """All tensors of a model.

    Args:
        folder: the folder.

    Raises:
        BundleError: files are missing or damaged, or a tensor has a type that is not known.
    """

    def __init__(self, folder: Path) -> None:
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._place: dict[str, Path] = {}
        index = _read_index(folder)
        self.files = [folder / name for name in sorted(set(index.values()))] or [folder / SINGLE]
        for path in self.files:
            for name, shape in _read_shapes(path).items():
                if name in self.shapes:
                    raise BundleError(f"the tensor {name} is in {self._place[name]} and in {path}")
                self.shapes[name] = shape
                self._place[name] = path
        for name, file in index.items():
            if self._place.get(name) != folder / file:
                raise BundleError(f"{INDEX} says that {file} holds {name}, but it does not")

    def read(self, name: str) -> Floats:
        """A tensor as float32.

        Raises:
            BundleError: it cannot be read.
        """
        path = self._place[name]
        try:
            with safetensors.safe_open(path, framework="pt") as file:
                # numpy has no bfloat16. A copy, so that no part of the file stays mapped.
                tensor = file.get_tensor(name).to(torch.float32, copy=True)
        except (safetensors.SafetensorError, OSError) as error:
            raise BundleError(f"{path} cannot be read: {error}") from error
        return np.asarray(tensor.numpy(), np.float32)


def _read_index(folder: Path) -> dict[str, str]:
    """Names of the shards by those of their tensors; empty if there is one file."""
    if (folder / SINGLE).is_file():
        return {}
    if not (folder / INDEX).is_file():
        raise BundleError(
            f"{folder} holds neither {SINGLE} nor {INDEX}: lmpack reads weights in safetensors only"
        )
    index: Any = read_json(folder / INDEX).get("weight_map")
    if not isinstance(index, dict) or not index:
        raise BundleError(f"{INDEX} is damaged: it has no weight_map")
    for file in index.values():
        if not isinstance(file, str) or Path(file).name != file:
            raise BundleError(f"{INDEX} is damaged: {file!r:.80} is no name of a file beside it")
    return index


def _read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    if not path.is_file():
        raise BundleError(f"{path} is missing: the weights are incomplete")
    shapes = {}
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 (it is no mapping)
                part = file.get_slice(name)
                if part.get_dtype() not in _TYPES:
                    raise BundleError(
                        f"the tensor {name} has the type {part.get_dtype()}: lmpack reads "
                        + ", ".join(_TYPES)
                    )
                shapes[name] = tuple(part.get_shape())
    except (safetensors.SafetensorError, OSError) as error:
        raise BundleError(f"{path} cannot be read: {error}") from error
    return shapes

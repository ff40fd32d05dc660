"""The tensors of a bundle as arrays, without a copy of the library that wrote them.

The format (https://github.com/huggingface/safetensors#format): 8 bytes header length, a JSON header
with type, shape and place of each tensor, then their bytes.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack.errors import BundleError

_TYPES: dict[str, np.dtype[Any]] = {"I8": np.dtype("i1"), "F32": np.dtype("<f4")}


def read_tensors(path: Path) -> dict[str, npt.NDArray[Any]]:
    """All tensors of a safetensors file by name, read-only.

    Raises:
        BundleError: the file cannot be read or is no such file.
    """
    try:
        content = path.read_bytes()
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size])
        header.pop("__metadata__", None)
        return {name: _view(content, 8 + size, **entry) for name, entry in header.items()}
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError,
    ) as error:  # fmt: skip
        raise BundleError(f"the tensors in {path} cannot be read: {error!r}") from error


def _view(
    content: bytes, start: int, dtype: str, shape: list[int], data_offsets: list[int]
) -> npt.NDArray[Any]:
    first, _ = data_offsets
    count = math.prod(shape)
    array: npt.NDArray[Any] = np.frombuffer(
        content, dtype=_TYPES[dtype], count=count, offset=start + first
    )
    aligned: npt.NDArray[Any] = np.require(array.reshape(shape), requirements=["A"])
    return aligned

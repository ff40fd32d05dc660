"""The tensors of a bundle as arrays or views, without a copy of the library that wrote them.

The format (https://github.com/huggingface/safetensors#format): 8 bytes header length, a JSON header
with type, shape and place of each tensor, then their bytes, which the tensors fill without a hole.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmpack._models.files import Content
from lmpack._models.tensor_layout import FLOAT32, INT8, UINT8, Layout, TensorLayout
from lmpack.errors import BundleError

if TYPE_CHECKING:
    import numpy.typing as npt

Tensors = Mapping[str, "npt.NDArray[Any]"]

_LENGTH = 8
_METADATA = "__metadata__"
TYPES = {"I8": INT8, "U8": UINT8, "F32": FLOAT32}
"""By their names in the header."""


def largest_file(layout: Layout) -> int:
    """Bytes that a file with these tensors has at most: theirs, and a header that names them."""
    return _LENGTH + _largest_header(layout) + _data_size(layout)


def tensors_in(content: Content, layout: Layout, path: Path) -> dict[str, npt.NDArray[Any]]:
    """The tensors of a safetensors file by name, read-only, without a copy where they are aligned.

    Args:
        content: of the file.
        layout: the tensors that it has to hold, and no others.
        path: of the file, for messages.

    Raises:
        BundleError: it is no such file, or holds other tensors.
    """
    import numpy as np

    found: dict[str, npt.NDArray[Any]] = {}
    for name, start in _starts(content, layout, path).items():
        dtype, shape = np.dtype(layout[name].dtype).newbyteorder("<").str, layout[name].shape
        array = np.frombuffer(content, dtype, math.prod(shape), start)
        found[name] = np.require(array.reshape(shape), requirements=["A"])
    return found


def views_in(content: Content, layout: Layout, path: Path) -> dict[str, memoryview[Any]]:
    """The same as views of memory, for what does without numpy.

    Their elements are in the byte order of the machine: on a big-endian one they are wrong, which
    the conformance vectors notice.
    """
    return {
        name: _view(content, start, layout[name])
        for name, start in _starts(content, layout, path).items()
    }


def _starts(content: Content, layout: Layout, path: Path) -> dict[str, int]:
    """The first byte of each tensor; arguments and errors are those of :func:`tensors_in`."""
    try:
        size = int.from_bytes(content[:_LENGTH], "little")
        start = _LENGTH + size
        if not 0 < size <= _largest_header(layout):
            raise ValueError(f"a header of {size:,} bytes, at most {_largest_header(layout):,}")
        if len(content) != start + _data_size(layout):
            raise ValueError(
                f"{len(content):,} bytes, the architecture demands {start + _data_size(layout):,}"
            )
        header = _header(content[_LENGTH:start])
        if header.keys() != layout.keys():
            names = ", ".join(sorted(header.keys() ^ layout.keys())[:3])
            raise ValueError(f"missing or unknown tensors: {names}")
        places = {name: _place(name, header[name], layout[name]) for name in layout}
        _check_cover(places)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BundleError(f"the tensors in {path} cannot be read: {error}") from error
    return {name: start + first for name, (first, _) in places.items()}


def _data_size(layout: Layout) -> int:
    return sum(tensor.size for tensor in layout.values())


def _largest_header(layout: Layout) -> int:
    """Twice what the longest entries take, and room for metadata."""
    return 4096 + 256 * len(layout)


def _header(content: bytes) -> dict[str, Any]:
    if not content.startswith(b"{"):
        raise ValueError("the header is no JSON object")
    header: dict[str, Any] = json.loads(content.decode(), object_pairs_hook=_without_repetition)
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(type(v) is str for v in metadata.values()):
        raise ValueError(f"{_METADATA} may hold texts only")
    return header


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name of the header stands there twice")
    return found


def _place(name: str, entry: Any, expected: TensorLayout) -> tuple[int, int]:
    """First byte and end of a tensor, counted from the end of the header."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{name} must have dtype, shape and data_offsets")
    first, end = _integers(name, entry["data_offsets"], 2)
    shape = tuple(_integers(name, entry["shape"], len(expected.shape)))
    dtype = entry["dtype"]
    if TYPES.get(dtype if isinstance(dtype, str) else "") != expected.dtype:
        raise ValueError(f"{name} is {dtype!r}, the architecture demands {expected.dtype}")
    if shape != expected.shape:
        raise ValueError(f"{name} is {shape}, the architecture demands {expected.shape}")
    if first < 0 or end - first != expected.size:
        raise ValueError(f"{name} is at bytes {first} to {end}, but has {expected.size}")
    return first, end


def _integers(name: str, values: Any, count: int) -> list[int]:
    if (
        not isinstance(values, list)
        or len(values) != count
        or not all(type(value) is int for value in values)
    ):
        raise ValueError(f"{name} must have {count} integers, not {str(values)[:80]}")
    return values


def _check_cover(places: Mapping[str, tuple[int, int]]) -> None:
    """Each tensor begins where the one before it ends."""
    position = 0
    for name, (first, end) in sorted(places.items(), key=lambda item: item[1]):
        if first != position:
            raise ValueError(f"{name} begins at byte {first} of the data, expected {position}")
        position = end


def _view(content: Content, start: int, layout: TensorLayout) -> memoryview[Any]:
    view = memoryview(content)[start : start + layout.size]
    if start % layout.item_size:
        view = memoryview(bytes(view))  # which are aligned, as the content is
    if layout.dtype == FLOAT32:
        return view.cast("f", layout.shape)
    return view.cast("b" if layout.dtype == INT8 else "B", layout.shape)

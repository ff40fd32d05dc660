"""The header of a GGUF file: metadata, and where the tensors lie.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The reader of the package `gguf`
believes every length and takes a quarter of a minute for a large vocabulary; this one does neither.
"""

from __future__ import annotations

import dataclasses
import mmap
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lmpack.errors import BundleError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY, _BOOL = 8, 9, 7
_NUMBERS = {0: "u1", 1: "i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4", 6: "<f4"} | {
    _BOOL: "?",
    10: "<u8",
    11: "<i8",
    12: "<f8",
}
_LARGEST_ALIGNMENT = 1 << 20
_MOST_AXES = 4


class StoredTensor(NamedTuple):
    """A tensor of the file.

    Attributes:
        shape: its axes, the outermost first.
        type: the number of its GGMLQuantizationType.
        offset: where it begins in the file.
    """

    shape: tuple[int, ...]
    type: int
    offset: int


@dataclasses.dataclass(frozen=True)
class Header:
    """What stands before the tensors.

    Attributes:
        metadata: values by their keys: numbers, flags, texts, lists of texts, arrays of numbers.
        tensors: all tensors by their names.
    """

    metadata: dict[str, Any]
    tensors: dict[str, StoredTensor]


def is_gguf(path: Path) -> bool:
    """Whether a file begins as a GGUF file does."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def read_header(path: Path) -> Header:
    """The header of a GGUF file.

    Raises:
        BundleError: it is damaged, or of a version that is not known.
        OSError: it cannot be read.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return _Reader(content).header()
        except (struct.error, UnicodeDecodeError, ValueError, KeyError) as error:
            raise BundleError(f"{path} is damaged: its header cannot be read: {error}") from error


class _Reader:
    """Reads values one after another; whatever leads beyond the end is a struct.error."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._position = 0

    def header(self) -> Header:
        if self._take(4) != _MAGIC:
            raise ValueError("it does not begin with GGUF")
        version = self._number("<I")
        if version not in _VERSIONS:
            raise BundleError(
                f"GGUF version {version} cannot be read, only 2 and 3 of little-endian machines"
            )
        tensors, entries = self._number("<Q"), self._number("<Q")
        metadata = {}
        for _ in range(entries):
            key = self._text()
            metadata[key] = self._value(self._number("<I"))
        infos = [self._tensor() for _ in range(tensors)]
        alignment = metadata.get("general.alignment", 32)
        if type(alignment) is not int or not 1 <= alignment <= _LARGEST_ALIGNMENT:
            raise ValueError(f"general.alignment is {alignment!r}")
        start = -(-self._position // alignment) * alignment
        found = {name: tensor._replace(offset=start + tensor.offset) for name, tensor in infos}
        if len(found) != len(infos):
            raise ValueError("two tensors have the same name")
        return Header(metadata, found)

    def _tensor(self) -> tuple[str, StoredTensor]:
        name = self._text()
        axes = self._number("<I")
        if axes > _MOST_AXES:
            raise ValueError(f"the tensor {name!r:.80} has {axes} axes")
        shape = tuple(self._number("<Q") for _ in range(axes))[::-1]
        kind = self._number("<I")
        return name, StoredTensor(shape, kind, self._number("<Q"))

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._text()
        if kind != _ARRAY:
            return self._numbers(kind, 1)[0].item()
        kind, count = self._number("<I"), self._number("<Q")
        if kind == _STRING:
            return [self._text() for _ in range(count)]
        return self._numbers(kind, count)

    def _numbers(self, kind: int, count: int) -> np.ndarray[Any, Any]:
        if kind not in _NUMBERS:
            raise ValueError(f"a value has the unknown type {kind}")
        dtype: np.dtype[Any] = np.dtype(_NUMBERS[kind])
        if kind == _BOOL:
            return np.frombuffer(self._take(count), np.uint8).astype(np.bool_)
        return np.frombuffer(self._take(count * dtype.itemsize), dtype)

    def _text(self) -> str:
        return self._take(self._number("<Q")).decode()

    def _number(self, layout: str) -> int:
        return int(struct.unpack(layout, self._take(struct.calcsize(layout)))[0])

    def _take(self, size: int) -> bytes:
        if size > len(self._content) - self._position:
            raise ValueError("it ends too early")
        part = self._content[self._position : self._position + size]
        self._position += size
        return part

"""Whatever has the buffer protocol is compressed as its bytes, or refused in a clear message."""

from __future__ import annotations

import array
import ctypes
import io
import mmap
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lmpack
from lmpack._buffers import flat


class Point(ctypes.Structure):
    _fields_ = (("Only", ctypes.c_int), ("y", ctypes.c_double))


NUMBERS = np.arange(24)
ARRAYS = {
    **{code: NUMBERS.astype(code) for code in np.typecodes["AllInteger"] + "efdgFDG?"},
    "big-endian": NUMBERS.astype(">i4"),
    "text": np.array(["ab", "c"]),
    "bytes": np.array([b"ab", b"c"]),
    "void": np.zeros(2, "V5"),
    "records": np.zeros(2, [("a", "i4"), ("O", "f8")]),
    "none": np.zeros((0, 3)),
    "one": np.array(5),
    "columns": np.asfortranarray(NUMBERS.reshape(4, 6)),
    "gaps": NUMBERS[::3],
    "backwards": NUMBERS[::-1],
    "repeated": np.broadcast_to(NUMBERS, (2, 24)),
    "read-only": np.frombuffer(b"abcd", np.uint8),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_is_its_bytes_in_c_order(name: str) -> None:
    assert flat(ARRAYS[name]).tobytes() == ARRAYS[name].tobytes()
    assert flat(ARRAYS[name]).format == "B"


def open_map(content: bytes) -> mmap.mmap:
    mapped = mmap.mmap(-1, len(content))
    mapped[:] = content
    return mapped


BUFFERS: list[tuple[Any, bytes]] = [
    (bytearray(b"abc"), b"abc"),
    (memoryview(b"abcdef")[::2], b"ace"),
    (memoryview(bytes(8)).cast("i", [1, 2]), bytes(8)),
    (array.array("h", [1, 2]), np.array([1, 2], np.int16).tobytes()),
    (open_map(b"abc"), b"abc"),
    (ctypes.c_uint8(7), b"\x07"),
    ((ctypes.c_char * 3)(b"a", b"b", b"c"), b"abc"),
    (((ctypes.c_uint8 * 2) * 2).from_buffer_copy(b"abcd"), b"abcd"),
    ((Point * 2)(), bytes(ctypes.sizeof(Point) * 2)),
    (np.float64(0), bytes(8)),
]


@pytest.mark.parametrize(("buffer", "expected"), BUFFERS, ids=lambda value: type(value).__name__)
def test_any_other_buffer_is_its_bytes(buffer: Any, expected: bytes) -> None:
    assert flat(buffer).tobytes() == expected


def closed_map() -> mmap.mmap:
    mapped = open_map(b"abc")
    mapped.close()
    return mapped


def released_view() -> memoryview:
    view = memoryview(b"abc")
    view.release()
    return view


REFUSED: dict[str, Callable[[], Any]] = {
    "dates": lambda: np.array(["2020-01-01"], "M8[D]"),
    "durations": lambda: np.array([1], "m8[s]"),
    "records of dates": lambda: np.zeros(2, [("a", "M8[s]")]),
    "objects": lambda: np.array([1, "a"], object),
    "records of objects": lambda: np.zeros(2, [("a", "i4"), ("b", "O")]),
    "an object": lambda: ctypes.py_object(3),
    "a pointer": lambda: ctypes.pointer(ctypes.c_int(3)),
    "a closed map": closed_map,
    "a released view": released_view,
    "text": lambda: "text",
    "a list": lambda: [1, 2],
    "nothing": lambda: None,
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_bytes_of_its_own_is_refused_with_a_hint(name: str) -> None:
    data = REFUSED[name]()
    for use in (lmpack.compress, lmpack.decompress, lmpack.open(io.BytesIO(), "wb").write):
        with pytest.raises(lmpack.UsageError, match=r"^the data.*: (give|encode|serialise)"):
            use(data)

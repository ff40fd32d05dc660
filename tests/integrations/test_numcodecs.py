"""The codec of numcodecs by itself."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest

import lmpack

numcodecs = pytest.importorskip("numcodecs", reason="numcodecs is missing: lmpack[zarr] has it")
from lmpack.integrations.numcodecs import Lmpack  # noqa: E402

ROWS = np.arange(600, dtype=np.int32).reshape(20, 30) // 7
FAST = Lmpack(1)

pytestmark = pytest.mark.libraries


@pytest.mark.parametrize(
    "array",
    [
        ROWS,
        np.asfortranarray(ROWS),
        ROWS.astype("M8[s]"),
        ROWS.astype("f8").view("c16"),
        np.array([b"abc", b"de"]),
        np.empty(0, np.float32),
    ],
    ids=["rows", "columns", "times", "complex", "strings", "empty"],
)
def test_arrays_come_back_in_their_order(array: np.ndarray[Any, Any]) -> None:
    packed = FAST.encode(array)
    assert lmpack.decompress(packed) == array.tobytes("A")
    assert FAST.decode(packed) == array.tobytes("A")
    out = np.empty_like(array, order="K")
    assert FAST.decode(packed, out) is out
    np.testing.assert_array_equal(out, array)


def test_any_buffer_is_taken() -> None:
    packed = FAST.encode(bytearray(b"some bytes"))
    out = bytearray(10)
    FAST.decode(memoryview(packed), out)
    assert out == b"some bytes"


def test_strided_arrays_and_objects_are_refused() -> None:
    with pytest.raises(ValueError, match="contiguous"):
        FAST.encode(ROWS[:, ::2])
    with pytest.raises(TypeError, match="object"):
        FAST.encode(np.array([{}, {}]))


def test_out_has_to_have_the_size_of_the_content() -> None:
    packed = FAST.encode(b"ten bytes.")
    with pytest.raises(lmpack.UsageError, match="10 bytes, but out takes 11"):
        FAST.decode(packed, bytearray(11))
    with pytest.raises(lmpack.LimitError):
        FAST.decode(packed, bytearray(9))


def test_damage_is_an_error() -> None:
    packed = bytearray(FAST.encode(ROWS))
    packed[-30] ^= 1
    with pytest.raises(lmpack.DamagedError):
        FAST.decode(packed)
    with pytest.raises(lmpack.NotLmpackError, match="no lmpack file"):
        FAST.decode(b"something else")
    with pytest.raises(lmpack.TruncatedError):
        FAST.decode(bytes(packed[:-40]))


@pytest.mark.parametrize(
    "codec",
    [Lmpack(), Lmpack(9, mixing=True), Lmpack(3, mixing=False), Lmpack(model=("base", "small"))],
    ids=repr,
)
def test_the_configuration_is_json_and_makes_the_same_codec(codec: Lmpack) -> None:
    config = json.loads(json.dumps(codec.get_config()))
    assert config["id"] == "lmpack"
    again = Lmpack.from_config(config)
    assert again == codec == pickle.loads(pickle.dumps(codec))
    assert again.encode(b"the same bytes") == codec.encode(b"the same bytes")
    assert codec != Lmpack(5)


def test_the_level_and_the_model_are_used() -> None:
    text = b"Large bodies of plain English text have a model of their own. " * 3
    assert Lmpack(2).encode(text) == lmpack.compress(text, level=2)
    assert Lmpack(2, model="tiny").encode(text) == lmpack.compress(text, level=2, model="tiny")


def test_wrong_configurations_say_what_is_right() -> None:
    with pytest.raises(lmpack.UsageError, match="no option lanes: there are level, mixing, model"):
        Lmpack.from_config({"id": "lmpack", "lanes": 2})
    with pytest.raises(lmpack.UsageError, match="level"):
        Lmpack(10)
    with pytest.raises(lmpack.UsageError, match="mixing"):
        Lmpack.from_config({"mixing": "yes"})

"""The package's own reader of tensors: safetensors' rules, and those of the architecture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_models import ARCHITECTURES, random_bundle
from safetensors.numpy import load_file

from lmpack._models.bundle import TENSORS, Bundle
from lmpack._models.tensor_layout import tensor_layout
from lmpack._models.tensors import largest_file, tensors_in, views_in
from lmpack.errors import BundleError

LAYOUT = tensor_layout(ARCHITECTURES["plain"])
PATH = Path("model.safetensors")

Header = dict[str, Any]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("bundle"), ARCHITECTURES["plain"])


@pytest.fixture(scope="module")
def content(bundle: Bundle) -> bytes:
    return (bundle.path / TENSORS).read_bytes()


def with_header(content: bytes, header: bytes, size: int | None = None) -> bytes:
    old = int.from_bytes(content[:8], "little")
    length = (len(header) if size is None else size).to_bytes(8, "little")
    return length + header + content[8 + old :]


def edited(content: bytes, change: Callable[[Header], object]) -> bytes:
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    change(header)
    return with_header(content, json.dumps(header).encode())


def move(name: str, by: int) -> Callable[[Header], None]:
    """Moves a tensor's place in the data."""

    def change(header: Header) -> None:
        header[name]["data_offsets"] = [place + by for place in header[name]["data_offsets"]]

    return change


def put(key: str, value: object, name: str = "score_scale") -> Callable[[Header], None]:
    return lambda header: header[name].__setitem__(key, value)


@pytest.mark.parametrize("name", ["plain", "tables"])
def test_tensors_are_those_that_safetensors_reads(name: str, tmp_path: Path) -> None:
    bundle = random_bundle(tmp_path, ARCHITECTURES[name])
    ours, theirs = bundle.tensors(), load_file(bundle.path / TENSORS)
    assert ours.keys() == theirs.keys() == tensor_layout(bundle.architecture).keys()
    for name, tensor in theirs.items():
        np.testing.assert_array_equal(ours[name], tensor)
        assert ours[name].dtype == tensor.dtype
        assert not ours[name].flags.writeable


def test_metadata_and_padding_are_allowed(content: bytes) -> None:
    expected = tensors_in(content, LAYOUT, PATH)
    change = lambda header: header.update(__metadata__={"format": "np"})  # noqa: E731
    for padding in range(3):  # so that floats begin at odd bytes, too
        header = json.dumps(json.loads(content[8:][: int.from_bytes(content[:8], "little")]))
        padded = with_header(content, header.encode() + b" " * padding)
        for given in (padded, edited(content, change)):
            found = tensors_in(given, LAYOUT, PATH)
            assert all((found[name] == expected[name]).all() for name in expected)
            for name, view in views_in(given, LAYOUT, PATH).items():
                array = np.asarray(view)
                assert array.flags.aligned
                assert not array.flags.writeable
                assert array.dtype == expected[name].dtype
                np.testing.assert_array_equal(array, expected[name])


CHANGES: dict[str, tuple[Callable[[Header], object], str]] = {
    "missing": (lambda h: h.pop("score_scale"), "missing or unknown tensors: score_scale"),
    "unknown": (lambda h: h.update(extra=h["score_scale"]), "missing or unknown tensors: extra"),
    "overlap": (move("layers.0.bias", -4), "begins at byte"),
    "hole": (move("embedding", 4), "begins at byte"),
    "negative": (move("head.multiplier", -(1 << 63)), "is at bytes -"),
    "wrong end": (put("data_offsets", [0, 8]), "is at bytes 0 to 8, but has 4"),
    "backwards": (put("data_offsets", [4, 0]), "is at bytes 4 to 0"),
    "one offset": (put("data_offsets", [0]), "must have 2 integers"),
    "float offset": (put("data_offsets", [0.0, 4.0]), "must have 2 integers"),
    "true as a shape": (put("shape", [True]), "must have 1 integers"),
    "text as a shape": (put("shape", "1"), "must have 1 integers"),
    "huge shape": (put("shape", [10**400]), "the architecture demands"),
    "another shape": (put("shape", [257 * 32, 1], "embedding"), "the architecture demands"),
    "more axes": (put("shape", [1, 1]), "must have 1 integers"),
    "another type": (put("dtype", "I8"), "the architecture demands float32"),
    "type of no text": (put("dtype", ["F32"]), "the architecture demands float32"),
    "no entry": (lambda h: h.update(score_scale=None), "must have dtype"),
    "another field": (put("more", 1), "must have dtype"),
    "odd metadata": (lambda h: h.update(__metadata__={"a": 1}), "may hold texts only"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_header_that_breaks_a_rule_is_refused(content: bytes, change: str) -> None:
    edit, message = CHANGES[change]
    with pytest.raises(BundleError, match=message) as caught:
        tensors_in(edited(content, edit), LAYOUT, PATH)
    assert str(caught.value).startswith("the tensors in model.safetensors cannot be read")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"[" * 3000, "no JSON object"),
        (b'{"a":' * 800, "cannot be read"),
        (b" {}", "no JSON object"),
        (b"\xff", "no JSON object"),
        (b'{"a\xff": 1}', "cannot be read"),
        (b'{"a": 1, "a": 1}', "twice"),
        (b"{}" + b" " * 100_000, "a header of 100,002 bytes"),
        (b"", "a header of 0 bytes"),
    ],
)
def test_what_is_no_header_is_refused(content: bytes, header: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        tensors_in(with_header(content, header), LAYOUT, PATH)


@pytest.mark.parametrize("size", [0, 1, 7, 2**31, 2**63, 2**64 - 1])
def test_a_wrong_length_of_the_header_is_refused(content: bytes, size: int) -> None:
    with pytest.raises(BundleError, match="cannot be read"):
        tensors_in(size.to_bytes(8, "little") + content[8:], LAYOUT, PATH)


def test_a_file_has_exactly_the_bytes_of_its_tensors(content: bytes) -> None:
    assert len(content) <= largest_file(LAYOUT) < len(content) + 10_000
    for end in (*range(9), len(content) // 2, len(content) - 1):
        with pytest.raises(BundleError, match="cannot be read"):
            tensors_in(content[:end], LAYOUT, PATH)
    with pytest.raises(BundleError, match="the architecture demands"):
        tensors_in(content + b"\0", LAYOUT, PATH)

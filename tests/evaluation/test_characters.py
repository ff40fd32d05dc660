"""Bytes as characters of 7 bits: what is lost is stored, and everything comes back."""

from __future__ import annotations

import random

import inputs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmpack.errors import DamagedError, UsageError
from lmpack.evaluation import compressors
from lmpack.evaluation.characters import is_text, joined, split
from lmpack.evaluation.compressors import find_compressor
from lmpack.evaluation.paper import CHUNK
from lmpack.evaluation.rates import measure_chunks, measure_whole
from lmpack.evaluation.token_compressor import TokenTransformer

FRENCH = "Où est passé l'été ? ".encode() * 100
NOISE = random.Random(0).randbytes(3 * CHUNK + 17)


@given(st.binary(min_size=1) | st.text(min_size=1).map(str.encode))
def test_everything_comes_back(data: bytes) -> None:
    characters, lost = split(data)
    assert len(characters) == len(data)
    assert max(characters) < 128
    stored = iter(lost + b"rest")
    assert joined(characters, stored) == data
    assert bytes(stored) == b"rest"


def test_ascii_is_left_as_it_is() -> None:
    assert split(b"plain text") == (b"plain text", b"\0\0")


def test_of_text_it_is_stored_which_bytes_were_above_127() -> None:
    characters, lost = split("aé".encode() + b"b" * 300 + "é".encode())
    assert characters == b"aC)" + b"b" * 300 + b"C)"
    # Three runs: 1 byte below, 2 above, 300 below.
    assert lost == bytes([0, 3, 1, 2, 300 & 127 | 128, 300 >> 7])


def test_of_other_data_every_byte_loses_its_lowest_bit() -> None:
    assert split(bytes([0, 1, 2, 255])) == (bytes([0, 0, 1, 127]), bytes([1, 0b0101_0000]))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"text\n", True),
        (FRENCH[1:-1], True),
        ("€".encode()[1:] + b" and " + "€".encode()[:2], True),
        ("\U0001f600".encode()[1:], True),
        (b"\x80\x80\x80\x80", False),
        (b"a\xffb", False),
        (b"a\0b", False),
        (b"a\x7fb", False),
        (NOISE, False),
        (bytes([200] * 9), False),
    ],
)
def test_what_is_text(data: bytes, expected: bool) -> None:
    assert is_text(data) == expected


@pytest.mark.parametrize(
    ("characters", "lost"),
    [(b"abc", b""), (b"abc", b"\1"), (b"abc", b"\0\2\1"), (b"abc", b"\0\1\3"), (b"a", b"\0\x80")],
)
def test_bits_that_do_not_fit_are_damage(characters: bytes, lost: bytes) -> None:
    with pytest.raises(DamagedError):
        joined(characters, iter(lost))


def test_a_model_that_sees_characters() -> None:
    alone, characters = find_compressor("model:tiny"), find_compressor("characters:tiny")
    assert characters.name == "tiny (characters)"
    assert (characters.parameters, characters.model_bytes) == (
        alone.parameters,
        alone.model_bytes,
    )
    assert characters.fingerprint == alone.fingerprint
    for data in (inputs.SENTENCES[:600], FRENCH[:500], NOISE[:400]):
        measure_whole(characters, data)
        chunks = [data[first : first + 150] for first in range(0, len(data), 150)]
        measured = measure_chunks(characters, chunks)
        assert measured.raw_bytes == len(data)
        assert measured.compressed_bytes > 0
    with pytest.raises(DamagedError):
        characters.decompress(b"abc")


def test_what_does_not_code_bytes_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = TokenTransformer.__new__(TokenTransformer)
    tokens.name = "Transformer of tokens"
    monkeypatch.setattr(compressors, "_model", lambda name: tokens)
    with pytest.raises(UsageError, match="does not code bytes"):
        find_compressor("characters:x")

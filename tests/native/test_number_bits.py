"""How many bits numbers take: what a plain formula says, for numbers of every kind."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lmpack._native import BIT_UNITS, frequency_bits, number_bits
from lmpack.errors import UsageError

LEAST, MOST = b"\x00" * 7 + b"\x80", b"\xff" * 7 + b"\x7f"


def logarithm(number: float) -> int:
    """Between powers of 2 a straight line."""
    exponent = int(number).bit_length() - 1
    return math.floor(BIT_UNITS * (exponent - 1 + math.ldexp(number, -exponent)))


def wrapped(number: int) -> int:
    """As 64 bits in two's complement."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def expected_bits(
    data: bytes, width: int, is_signed: bool, is_big_endian: bool, distance: int
) -> int:
    half = 0 if is_signed else 1 << 8 * width - 1
    places = range(0, len(data) // width * width, width)
    numbers = [
        int.from_bytes(data[i : i + width], "big" if is_big_endian else "little", signed=is_signed)
        - half
        for i in places
    ]
    before = numbers if distance else [sorted(numbers)[len(numbers) // 2]] * len(numbers)
    differences = [wrapped(a - b) for a, b in zip(numbers[distance:], before, strict=False)]
    bits = sum(logarithm(1.0 + 2.0 * abs(difference)) for difference in differences)
    return bits // max(len(differences), 1) + 2 * BIT_UNITS


@given(st.binary(max_size=70), st.integers(1, 8), st.booleans(), st.booleans(), st.integers(0, 4))
@example(LEAST + MOST + LEAST, 8, True, False, 1)
@example(LEAST + MOST + MOST, 8, True, False, 0)
@example(b"", 1, True, True, 0)
def test_bits_are_those_of_the_formula(
    data: bytes, width: int, is_signed: bool, is_big_endian: bool, distance: int
) -> None:
    arguments = data, width, is_signed, is_big_endian, distance
    expected = expected_bits(*arguments) if data[width - 1 :] else 2 * BIT_UNITS
    assert number_bits(*arguments) == expected


@given(st.binary(max_size=200), st.integers(1, 8), st.integers(0, 2000))
def test_bits_by_frequencies(data: bytes, width: int, more: int) -> None:
    count = len(data) // width
    expected = 0
    for place in range(width):
        for times in Counter(data[place : count * width : width]).values():
            expected += times * (logarithm(count) - logarithm(times)) + more
    assert frequency_bits(data, width, more) == expected


@pytest.mark.parametrize("width", [0, 9])
def test_there_are_no_such_numbers(width: int) -> None:
    with pytest.raises(UsageError, match="numbers have 1 to 8 bytes"):
        number_bits(b"abc", width, True, False, 1)
    if width == 0:
        with pytest.raises(UsageError, match="at least one byte"):
            frequency_bits(b"abc", width, 1)

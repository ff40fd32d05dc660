"""Zeros behind the last container, as tapes and dd leave them, are no part of a file."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import reference_decoder
from containers import ShortReads, container, raw_block

import lmpack
from lmpack._container import Block, ByteReader, read_block, read_blocks, read_indexes
from lmpack._container._header import HEADER_SIZES
from lmpack.errors import DamagedError, NotLmpackError

SIZES = [1, 2, 3, 4, 5, 9, 10, 17, 18, 511, 1 << 16, (1 << 16) + 18, 200_001]
ONE = container([raw_block(b"hello")])
TWO = container([raw_block(b"first")]) + container([raw_block(bytes(30)), raw_block(b"x")])


Reader = Callable[[bytes], list[Block]]


def forward(data: bytes) -> list[Block]:
    return [block for _, block in read_blocks(ByteReader(ShortReads(data)))]


def by_index(data: bytes) -> list[Block]:
    file = io.BytesIO(data)
    return [read_block(file, entry) for index in read_indexes(file) for entry in index.blocks]


both_readers = pytest.mark.parametrize("read", [forward, by_index])


@both_readers
@pytest.mark.parametrize("data", [ONE, TWO, container([])], ids=["one", "two", "empty"])
def test_any_number_of_zeros_may_follow(data: bytes, read: Reader) -> None:
    for size in SIZES:
        assert read(data + bytes(size)) == read(data)
        plain = reference_decoder.decode(data, lambda lanes: [])
        assert reference_decoder.decode(data + bytes(size), lambda lanes: []) == plain


@both_readers
@pytest.mark.parametrize(("zeros", "lengths"), [(1, (1, 594)), (2, (37, 495))])
def test_zeros_of_the_checksum_are_told_from_those_behind_it(
    zeros: int, lengths: tuple[int, int], read: Reader
) -> None:
    data = container([raw_block(b"y" * length) for length in lengths])
    assert data.endswith(bytes(zeros))
    for size in range(8):
        assert read(data + bytes(size)) == read(data)


@both_readers
def test_only_zeros_may_follow_and_only_at_the_end(read: Reader) -> None:
    for size in SIZES:
        for behind in (b"x", ONE):
            with pytest.raises(DamagedError, match=f"from byte {len(ONE)} on, after a container"):
                read(ONE + bytes(size) + behind)


@both_readers
def test_zeros_alone_are_no_file(read: Reader) -> None:
    for size in (1, *HEADER_SIZES, 1000):
        with pytest.raises(NotLmpackError):
            read(bytes(size))


@both_readers
def test_a_container_whose_end_is_zeros_is_not_taken_for_a_whole_one(read: Reader) -> None:
    """A copy that stopped may leave zeros where the rest of the file was to come."""
    for cut in range(1, len(ONE)):
        if any(ONE[cut:]):
            with pytest.raises(lmpack.FormatError):
                read(ONE[:cut] + bytes(len(ONE) - cut + 100))


def test_every_function_takes_padding(tmp_path: Path) -> None:
    plain = b"some text to pack " * 40
    packed = lmpack.compress(plain, level=1)
    padded = packed + bytes(10_240 - len(packed))
    assert lmpack.decompress(padded) == plain
    assert lmpack.verify_stream(io.BytesIO(padded)).written == len(plain)
    assert lmpack.describe(io.BytesIO(padded)) == lmpack.describe(io.BytesIO(packed))
    with lmpack.open(io.BytesIO(padded)) as file:
        assert file.seek(-4, 2) == len(plain) - 4
        assert zlib.crc32(file.read()) == zlib.crc32(plain[-4:])
    path = tmp_path / "plain.lmp"
    path.write_bytes(padded)
    (result,) = lmpack.decompress_files([path])
    assert result.error is None
    assert (tmp_path / "plain").read_bytes() == plain
    (again,) = lmpack.decompress_files([path], resume=True)
    assert again.skipped is not None

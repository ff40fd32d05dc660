"""Containers that are brought in pieces: the same blocks, and faults as soon as they show."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from containers import container, fed_blocks, file_contents, raw_block
from hypothesis import given
from hypothesis import strategies as st

from lmpack._container import Block, ByteReader, FedReader, Header, read_blocks
from lmpack._container._index import MEMORY_OF_ENTRY
from lmpack.errors import DamagedError, FormatError, LimitError, NotLmpackError, VersionError

BLOCKS = [raw_block(b"first"), raw_block(b"second" * 30)]
ONE = container(BLOCKS)


@given(file_contents, st.integers(1, 40))
def test_pieces_of_any_size_give_the_blocks(
    contents: list[tuple[Header, list[Block]]], size: int
) -> None:
    data = b"".join(container(blocks, header) for header, blocks in contents)
    assert list(fed_blocks(data, size)) == list(read_blocks(ByteReader(io.BytesIO(data))))


def blocks_or_none(blocks: Iterator[tuple[Header, Block]]) -> list[tuple[Header, Block]] | None:
    try:
        return list(blocks)
    except FormatError:
        return None


@given(st.integers(0, len(ONE) - 1), st.integers(0, 7), st.integers(1, 40))
def test_what_is_damaged_is_so_in_pieces_too(place: int, bit: int, size: int) -> None:
    data = bytearray(ONE)
    data[place] ^= 1 << bit
    forward = blocks_or_none(read_blocks(ByteReader(io.BytesIO(data))))
    assert blocks_or_none(fed_blocks(bytes(data), size)) == forward


def test_a_block_is_there_with_its_last_byte() -> None:
    reader = FedReader()
    ends = {}
    for place in range(len(ONE)):
        reader.feed(memoryview(ONE)[place : place + 1])
        if found := reader.next_block():
            ends[place + 1] = found[1]
        assert reader.is_complete == (place + 1 == len(ONE))
    first = Header.parse(ONE).size + len(BLOCKS[0].to_bytes())
    assert ends == {first: BLOCKS[0], first + len(BLOCKS[1].to_bytes()): BLOCKS[1]}
    assert (reader.rest, reader.next_block(), reader.offset) == (b"", None, len(ONE))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\xc1LM\n", NotLmpackError),
        (b"\xc0L2", NotLmpackError),
        (Header().to_bytes()[:-1] + b"?", DamagedError),
        (ONE[:18] + b"\x07", None),
        (ONE[:18] + b"\x07\x05\x05", DamagedError),
        (ONE[:18] + b"\x01\xff\xff\xff\x7f\x05", DamagedError),
    ],
)
def test_a_fault_shows_before_the_rest_is_there(data: bytes, error: type[Exception] | None) -> None:
    reader = FedReader()
    reader.feed(memoryview(data))
    if error is None:
        assert reader.next_block() is None
    else:
        with pytest.raises(error):
            reader.next_block()


def test_a_newer_version_is_no_damage() -> None:
    body = b"\xc0LM\n\x63\x01" + bytes(8)
    reader = FedReader()
    reader.feed(memoryview(body + zlib.crc32(body).to_bytes(4, "little")))
    with pytest.raises(VersionError):
        reader.next_block()


def test_what_is_remembered_has_a_limit() -> None:
    data = container([raw_block(b"x")] * 20)
    reader = FedReader(max_memory=19 * MEMORY_OF_ENTRY)
    reader.feed(memoryview(data))
    with pytest.raises(LimitError):
        while reader.next_block():
            pass


def test_every_byte_is_looked_at_once() -> None:
    """A block that comes byte by byte is tried again only when what it lacked is there."""
    tried = 0

    class Counting(FedReader):
        def _read(self, read: Callable[[ByteReader], Any]) -> Any:
            nonlocal tried
            tried += 1
            return super()._read(read)

    reader = Counting()
    data = container([raw_block(bytes(5000))])
    for place in range(len(data)):
        reader.feed(memoryview(data)[place : place + 1])
        reader.next_block()
    assert reader.is_complete
    assert tried < 30

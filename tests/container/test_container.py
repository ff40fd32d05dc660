"""Containers that are whole: writing, reading forward, reading by seek."""

from __future__ import annotations

import io
from typing import Any

import pytest
from containers import (
    ONE_MODEL,
    PipeSource,
    ShortReads,
    container,
    file_contents,
    model_block,
    raw_block,
)
from hypothesis import given
from hypothesis import strategies as st

from lmpack._container import (
    Block,
    BlockKind,
    ByteReader,
    ContainerWriter,
    Header,
    read_block,
    read_blocks,
    read_indexes,
)
from lmpack.errors import UsageError

FileContents = list[tuple[Header, list[Block]]]


def to_file(contents: FileContents) -> bytes:
    return b"".join(container(blocks, header) for header, blocks in contents)


@given(file_contents)
def test_forward_reading_gives_what_was_written(contents: FileContents) -> None:
    expected = [(header, block) for header, blocks in contents for block in blocks]
    assert list(read_blocks(ByteReader(PipeSource(to_file(contents))))) == expected


@given(file_contents)
def test_short_reads_do_no_harm(contents: FileContents) -> None:
    data = to_file(contents)
    assert list(read_blocks(ByteReader(ShortReads(data)))) == list(
        read_blocks(ByteReader(io.BytesIO(data)))
    )
    assert read_indexes(ShortReads(data)) == read_indexes(io.BytesIO(data))


@given(file_contents)
def test_indexes_tell_what_forward_reading_sees(contents: FileContents) -> None:
    data = to_file(contents)
    indexes = read_indexes(io.BytesIO(data))
    assert [index.header for index in indexes] == [header for header, _ in contents]
    assert [len(index.blocks) for index in indexes] == [len(blocks) for _, blocks in contents]
    found = [
        (index.header, read_block(io.BytesIO(data), entry))
        for index in indexes
        for entry in index.blocks
    ]
    assert found == list(read_blocks(ByteReader(io.BytesIO(data))))


@given(file_contents)
def test_indexes_place_containers_and_blocks_without_gaps(contents: FileContents) -> None:
    data = to_file(contents)
    end = 0
    for index in read_indexes(io.BytesIO(data)):
        assert index.start == end
        end += index.size
        plain_end = 0
        for entry in index.blocks:
            assert entry.plain_offset == plain_end
            plain_end += entry.plain_length
        assert index.content_length == plain_end
    assert end == len(data)


def test_blocks_are_found_in_any_order() -> None:
    blocks = [raw_block(bytes([number]) * (number + 1)) for number in range(200)]
    file = io.BytesIO(container(blocks))
    (index,) = read_indexes(file)
    assert [read_block(file, entry) for entry in reversed(index.blocks)] == blocks[::-1]


def test_indexes_are_found_without_reading_payloads() -> None:
    class CountingFile(io.BytesIO):
        bytes_read = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.bytes_read += len(data)
            return data

    file = CountingFile(container([raw_block(bytes(100_000))]) * 3)
    assert len(read_indexes(file)) == 3
    assert file.bytes_read < 300


def test_empty_container() -> None:
    data = container([])
    assert list(read_blocks(ByteReader(io.BytesIO(data)))) == []
    (index,) = read_indexes(io.BytesIO(data))
    assert (index.content_length, index.blocks, index.size) == (0, (), len(data))


def test_longest_block_round_trip() -> None:
    blocks = [raw_block(bytes(2**24)), model_block(2**24, 10, b"")]
    data = container(blocks)
    assert [block for _, block in read_blocks(ByteReader(io.BytesIO(data)))] == blocks


@given(st.integers(1, 2**24), st.integers(0, 10))
def test_lanes_hold_all_bytes_and_none_is_empty(plain_length: int, lanes_log2: int) -> None:
    block = model_block(plain_length, lanes_log2, b"")
    assert 1 <= block.lanes <= 2**lanes_log2
    fewer = model_block(plain_length, block.lanes_log2 - 1, b"") if block.lanes_log2 else None
    assert fewer is None or fewer.lane_length > block.lane_length
    assert (block.lanes - 1) * block.lane_length < plain_length <= block.lanes * block.lane_length


def test_writer_writes_nothing_before_the_first_block() -> None:
    sink = io.BytesIO()
    writer = ContainerWriter(sink, ONE_MODEL)
    assert sink.getvalue() == b""
    writer.write(raw_block(b"a"))
    assert sink.getvalue() == ONE_MODEL.to_bytes() + raw_block(b"a").to_bytes()


def test_finished_writer_takes_no_more() -> None:
    sink = io.BytesIO()
    writer = ContainerWriter(sink, ONE_MODEL)
    writer.finish()
    written = sink.getvalue()
    for more in (writer.finish, lambda: writer.write(raw_block(b"a"))):
        with pytest.raises(UsageError, match="finished"):
            more()
    assert sink.getvalue() == written


@pytest.mark.parametrize("size", [0, 7, 9, 32])
def test_names_of_another_size_are_refused(size: int) -> None:
    for fields in (((bytes(size),),), ((), False, bytes(size))):
        with pytest.raises(UsageError, match=f"first 8 bytes.*not {size}"):
            Header(*fields)


@pytest.mark.parametrize(
    ("kind", "lanes_log2", "plain_length", "checksum", "payload", "message"),
    [
        (BlockKind.RAW, 0, 0, 0, b"", "plain length is 0"),
        (BlockKind.MODEL, 0, 2**24 + 1, 0, b"", "allowed are 1 to 16777216"),
        (BlockKind.RAW, 1, 3, 0, b"abc", "a raw block must have 0"),
        (BlockKind.RAW, 0, 3, 0, b"ab", "it must have 3"),
        (BlockKind.MODEL, 0, 3, 0, b"abc", "it must have fewer than 3"),
        (BlockKind.MODEL, 11, 3, 0, b"", "allowed are 0 to 10"),
        (BlockKind.MODEL, -1, 3, 0, b"", "allowed are 0 to 10"),
        (BlockKind.MODEL, 2, 3, 0, b"", "more lanes than its 3 bytes"),
        (7, 0, 3, 0, b"abc", "kind 7 is reserved"),
        (0, 0, 3, 0, b"abc", "kind 0 is reserved"),
        (BlockKind.RAW, 0, 3, 2**32, b"abc", "32 bits"),
        (BlockKind.RAW, 0, 3, -1, b"abc", "32 bits"),
    ],
)
def test_block_out_of_range_is_refused(
    kind: BlockKind,
    lanes_log2: int,
    plain_length: int,
    checksum: int,
    payload: bytes,
    message: str,
) -> None:
    with pytest.raises(UsageError, match=message):
        Block(kind, lanes_log2, plain_length, checksum, payload)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (((b"1" * 8, b"2" * 8, b"3" * 8),), "it names 3 models, allowed are 0 to 2"),
        (((b"1" * 8, b"1" * 8),), "both models are the same"),
        (((b"1" * 8, bytes(8)),), "the fingerprint of a model is zeros"),
        (((bytes(8),),), "the fingerprint of a model is zeros"),
        (((), True), "one of tokens, and names 0 models"),
        (((b"1" * 8, b"2" * 8), True), "one of tokens, and names 2 models"),
        (((b"1" * 8,), True, b"3" * 8), "a prefix beside a model of tokens"),
    ],
)
def test_headers_that_cannot_be_are_not_written(fields: tuple[Any, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Header(*fields)


@pytest.mark.parametrize("models", range(3))
@pytest.mark.parametrize("prefix", [None, b"a prefix"])
def test_a_header_has_ten_bytes_and_eight_for_each_name(models: int, prefix: bytes | None) -> None:
    names = (b"1" * 8, b"2" * 8)[:models]
    header = Header(names, prefix=prefix)
    data = header.to_bytes()
    assert len(data) == header.size == 10 + 8 * models + (8 if prefix else 0)
    assert data[4:-4] == bytes([1, models + (8 if prefix else 0)]) + b"".join(names) + (
        prefix or b""
    )
    assert Header.parse(data + b"what follows") == header

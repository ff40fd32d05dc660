"""What an index says cannot make a reader take more memory than it is allowed."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest
from containers import container, raw_block

import lmpack
from lmpack._container import ByteReader, read_blocks, read_indexes
from lmpack._container._index import MEMORY_OF_ENTRY
from lmpack._container._source import encode_varint

MANY = container([raw_block(b"a")] * 2_000)


def test_an_entry_takes_no_more_than_is_counted() -> None:
    tracemalloc.start()
    described = lmpack.describe(io.BytesIO(MANY))
    indexes = read_indexes(io.BytesIO(MANY))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(described[0].blocks) == len(indexes[0].blocks) == 2_000
    assert MEMORY_OF_ENTRY / 4 < most / 4_000 < MEMORY_OF_ENTRY


def test_an_index_of_more_entries_than_allowed_is_refused() -> None:
    read_indexes(io.BytesIO(MANY), max_memory=2_001 * MEMORY_OF_ENTRY)
    with pytest.raises(lmpack.LimitError, match=r"index of 2,000 blocks.* max_memory"):
        read_indexes(io.BytesIO(MANY), max_memory=1_999 * MEMORY_OF_ENTRY)
    with pytest.raises(lmpack.LimitError, match="index"):
        list(read_blocks(ByteReader(io.BytesIO(MANY)), max_memory=1_999 * MEMORY_OF_ENTRY))
    with pytest.raises(lmpack.LimitError, match="index"):
        lmpack.describe(io.BytesIO(MANY), max_memory=MEMORY_OF_ENTRY)


def test_many_empty_containers_are_counted_too() -> None:
    empty = container([]) * 1000
    assert len(read_indexes(io.BytesIO(empty))) == 1000
    with pytest.raises(lmpack.LimitError, match="index"):
        read_indexes(io.BytesIO(empty), max_memory=999 * MEMORY_OF_ENTRY)


def test_a_false_length_of_an_index_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "hole.lmp"
    index_size = 1 << 40
    tail = encode_varint(index_size)[::-1] + bytes(4)
    with path.open("wb") as file:
        file.write(container([])[:18])
        file.seek(18 + index_size)
        file.write(tail)
    with pytest.raises(lmpack.LimitError, match="index"):
        lmpack.describe(path)
    with pytest.raises(lmpack.LimitError, match="index"):
        lmpack.open(path)

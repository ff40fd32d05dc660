"""A file that was cut gives its whole blocks, and then an error: never an end."""

from __future__ import annotations

import io

import pytest
from block_sizes import set_block_size
from salvaging import BLOCK, Sample, mixed_content, sample

import lmpack
from lmpack import Options


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Sample:
    set_block_size(monkeypatch, BLOCK)
    return sample(mixed_content(1), options=Options(level=1))


def test_whole_blocks_come_before_the_error(one: Sample) -> None:
    for size in range(len(one.packed)):
        whole = max([place.stop for where, place in one.blocks if where.stop <= size], default=0)
        found = b""
        with lmpack.open(io.BytesIO(one.packed[:size])) as file:
            assert not file.seekable()
            with pytest.raises(lmpack.TruncatedError, match=f"ends at byte {size}"):
                while piece := file.read1():
                    found += piece
            for _ in range(3):
                with pytest.raises(lmpack.TruncatedError):
                    file.read()
        assert found == one.plain[:whole], size


def test_reading_it_all_at_once_is_an_error(one: Sample) -> None:
    with (
        lmpack.open(io.BytesIO(one.packed[:-1])) as file,
        pytest.raises(lmpack.TruncatedError),
    ):
        file.read()


def test_a_damaged_index_is_no_cut_and_refused_at_once(one: Sample) -> None:
    damaged = one.packed[:-1] + bytes([one.packed[-1] ^ 1])
    with pytest.raises(lmpack.DamagedError):
        lmpack.open(io.BytesIO(damaged))

"""Limits of content and memory: refused from the heads of blocks, before anything is decoded."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from containers import PipeSource, container, model_block, raw_block

import lmpack
from lmpack._blocks import coders
from lmpack._blocks.options import DEFAULT_MAX_MEMORY
from lmpack._container import Block, BlockKind, Header, Names

MIB = 1 << 20
ZEROS = container([Block(BlockKind.ADAPTIVE, 0, 1 << 24, 0, bytes(20))] * 20, Header())
"""About 1 KB that says that it is 320 MiB."""

Reading = Callable[..., object]


def opened(data: bytes, **options: Any) -> object:
    with lmpack.open(io.BytesIO(data), **options) as file:
        return file.read()


def opened_as_a_pipe(data: bytes, **options: Any) -> object:
    with lmpack.open(PipeSource(data), **options) as file:
        return file.read()


def verified(data: bytes, **options: Any) -> object:
    return lmpack.verify_stream(io.BytesIO(data), **options)


def of_a_batch(data: bytes, **options: Any) -> object:
    Path("bomb.lmp").write_bytes(data)
    (result,) = lmpack.decompress_files(["bomb.lmp"], **options)
    assert (result.error is None) == os.path.exists("bomb")
    if result.error is not None:
        raise result.error
    os.remove("bomb")
    return result


READERS = [lmpack.decompress, opened, opened_as_a_pipe, verified, of_a_batch]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[int]]:
    """Lengths of the blocks of which the decoding has begun; it gives zeros."""
    monkeypatch.chdir(tmp_path)
    lengths: list[int] = []

    def decode(executor: object, block: Block, share_done: object, prefix: object) -> bytes:
        lengths.append(block.plain_length)
        return bytes(block.plain_length)

    monkeypatch.setattr(coders, "decode_block", decode)
    yield lengths


@pytest.mark.parametrize("read", READERS)
def test_too_much_content_is_refused_before_it_is_decoded(
    read: Reading, decoded: list[int]
) -> None:
    with pytest.raises(lmpack.LimitError, match=r"content up to here, 1,000 are .* max_size"):
        read(ZEROS, max_size=1000)
    assert decoded == []


@pytest.mark.parametrize("read", READERS)
def test_blocks_within_the_limit_are_decoded(read: Reading, decoded: list[int]) -> None:
    packed = container([raw_block(bytes(100))] * 4)
    read(packed, max_size=400)
    assert decoded == [100] * 4
    with pytest.raises(lmpack.LimitError, match=r"400 bytes .* 399 are allowed"):
        read(packed, max_size=399)


@pytest.mark.parametrize("read", READERS)
def test_a_block_that_needs_too_much_memory_is_refused(read: Reading, decoded: list[int]) -> None:
    with pytest.raises(lmpack.LimitError, match=r"needs 90,.* bytes of memory, .* max_memory"):
        read(ZEROS, max_memory=80 * MIB)
    assert decoded == []


@pytest.mark.parametrize("read", READERS)
def test_many_lanes_are_counted_with_the_model_that_is_needed(
    read: Reading, decoded: list[int]
) -> None:
    (base,) = (bundle for bundle in lmpack.list_models() if bundle.name == "base")
    packed = container([model_block(1024, 10, bytes(600))], Header((base.fingerprint[:8],)))
    with pytest.raises(lmpack.LimitError, match="memory"):
        read(packed, max_memory=70 * MIB, threads=1)
    read(packed, max_memory=90 * MIB, threads=1)
    assert decoded == [1024]


def test_a_limit_says_nothing_against_the_bytes() -> None:
    assert not issubclass(lmpack.LimitError, lmpack.FormatError)
    assert issubclass(lmpack.LimitError, lmpack.LmpackError)


def test_without_limits_nothing_is_refused(decoded: list[int]) -> None:
    sizes = lmpack.verify_stream(io.BytesIO(ZEROS), max_memory=None, threads=1)
    assert sizes.written == 20 << 24
    assert lmpack.Options().max_size is None
    assert lmpack.Options().max_memory == DEFAULT_MAX_MEMORY >= 2 << 30


def test_a_bad_file_does_not_end_a_batch(decoded: list[int]) -> None:
    Path("a.lmp").write_bytes(ZEROS)
    Path("b.lmp").write_bytes(container([raw_block(b"b")]))
    results = list(lmpack.decompress_files(["a.lmp", "b.lmp"], max_size=10))
    assert [type(result.error) for result in results] == [lmpack.LimitError, type(None)]
    assert sorted(os.listdir()) == ["a.lmp", "b", "b.lmp"]


class Together:
    """Counts how many blocks are in work at the same time."""

    def __init__(self, expected: int) -> None:
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self._all = threading.Barrier(expected)

    def block(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._all.wait(10)
        with self._lock:
            self._now -= 1


@pytest.mark.parametrize(("blocks_of_memory", "expected"), [(2.5, 2), (1, 1), (9, 4)])
def test_as_many_blocks_side_by_side_as_the_memory_holds(
    blocks_of_memory: float, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = Together(expected)

    def decode(executor: object, block: Block, share_done: object, prefix: object) -> bytes:
        together.block()
        return bytes(block.plain_length)

    def encode(executor: object, plain: bytes, share_done: object, **kinds: object) -> Block:
        together.block()
        return raw_block(plain)

    monkeypatch.setattr(coders, "decode_block", decode)
    monkeypatch.setattr(coders, "encode_block", encode)
    block = Block(BlockKind.ADAPTIVE, 0, MIB, 0, b"\x01" + bytes(20))
    decoder = coders.Decoder(lmpack.Options(threads=4))
    one = decoder.required_memory(block, Names(), "it")
    limit = int(one * blocks_of_memory)
    lmpack.verify_stream(io.BytesIO(container([block] * 8, Header())), threads=4, max_memory=limit)
    assert together.most == expected
    encoder = coders.Encoder(lmpack.Options(level=1, threads=4))
    limit = int(encoder.required_memory(MIB) * blocks_of_memory)
    lmpack.compress(bytes(8 * MIB), level=1, threads=4, max_memory=limit)
    with lmpack.open(io.BytesIO(), "wb", level=1, threads=4, max_memory=limit) as file:
        file.write(bytes(8 * MIB))
    assert together.most == expected


def test_what_cannot_be_compressed_within_the_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(MIB))
    with pytest.raises(lmpack.LimitError, match=r"a block of 1,048,576 bytes.* max_memory"):
        lmpack.compress(bytes(MIB), max_memory=MIB)
    (result,) = lmpack.compress_files([tmp_path / "file"], max_memory=MIB)
    assert isinstance(result.error, lmpack.LimitError)
    assert os.listdir(tmp_path) == ["file"]


def test_small_content_is_compressed_with_little_memory() -> None:
    packed = lmpack.compress(b"small", level=1, max_memory=2 * MIB)
    assert lmpack.decompress(packed, max_memory=2 * MIB, max_size=5) == b"small"

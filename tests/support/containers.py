"""Small containers and odd sources for the tests of the container format."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator

from hypothesis import strategies as st

from lmpack._container import (
    Block,
    BlockKind,
    ContainerWriter,
    FedReader,
    Header,
)
from lmpack.errors import TruncatedError

FINGERPRINT = bytes.fromhex("0011223344556677")
SECOND = bytes.fromhex("8899aabbccddeeff")
DIGEST = bytes.fromhex("1032547698badcfe")
ONE_MODEL = Header((FINGERPRINT,))


def raw_block(plain: bytes) -> Block:
    """A raw block with the given content."""
    return Block(BlockKind.RAW, 0, len(plain), zlib.crc32(plain), plain)


def model_block(plain_length: int, lanes_log2: int, payload: bytes) -> Block:
    """A model block; no model would decode its payload, which containers need not know.

    It has fewer lanes than asked for where it has fewer bytes than that.
    """
    lanes_log2 = min(lanes_log2, plain_length.bit_length() - 1)
    return Block(BlockKind.MODEL, lanes_log2, plain_length, zlib.crc32(payload), payload)


def container(blocks: Iterable[Block], header: Header = ONE_MODEL) -> bytes:
    """A whole container."""
    sink = io.BytesIO()
    writer = ContainerWriter(sink, header)
    for block in blocks:
        writer.write(block)
    writer.finish()
    return sink.getvalue()


class ShortReads(io.BytesIO):
    """Gives fewer bytes than asked for, as pipes and sockets do."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(3, size) if size and size > 0 else size)


class PipeSource:
    """Can be read only."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._file.read(size)


def fed_blocks(data: bytes, size: int) -> Iterator[tuple[Header, Block]]:
    """All blocks of all containers in pieces of a size, each with its container's header."""
    while True:
        reader = FedReader()
        for start in range(0, len(data), size):
            reader.feed(memoryview(data)[start : start + size])
            while found := reader.next_block():
                yield found
            if reader.is_complete:
                data = reader.rest + data[start + size :]
                break
        else:
            raise TruncatedError("all of it was fed")
        if not any(data):
            return


raw_blocks = st.builds(raw_block, st.binary(min_size=1, max_size=300))
model_blocks = st.builds(
    lambda payload, more, lanes_log2: model_block(len(payload) + more, lanes_log2, payload),
    st.binary(max_size=300),
    st.one_of(st.integers(1, 300), st.integers(1, 2**24 - 300)),
    st.integers(0, 10),
)
block_lists = st.lists(st.one_of(raw_blocks, model_blocks), max_size=6)
names = st.binary(min_size=8, max_size=8).filter(any)
prefixes = st.one_of(st.none(), names)
other_headers = st.one_of(
    st.builds(Header, prefix=prefixes),
    st.builds(Header, st.tuples(names), prefix=names),
    st.builds(Header, st.tuples(names), st.just(True)),
    st.builds(
        Header, st.tuples(names, names).filter(lambda two: two[0] != two[1]), prefix=prefixes
    ),
)
file_contents = st.lists(
    st.one_of(
        st.tuples(st.builds(Header, st.tuples(names)), block_lists),
        st.tuples(other_headers, st.lists(raw_blocks, max_size=6)),
    ),
    min_size=1,
    max_size=4,
)

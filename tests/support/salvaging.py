"""Damaged files and what must come out of them."""

from __future__ import annotations

import io
import random
from typing import NamedTuple

from trees import text

import lmpack
from lmpack import Options, Salvaged

BLOCK = 60
"""Bytes of a block of content in these tests."""


HEAD_SIZE = 7
"""Bytes of a block before its payload, as both lengths are below 128."""


class Sample(NamedTuple):
    """A file, its content, and where its blocks are: in the file, and in the content."""

    packed: bytes
    plain: bytes
    blocks: list[tuple[range, range]]


def sample(*contents: bytes, options: Options) -> Sample:
    """A container for each content; blocks must have been made small."""
    packed = b"".join(lmpack.compress(content, options=options) for content in contents)
    blocks, start = [], 0
    for info in lmpack.describe(io.BytesIO(packed)):
        for block in info.blocks:
            size = HEAD_SIZE + block.payload_length
            content = range(start, start + block.plain_length)
            blocks.append((range(block.offset, block.offset + size), content))
            start = content.stop
    return Sample(packed, b"".join(contents), blocks)


def mixed_content(seed: int) -> bytes:
    """A block of text, which is coded, and two of noise, which are raw; the last one is short."""
    noise = bytes(random.Random(seed).choices(range(1, 256), k=BLOCK + BLOCK // 2))
    return text(BLOCK, seed) + noise


def salvage(data: bytes, *, holes: bool = True, **options: object) -> tuple[bytes, Salvaged]:
    """What is salvaged of a file."""
    source, sink = io.BufferedReader(io.BytesIO(data)), io.BytesIO()  # as strict as a file
    found = lmpack.salvage_stream(source, sink, holes=holes, **options)  # type: ignore[arg-type]
    assert found.sizes == (len(data), len(sink.getvalue()))
    return sink.getvalue(), found


def check_in_place(sample_: Sample, content: bytes, damaged: set[int]) -> None:
    """Every block that is not among the damaged ones is in its place; those are right or zeros."""
    assert len(content) == len(sample_.plain)
    for number, (_, place) in enumerate(sample_.blocks):
        found, right = content[place.start : place.stop], sample_.plain[place.start : place.stop]
        assert found == right or (number in damaged and not any(found)), number

"""Small containers of every kind, each with its content: what is damaged."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import inputs
import numpy as np

import lmpack
from benchmarks.reliability.children import Case
from lmpack._blocks.coding import Coding, no_progress
from lmpack._blocks.filters import Filter
from lmpack._container import (
    FINGERPRINT_SIZE,
    Block,
    BlockKind,
    ByteReader,
    ContainerWriter,
    Header,
    read_blocks,
)
from lmpack._container._records import KIND_BITS
from lmpack._executors import open_executor
from lmpack._models.bundle import load_byte_model

SAMPLES = b"".join(struct.pack("<h", int(9000 * math.sin(i / 9)) + i % 7) for i in range(300))
"""A tone of 16 bits."""
WORDS = inputs.TEXT[:120]
ADAPTIVE = Coding(BlockKind.ADAPTIVE, 0)
RECORDING = Coding(BlockKind.ADAPTIVE, 0, stride=2, filter=Filter.samples(2, 1))


class Specimen(NamedTuple):
    """A container, or several.

    Attributes:
        name: what is in it.
        data: its bytes.
        content: what it decodes to.
        model: bundle folder that it needs; None for none or a built-in one.
        is_large: whether only some of its bits and places are tried.
    """

    name: str
    data: bytes
    content: bytes
    model: Path | None = None
    is_large: bool = False

    @property
    def blocks(self) -> list[tuple[Header, Block]]:
        """What is in it."""
        return list(read_blocks(ByteReader(io.BytesIO(self.data))))

    @property
    def header(self) -> bytes:
        """The header of its first container."""
        return self.data[: Header.parse(self.data).size]

    def cases(self, name: str, data: bytes) -> Iterator[Case]:
        """Other bytes in its place, read forward and by the index."""
        yield Case(f"{self.name}, {name}, read forward", lambda: self._forward(data))
        yield Case(f"{self.name}, {name}, by the index", lambda: self._by_index(data))

    def _forward(self, data: bytes) -> bool:
        return lmpack.decompress(data, model=self.model, threads=1) == self.content

    def _by_index(self, data: bytes) -> bool:
        with lmpack.open(io.BytesIO(data), model=self.model, threads=1) as file:
            return file.read() == self.content


def specimens(model: Path) -> list[Specimen]:
    """One of every kind of block and of every build of a file, with a small random `model`."""

    def coded(coding: Coding, content: bytes) -> Specimen:
        executor = open_executor(load_byte_model(model), threads=1)
        payload = coding.encode(executor, content, no_progress)
        block = Block(coding.kind, coding.lanes_log2, len(content), zlib.crc32(content), payload)
        data = _container([block], load_byte_model(model).fingerprint)
        return Specimen(
            f"{coding.kind.name.lower()}, {1 << coding.lanes_log2} lanes", data, content, model
        )

    predictable = _predictable_by(model)
    several = [adaptive_block(WORDS[i:] + WORDS[:i]) for i in (0, 40, 80)]
    return [
        _compressed("empty", b""),
        _compressed("raw", inputs.NOISE[:50]),
        _compressed("adaptive", WORDS),
        _compressed("copies", WORDS + bytes(3000) + WORDS),
        Specimen("samples", _container([adaptive_block(SAMPLES, RECORDING)]), SAMPLES),
        coded(Coding(BlockKind.MODEL, 0), predictable),
        coded(Coding(BlockKind.MODEL, 3), predictable),
        coded(Coding(BlockKind.MIXED, 0), predictable),
        coded(Coding(BlockKind.MIXED, 2), predictable),
        Specimen(
            "three blocks",
            _container(several),
            b"".join(WORDS[i:] + WORDS[:i] for i in (0, 40, 80)),
        ),
        Specimen("built-in model", lmpack.compress(WORDS, level=3, threads=1), WORDS),
        Specimen("two models", lmpack.compress(WORDS, model=("tiny", "small"), threads=1), WORDS),
        _compressed("large text", inputs.SENTENCES[:9000], is_large=True),
        _compressed("two containers", inputs.SENTENCES[:3000], inputs.NOISE, is_large=True),
    ]


def _compressed(name: str, *contents: bytes, is_large: bool = False) -> Specimen:
    """Containers of lmpack's own, one after another."""
    data = b"".join(lmpack.compress(content, level=1, threads=1) for content in contents)
    return Specimen(name, data, b"".join(contents), is_large=is_large)


def tag_of(block: Block) -> int:
    """The first byte of a block."""
    return block.lanes_log2 << KIND_BITS | block.kind


def adaptive_block(content: bytes, coding: Coding = ADAPTIVE) -> Block:
    """A block without a model, whether or not it is smaller than its content."""
    payload = coding.encode(None, content, no_progress)
    return Block(coding.kind, 0, len(content), zlib.crc32(content), payload)


def _container(blocks: list[Block], *fingerprints: bytes) -> bytes:
    sink = io.BytesIO()
    writer = ContainerWriter(sink, Header(tuple(one[:FINGERPRINT_SIZE] for one in fingerprints)))
    for block in blocks:
        writer.write(block)
    writer.finish()
    return sink.getvalue()


def _predictable_by(model: Path, length: int = 60) -> bytes:
    """What a model expects after itself: a random one makes all other bytes longer."""
    executor = open_executor(load_byte_model(model), threads=1)
    content = bytearray()
    state = executor.start(1)
    symbol = executor.architecture.start_symbol
    for _ in range(length):
        odds = executor.step(state, np.array([symbol]))
        symbol = int(odds[0, :256].argmax())
        content.append(symbol)
    return bytes(content)

"""Makes frozen files that every later lmpack has to open, with nothing but its own models."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from containers import PipeSource, container, raw_block
from frozen_contents import CONTENTS, ZEROS, likely_content

import lmpack
from lmpack._blocks.coding import Coding, no_progress
from lmpack._blocks.copies import with_copies
from lmpack._blocks.executor_cache import cached_executor
from lmpack._blocks.filters import Filter
from lmpack._blocks.levels import LEVELS
from lmpack._container import Block, BlockKind, Header
from lmpack._executors.mixing import Predictor
from lmpack._executors.native_decoder import NativeDecoderExecutor
from lmpack._executors.protocol import BlockCoder
from lmpack._models.bundle import load_bundle
from lmpack._native import take_copies

FILTERS = {
    "samples-16": (Filter.samples(2, 2), "two channels of 16 bits"),
    "samples-24": (Filter.samples(3, 2, is_big_endian=True), "two channels of 24 bits, big-endian"),
    "picture": (Filter.samples(1, 3, row=60, is_signed=False), "rows of pixels of three bytes"),
    "x86": (Filter.parse(b"\x02\x40"), "x86 code, 64 bits"),
    "arm64": (Filter.parse(b"\x03"), "ARM64 code"),
    "numbers-2": (Filter.delta(2, 2), "numbers of 2 bytes"),
    "numbers-4": (Filter.delta(4, 4), "numbers of 4 bytes"),
    "numbers-8": (Filter.delta(8, 8), "numbers of 8 bytes"),
}
"""By content: what it goes through, and what it is."""


class Good(NamedTuple):
    """A file to be frozen.

    Attributes:
        name: of the file, without its folder.
        data: its bytes.
        content: name of what it holds.
        reason: why it is there, in a line.
        needs: as in :class:`frozen_table.Frozen`.
    """

    name: str
    data: bytes
    content: str
    reason: str
    needs: str = ""


class GoodFiles:
    """Those that need nothing but what every lmpack has.

    Args:
        decoder: the model of tokens.
    """

    def __init__(self, decoder: NativeDecoderExecutor) -> None:
        self._decoder = decoder
        self.contents: Mapping[str, bytes] = {
            **{name: make() for name, make in CONTENTS.items()},
            "tokens": likely_content(decoder),
        }

    def __iter__(self) -> Iterator[Good]:
        yield from self._containers()
        yield from self._kinds()
        yield from self._lanes()
        yield from self._filters()
        yield from self._copies()
        yield from self._levels()

    def packed(self, content: str, **options: Any) -> bytes:
        """A content, compressed."""
        return lmpack.compress(self.contents[content], **options)

    def block(self, content: str, coding: Coding, model: str | None = None) -> Block:
        """A block that is coded in a way, also where that is no smaller way than others."""
        executor: BlockCoder | None = self._decoder if coding.kind.has_tokens_model else None
        if model is not None:
            executor = cached_executor(load_bundle(model), "cpu", 1)
        return self._block(self.contents[content], coding, executor)

    @staticmethod
    def _block(plain: bytes, coding: Coding, executor: BlockCoder | None) -> Block:
        payload = coding.encode(executor, plain, no_progress)
        return Block(coding.kind, coding.lanes_log2, len(plain), zlib.crc32(plain), payload)

    def _file(
        self, name: str, content: str, coding: Coding, reason: str, model: str | None = None
    ) -> Good:
        header = Header() if model is None else Header((load_bundle(model).fingerprint[:8],))
        return Good(name, container([self.block(content, coding, model)], header), content, reason)

    def _containers(self) -> Iterator[Good]:
        empty, byte, text = (self.packed(name, level=1) for name in ("empty", "byte", "text"))
        yield Good("empty", empty, "empty", "a container of no block")
        named = container([], Header((load_bundle("tiny").fingerprint[:8],)))
        yield Good("empty-model", named, "empty", "no block, and a model that nothing needs")
        yield Good("one-byte", byte, "byte", "the shortest block")
        yield Good("joined", self._joined(), "text", "three containers of other headers")
        yield Good("joined-empty", empty + text + empty, "text", "empty containers around another")
        yield Good("padded", text + bytes(509), "text", "zeros behind the last container")
        yield Good("padded-1", text + bytes(1), "text", "one zero, as the checksum could end with")
        yield Good("blocks", self._several(), "text", "blocks of five kinds in one container")
        sink = io.BytesIO()
        lmpack.compress_stream(PipeSource(self.contents["text"]), sink, level=2)
        yield Good("pipe", sink.getvalue(), "text", "made of a pipe, whose end is not known before")
        sink = io.BytesIO()
        with lmpack.open(sink, "wb", level=1) as file:
            for start in range(0, 600, 200):
                file.write(self.contents["text"][start : start + 200])
                file.flush()
        yield Good("flushed", sink.getvalue(), "text", "blocks that were ended early, by flush")
        unknown = container([raw_block(self.contents["noise"])], Header((b"\1" * 8, b"\2" * 8)))
        yield Good("raw-unknown", unknown, "noise", "raw, of models and for readers that lack them")

    def _joined(self) -> bytes:
        text = self.contents["text"]
        return b"".join(
            lmpack.compress(part, **options)
            for part, options in (
                (text[:200], {"level": 1}),
                (text[200:400], {"model": "tiny"}),
                (text[400:], {"model": "tiny", "mixing": False}),
            )
        )

    def _several(self) -> bytes:
        text, tiny = self.contents["text"], load_bundle("tiny")
        executor = cached_executor(tiny, "cpu", 1)
        blocks = [raw_block(text[:20])]
        codings = [
            Coding(BlockKind.MODEL, 1),
            Coding(BlockKind.MIXED, 0, predictor=Predictor.FULL),
            Coding(BlockKind.ADAPTIVE, 0),
            Coding(BlockKind.ADAPTIVE, 1, predictor=Predictor.STRONG),
        ]
        for start, coding in zip(range(20, 600, 145), codings, strict=True):
            blocks.append(self._block(text[start : start + 145], coding, executor))
        return container(blocks, Header((tiny.fingerprint[:8],)))

    def _kinds(self) -> Iterator[Good]:
        yield Good("raw", self.packed("noise", level=1), "noise", "a raw block")
        model = Coding(BlockKind.MODEL, 0)
        yield self._file("model", "text", model, "a model alone", "tiny")
        for predictor in Predictor:
            name = predictor.name.lower()
            for kind, used in ((BlockKind.ADAPTIVE, None), (BlockKind.MIXED, "tiny")):
                coding = Coding(kind, 0, predictor=predictor)
                reason = f"{kind.label}, the predictor {name}"
                yield self._file(f"{kind.label}-{name}", "text", coding, reason, used)
                coding = Coding(kind, 0, 12, predictor=predictor)
                reason = f"{kind.label}, {name}, with a stride of 12 bytes"
                yield self._file(f"{kind.label}-{name}-rows", "rows", coding, reason, used)
            utf8 = Coding(BlockKind.ADAPTIVE, 0, predictor=predictor)
            yield self._file(f"adaptive-{name}-utf-8", "utf-8", utf8, f"{name}, letters of UTF-8")

    def _lanes(self) -> Iterator[Good]:
        # Of 600 bytes, 16 lanes have 38 and one 30; 512 nominal lanes become 300 of two bytes.
        for lanes_log2 in (1, 4, 9):
            for kind in (BlockKind.ADAPTIVE, BlockKind.MIXED, BlockKind.MODEL):
                used = None if kind is BlockKind.ADAPTIVE else "tiny"
                coding = Coding(kind, lanes_log2)
                reason = f"{kind.label}, {1 << lanes_log2} nominal lanes"
                block = self.block("text", coding, used)
                if len(block.payload) < block.plain_length:
                    name = f"{kind.label}-lanes-{1 << lanes_log2}"
                    yield self._file(name, "text", coding, reason, used)

    def _filters(self) -> Iterator[Good]:
        for content, (filter_, what) in FILTERS.items():
            for predictor in (Predictor.LIGHT, Predictor.STRONG):
                stride = filter_.stride or 0
                coding = Coding(BlockKind.ADAPTIVE, 0, stride, filter_, predictor)
                name = f"filter-{content}-{predictor.name.lower()}"
                yield self._file(name, content, coding, f"the filter {filter_.id.name}: {what}")
        coding = Coding(BlockKind.ADAPTIVE, 0, 0, Filter.parse(b"\x02\x20"))
        yield self._file("filter-x86-32", "x86", coding, "the filter X86, 32 bits")

    def _copies(self) -> Iterator[Good]:
        for level in (1, 3, 7):
            packed = self.packed("twice", level=level)
            yield Good(
                f"copies-{level}", packed, "twice", f"a stretch that comes back, level {level}"
            )
        yield Good("copies-run", self.packed(ZEROS, level=1), ZEROS, "a copy that overlaps itself")
        plain = self.contents["numbers-thrice"]
        copies, left = take_copies(plain, 256, None)
        coding = Coding(BlockKind.ADAPTIVE, 0, 8, Filter.delta(8, 8))
        payload = with_copies(coding.encode(None, left, no_progress), copies)
        block = Block(BlockKind.ADAPTIVE, 0, len(plain), zlib.crc32(plain), payload)
        yield Good(
            "copies-filter", container([block], Header()), "numbers-thrice", "copies, then a filter"
        )

    def _levels(self) -> Iterator[Good]:
        for level in LEVELS:
            yield Good(f"level-{level}", self.packed("text", level=level), "text", f"level {level}")
        pair = self.packed("text", model=("tiny", "small"))
        yield Good("two-models", pair, "text", "two models, another pair than that of level 9")

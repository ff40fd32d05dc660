"""Bad files whose blocks are wrong: their fields, their payloads, and the heads of these."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from frozen_bytes import (
    ADAPTIVE,
    HUGE,
    MIXED,
    MODEL,
    OF_TOKENS,
    OTHER,
    TINY,
    WORD,
    Bad,
    Samples,
    block,
    damaged,
    file,
    flipped,
    header,
    index,
)

from lmpack._container import BlockKind, encode_varint
from lmpack.errors import TruncatedError

Case = tuple[str, bytes, str]
SHORT = b"abc"
"""A payload that is shorter than the word."""


def blocks(samples: Samples) -> Iterator[Bad]:
    """All of them."""
    yield from damaged(_kinds())
    yield from damaged(_lengths())
    much = encode_varint(1 << 24)
    data = header(0) + block(1, WORD, WORD, plain_length=much, payload_length=much)
    yield Bad("payload-missing", data, TruncatedError, "a block of 16 MiB, and 6 bytes are there")
    yield from damaged(_checksums())
    yield from damaged(_payloads(samples))
    yield from damaged(_heads(samples))
    yield from damaged(_filters(samples))


def _kinds() -> Iterator[Case]:
    none, one, two = header(0), header(1, [TINY]), header(2, [TINY, OTHER])
    tokens = header(OF_TOKENS | 1, [OTHER])
    for name, start, tag, reason in (
        ("kind-0", none, 0 | 1 << 3, "kind 0 with lanes: neither a block nor an index"),
        ("kind-7", none, 7, "kind 7, which version 1 has not"),
        ("kind-without-model", none, MODEL, "kind 2, and the header names no model"),
        ("kind-mixed-without-model", none, MIXED, "kind 3, and the header names no model"),
        ("kind-two-models", two, MODEL, "kind 2, and the header names two models"),
        ("kind-tokens", one, 5, "kind 5, and the header names a model of bytes"),
        ("kind-bytes", tokens, MODEL, "kind 2, and the header names a model of tokens"),
        ("raw-length", none, 1, "a raw payload that is shorter than the content"),
        ("lanes-more", none, ADAPTIVE | 3 << 3, "8 lanes of 6 bytes"),
    ):
        yield name, file(start, (block(tag, WORD, SHORT), len(WORD), len(SHORT))), reason
    for name, plain, payload, tag, reason in (
        ("raw-lanes", WORD, WORD, 1 | 1 << 3, "a raw block of two lanes"),
        ("payload-longer", SHORT, WORD, ADAPTIVE, "a payload longer than the content"),
        ("payload-as-long", WORD, WORD, ADAPTIVE, "a coded payload as long as the content"),
        ("lanes-2048", bytes(20_000), SHORT, ADAPTIVE | 11 << 3, "2048 lanes"),
    ):
        yield name, file(header(0), (block(tag, plain, payload), len(plain), len(payload))), reason


def _lengths() -> Iterator[Case]:
    for name, plain_length, payload_length, reason in (
        ("length-0", b"\0", b"\6", "a block of no bytes"),
        ("length-large", encode_varint((1 << 24) + 1), b"\6", "one byte more than 16 MiB"),
        ("length-hostile", encode_varint(HUGE), b"\6", "a block of 2^63 - 1 bytes"),
        ("payload-hostile", b"\6", encode_varint(HUGE), "a payload of 2^63 - 1 bytes"),
        ("varint-long", b"\x86\0", b"\6", "a varint that is not the shortest"),
        ("varint-large", b"\xff" * 9 + b"\1", b"\6", "a varint of ten bytes"),
    ):
        made = block(1, WORD, WORD, plain_length=plain_length, payload_length=payload_length)
        yield name, header(0) + made + index([(6, 6)]), reason


def _checksums() -> Iterator[Case]:
    wrong = block(1, WORD, WORD, checksum=zlib.crc32(WORD) ^ 1)
    yield "block-checksum", file(header(0), (wrong, 6, 6)), "a bit of a block's checksum is flipped"
    first, second = block(1, b"lm", b"lm"), block(1, b"pa", b"pa", checksum=zlib.crc32(b"pa") ^ 1)
    end = index([(2, 2), (2, 2)])
    yield "block-swapped", header(0) + second + first + end, "two blocks have changed places"
    yield "block-twice", header(0) + first + first + end, "a first block in the second place"


def _payloads(samples: Samples) -> Iterator[Case]:
    for kind, payload in samples.payloads.items():
        label = BlockKind(kind).label
        start = header(0) if kind == ADAPTIVE else header(1, [TINY])
        for name, changed, reason in (
            ("flipped", flipped(payload, len(payload) // 2, 4), "a bit is flipped"),
            ("longer", payload + b"\0", "a zero follows, which stands for the same"),
            ("shorter", payload[:-1], "the last byte is missing"),
        ):
            data = samples.of_payload(changed, start=start, tag=kind)
            yield f"{label}-{name}", data, f"a payload of kind {kind}: {reason}"
    adaptive = samples.payloads[ADAPTIVE]
    data = samples.of_payload(adaptive, start=header(1, [TINY]), tag=MIXED)
    yield "kind-changed", data, "an adaptive block that is called mixed"
    data = samples.of_payload(adaptive, tag=ADAPTIVE | 1 << 3)
    yield "lanes-changed", data, "a block of one lane that is said to have two"


def _heads(samples: Samples) -> Iterator[Case]:
    for name, head, reason in (
        ("predictor-0", b"\0\0", "the predictor 0"),
        ("parts-5", b"\x21\0", "bit 5 of the parts, which is reserved"),
        ("parts-6", b"\x41\0", "bit 6 of the parts, which is reserved"),
        ("parts-7", b"\x81\0", "bit 7 of the parts, which is reserved"),
        ("stride-65536", b"\1" + encode_varint(65536), "a stride of 65536"),
        ("predictor-changed", b"\2\0", "the predictor light that is called full"),
        ("patch-no-copies", b"\x11\0", "a patch without copies"),
    ):
        yield name, samples.of_payload(head + samples.stream), reason
    yield "head-missing", samples.of_payload(b""), "an adaptive payload of no byte"
    yield "head-short", samples.of_payload(b"\1"), "a head that ends behind its first byte"


def _filters(samples: Samples) -> Iterator[Case]:
    for name, filter_, reason in (
        ("0", b"\0", "the filter 0"),
        ("5", b"\5", "the filter 5, which version 1 has not"),
        ("samples-0", b"\1\0\0\1\0\0", "samples of no byte"),
        ("samples-24-rows", b"\1\3\0\1\6\0", "rows of pixels of three bytes in one sample"),
        ("samples-channels", b"\1\1\0\x09\0\0", "nine channels"),
        ("samples-row", b"\1\1\0\3\4\0", "a row that ends inside of a pixel"),
        ("samples-kind", b"\1\1\4\1\0\0", "a kind of samples that is not there"),
        ("x86-16", b"\2\x10", "x86 code of 16 bits"),
        ("delta-3", b"\4\3\3", "numbers of three bytes"),
        ("delta-0", b"\4\2\0", "numbers that are no bytes apart"),
    ):
        yield f"filter-{name}", samples.of_payload(b"\5\0" + filter_ + samples.stream), reason
    yield "filter-short", samples.of_payload(b"\5\0"), "a filter is said to follow, and none does"
    payload = b"\5\0\3" + samples.payloads[MIXED][2:]
    data = samples.of_payload(payload, start=header(1, [TINY]), tag=MIXED)
    yield "filter-mixed", data, "a filter in a mixed block"

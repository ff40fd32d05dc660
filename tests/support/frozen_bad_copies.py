"""Bad files with copies or a prefix, and bad lean records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from frozen_bytes import (
    ADAPTIVE,
    HUGE,
    MODEL,
    TINY,
    WITH_PREFIX,
    Bad,
    Samples,
    damaged,
    flipped,
    header,
)

import lmpack
from lmpack._container import encode_varint
from lmpack.errors import DamagedError, ModelError, PrefixError, TruncatedError

Case = tuple[str, bytes, str]
COPIES, PATCH = b"\x09\0", b"\x19\0"
"""Heads of the predictor light, up to the list."""

NEEDS = "prefix contents/words"


def copies(samples: Samples) -> Iterator[Bad]:
    """All of them."""
    yield from damaged(_lists(samples))
    yield from damaged(_behind_prefix(samples), NEEDS)
    yield from _records(samples)


def _entry(literals: int, length: int, distance: int) -> bytes:
    return encode_varint(literals) + encode_varint(length - 64) + encode_varint(distance)


def _list(entries: bytes) -> bytes:
    return encode_varint(len(entries)) + entries


def _lists(samples: Samples) -> Iterator[Case]:
    rest = samples.stream[:40]
    for name, entries, reason in (
        ("empty", b"", "a list of copies without an entry"),
        ("cut", _entry(60, 64, 60)[:2], "a list that ends inside of an entry"),
        ("start", _entry(0, 64, 1), "a copy before any byte of content"),
        ("before", _entry(60, 64, 61), "a copy from before the start of the block"),
        ("no-distance", _entry(60, 64, 0), "a first copy from the distance of the one before"),
        ("beyond", _entry(60, 141, 60), "a copy that goes beyond the end of the block"),
        ("literals", _entry(201, 64, 60), "more literals than the block has bytes"),
        ("hostile", _entry(60, HUGE, 60), "a copy of 2^63 - 1 bytes"),
        ("varint", b"\xbc\0\0\x3c", "a varint of the list that is not the shortest"),
    ):
        yield f"copies-{name}", samples.of_payload(COPIES + _list(entries) + rest), reason
    data = samples.of_payload(COPIES + encode_varint(190) + _entry(60, 64, 60))
    yield "copies-long", data, "a list of copies that goes beyond the payload"
    payload = COPIES + _list(_entry(1, 199, 1)) + rest
    data = samples.of_payload(payload, tag=ADAPTIVE | 1 << 3)
    yield "copies-lanes", data, "copies that leave fewer bytes than there are lanes"
    data = samples.of_payload(PATCH + _list(_entry(60, 64, 60)) + rest)
    yield "patch-no-prefix", data, "a patch in a container without a prefix"


def _behind_prefix(samples: Samples) -> Iterator[Case]:
    start = header(WITH_PREFIX, [samples.prefix.digest])
    for name, head, reason in (
        ("prefix-filter", b"\5\0\3", "a filter behind a prefix"),
        ("prefix-copy", COPIES + _list(_entry(60, 64, 1600)), "a copy from before the prefix"),
        ("patch-list", PATCH + b"\4\5abc", "the list of a patch that none would write"),
        ("patch-list-empty", PATCH + b"\1\0", "the list of a patch that has no byte"),
    ):
        yield name, samples.of_payload(head + samples.stream[:40], start=start), reason
    start = header(WITH_PREFIX | 1, [TINY, samples.prefix.digest])
    data = samples.of_payload(samples.payloads[MODEL], start=start, tag=MODEL)
    yield "prefix-kind", data, "kind 2, and the header names a prefix"


def _records(samples: Samples) -> Iterator[Bad]:
    record = lmpack.RecordCodec(samples.prefix).compress(samples.note)
    checked = lmpack.RecordCodec(samples.prefix, checksum=True).compress(b"lmpack")
    length, name, body = record[:1], record[2:3], record[3:]
    of_tiny = hashlib.sha256(samples.prefix.digest + TINY).digest()[:1]
    cases: tuple[Case, ...] = (
        ("length", b"\x81\x80\x80\x08" + record[1:], "one byte more than 16 MiB"),
        ("varint", b"\x86\0\0lmpack", "a length that is not the shortest varint"),
        ("empty", b"\0\0", "a byte behind an empty record"),
        ("raw-long", b"\6\0lmpacks", "raw content that is longer than its length"),
        ("head", length + b"\x21" + name + body, "bit 5 of the head, which is 0"),
        ("raw-models", b"\6\4lmpack", "a raw record with models"),
        ("raw-stride", b"\6\x10\1lmpack", "a raw record with a stride"),
        ("stride-0", length + b"\x11" + name + b"\0" + body, "a stride of 0"),
        ("body", b"\2\1" + name + b"ab", "a body that is as long as the content"),
        ("longer", record + b"\0", "a zero behind the body, which stands for the same"),
        ("checksum", flipped(checked, len(checked) - 1), "a bit of the checksum is flipped"),
    )
    for title, data, reason in cases:
        yield Bad(f"{title}.record", data, DamagedError, f"a record: {reason}", NEEDS)
    for title, data, error, reason in (
        ("nothing", b"", TruncatedError, "no byte at all"),
        ("cut-head", record[:2], TruncatedError, "cut behind its head"),
        ("cut-raw", b"\6\0lmp", TruncatedError, "cut in raw content"),
        ("name", length + b"\1" + flipped(name, 0) + body, PrefixError, "of another prefix"),
        ("models", length + b"\5" + of_tiny + body, ModelError, "of models that are not given"),
    ):
        yield Bad(f"{title}.record", data, error, f"a record: {reason}", NEEDS)

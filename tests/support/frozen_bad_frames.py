"""Bad files whose headers, indexes or ends are wrong, and such as a newer lmpack has written."""

from __future__ import annotations

from collections.abc import Iterator

from frozen_bytes import (
    ADAPTIVE,
    HUGE,
    MAGIC,
    MODEL,
    OF_TOKENS,
    OTHER,
    RAW_FILE,
    TINY,
    WITH_PREFIX,
    WORD,
    Bad,
    Samples,
    block,
    damaged,
    flipped,
    header,
    index,
)
from reference_encoder import with_checksum

import lmpack
from lmpack.errors import ModelError, NotLmpackError, PrefixError, TruncatedError, VersionError

REST = RAW_FILE[10:]
"""Of a file, behind its header."""

THIRD = b"\3" * 8


def frames(samples: Samples) -> Iterator[Bad]:
    """All but the unsupported ones."""
    yield from _no_lmpack(samples)
    yield from damaged(_headers())
    yield from _cuts(samples)
    yield from damaged(_indexes())
    yield from damaged(_ends())


def unsupported(samples: Samples) -> Iterator[Bad]:
    """Files of later versions, and such as need what is not there."""
    newer = header(0, version=2)
    kind = block(7, samples.text, b"new") + index([(200, 3)])
    filtered = block(ADAPTIVE, samples.text, b"\5\0\5new") + index([(200, 6)])
    for name, data, reason in (
        ("version-2", newer + REST, "version 2"),
        ("version-255", header(0, version=255) + REST, "version 255"),
        ("version-2-models", header(3, [TINY, OTHER, THIRD], version=2) + REST, "three models"),
        ("version-2-more", newer + b"more" + REST, "version 2, with a longer header"),
        ("version-2-kind-7", newer + kind, "version 2, with another kind of block"),
        ("version-2-filter-5", newer + filtered, "version 2, with another filter"),
        ("flag-4", header(1 << 4) + REST, "bit 4 of the flags, for a later writer"),
        ("flag-5", header(1 << 5) + REST, "bit 5 of the flags, for a later writer"),
        ("flag-6", header(1 << 6) + REST, "bit 6 of the flags, for a later writer"),
        ("flag-7", header(1 << 7) + REST, "bit 7 of the flags, for a later writer"),
        ("second-version-2", RAW_FILE + newer + REST, "version 2 in the second container"),
    ):
        yield Bad(name, data, VersionError, reason)
    data = lmpack.compress(samples.note, level=1, prefix=samples.prefix)
    yield Bad("prefix-missing", data, PrefixError, "a prefix that is not given")
    needs = "prefix contents/old"
    yield Bad("prefix-other", data, PrefixError, "another prefix than the one that is given", needs)
    data = samples.of_payload(b"abc", start=header(1, [OTHER]), tag=MODEL)
    yield Bad("model-unknown", data, ModelError, "a model that nobody has")


def _no_lmpack(samples: Samples) -> Iterator[Bad]:
    line_end = RAW_FILE.replace(b"\n", b"\r\n", 1)
    yield Bad("nothing", b"", TruncatedError, "no byte at all")
    for name, data, reason in (
        ("zeros", bytes(100), "zeros, which are padding of nothing"),
        ("text", samples.text, "another file"),
        ("line-end", line_end, "a transfer as text has changed the magic"),
        ("magic", flipped(RAW_FILE, 0), "one bit of the magic is flipped"),
    ):
        yield Bad(name, data, NotLmpackError, reason)


def _headers() -> Iterator[tuple[str, bytes, str]]:
    pair = [TINY, OTHER]
    for name, start, reason in (
        ("header-checksum", flipped(RAW_FILE[:10], 9), "a bit of the header's checksum is flipped"),
        ("header-flipped", flipped(RAW_FILE[:10], 4), "a bit of the version is flipped"),
        ("version-0", header(0, version=0), "version 0, which never existed"),
        ("three-models", header(3, [*pair, THIRD]), "three models"),
        ("same-models", header(2, [TINY, TINY]), "two models that are one"),
        ("zero-model", header(1, [bytes(8)]), "a fingerprint of zeros"),
        ("tokens-no-model", header(OF_TOKENS), "no model, and it is one of tokens"),
        ("tokens-two-models", header(OF_TOKENS | 2, pair), "two models, one of tokens"),
        ("tokens-prefix", header(OF_TOKENS | WITH_PREFIX | 1, pair), "tokens beside a prefix"),
    ):
        yield name, start + REST, reason


def _cuts(samples: Samples) -> Iterator[Bad]:
    end = len(samples.adaptive)
    names = lmpack.compress(samples.text, model="tiny")
    two = samples.adaptive + RAW_FILE
    for name, data, reason in (
        ("magic", MAGIC[:3], "in the magic"),
        ("header", RAW_FILE[:8], "in the checksum of the header"),
        ("names", names[:12], "in the fingerprint of a model"),
        ("header-end", RAW_FILE[:10], "behind the header"),
        ("tag", samples.adaptive[:11], "behind the tag of a block"),
        ("length", samples.adaptive[:12], "in a length of a block"),
        ("block-checksum", samples.adaptive[:15], "in the checksum of a block"),
        ("block-head", samples.adaptive[:18], "before the payload"),
        ("payload", samples.adaptive[:40], "in a payload"),
        ("block-end", samples.adaptive[: end - len(index([(200, 9)]))], "behind the last block"),
        ("index", samples.adaptive[: end - 6], "in the index"),
        ("index-checksum", samples.adaptive[: end - 1], "in the checksum of the index"),
        ("second-header", two[: end + 6], "in the header of the second container"),
        ("second-index", two[:-3], "in the index of the second container"),
    ):
        yield Bad(f"cut-{name}", data, TruncatedError, f"cut {reason}")


def _indexes() -> Iterator[tuple[str, bytes, str]]:
    good = index([(6, 6)])
    varint, size_varint = b"\0\x86\0\6\4", b"\0\6\6\0\x83"
    for name, data, reason in (
        ("checksum", flipped(good, len(good) - 1), "one bit of the index's checksum is flipped"),
        ("entry", index([(5, 5)]), "the entry of a block has other lengths"),
        ("payload", index([(6, 5)]), "the entry has another payload"),
        ("no-entries", index([]), "the index of an empty container"),
        ("more-entries", index([(6, 6), (1, 1)]), "an entry of a block that is not there"),
        ("size", index([(6, 6)], size=1), "the index says that it is one byte longer"),
        ("varint", with_checksum(varint), "a varint of the index is not the shortest"),
        ("size-varint", with_checksum(size_varint), "the index's size is not the shortest varint"),
        ("hostile-entry", index([(HUGE, 6)]), "an entry of 2^63 - 1 bytes"),
        ("hostile-size", index([(6, 6)], size=1 << 40), "an index of a terabyte"),
        ("hostile-count", index([(1, 1)] * 1000), "entries of 1000 blocks, and one is there"),
    ):
        yield f"index-{name}", header(0) + block(1, WORD, WORD) + data, reason


def _ends() -> Iterator[tuple[str, bytes, str]]:
    second = flipped(RAW_FILE * 2, len(RAW_FILE) + 8)
    yield "trailing-byte", RAW_FILE + b"x", "a byte behind the last container"
    yield "trailing-text", RAW_FILE + b"More than a header" * 3, "text behind the last container"
    yield "padding-text", RAW_FILE + bytes(40) + b"x", "a byte behind the padding"
    yield "padding-inside", RAW_FILE + bytes(40) + RAW_FILE, "padding before a container"
    yield "second-header", second, "the header of the second container is damaged"

"""The pieces of files that no lmpack may take: whatever they say, their checksums are right."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from containers import container, raw_block
from reference_encoder import with_checksum

import lmpack
from lmpack._container import BlockKind, Header, encode_varint
from lmpack._models.bundle import load_bundle
from lmpack.errors import DamagedError, LmpackError

MAGIC = b"\xc0LM\n"
TINY = load_bundle("tiny").fingerprint[:8]
OTHER = b"\1\2\3\4\5\6\7\x08"
ADAPTIVE, MODEL, MIXED = int(BlockKind.ADAPTIVE), int(BlockKind.MODEL), int(BlockKind.MIXED)
OF_TOKENS, WITH_PREFIX = 0b100, 0b1000
"""Flags."""

WORD = b"lmpack"
RAW_FILE = container([raw_block(WORD)], Header())
HUGE = (1 << 63) - 1


class Bad(NamedTuple):
    """A file to be frozen.

    Attributes:
        name: of the file, without its folder.
        data: its bytes.
        error: what it raises, exactly.
        reason: what is wrong with it, in a line.
        needs: as in :class:`frozen_table.Frozen`.
    """

    name: str
    data: bytes
    error: type[LmpackError]
    reason: str
    needs: str = ""


def header(flags: int, names: Sequence[bytes] = (), *, version: int = 1) -> bytes:
    """A header with a right checksum, whatever it says."""
    return with_checksum(MAGIC + bytes([version, flags]) + b"".join(names))


def block(
    tag: int,
    plain: bytes,
    payload: bytes,
    *,
    plain_length: bytes | None = None,
    payload_length: bytes | None = None,
    checksum: int | None = None,
) -> bytes:
    """A block of these fields; those that are not given are right."""
    checksum = zlib.crc32(plain) if checksum is None else checksum
    fields = bytes([tag])
    fields += encode_varint(len(plain)) if plain_length is None else plain_length
    fields += encode_varint(len(payload)) if payload_length is None else payload_length
    return fields + checksum.to_bytes(4, "little") + payload


def index(lengths: Sequence[tuple[int, int]], *, size: int = 0) -> bytes:
    """An index with a right checksum; `size` is added to its size."""
    body = b"\0" + b"".join(encode_varint(plain) + encode_varint(coded) for plain, coded in lengths)
    return with_checksum(body + encode_varint(len(body) + size)[::-1])


def file(start: bytes, *blocks: tuple[bytes, int, int]) -> bytes:
    """A container of blocks, each with its plain length and the length of its payload."""
    return start + b"".join(data for data, _, _ in blocks) + index([b[1:] for b in blocks])


def flipped(data: bytes, place: int, bit: int = 0) -> bytes:
    """The data with another bit in the byte at a place."""
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


class Samples:
    """What is made bad.

    Args:
        contents: of the good files, by name.
    """

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.note = contents["note"]
        self.text = contents["text"][:200]
        self.prefix = lmpack.Prefix(contents["words"])
        self.adaptive = lmpack.compress(self.text, level=1)
        mixed = lmpack.compress(self.text, level=7, model="tiny")
        model = lmpack.compress(self.text, model="tiny", mixing=False)
        self.payloads = {
            kind: _payload_of(packed)
            for kind, packed in ((ADAPTIVE, self.adaptive), (MIXED, mixed), (MODEL, model))
        }
        """Of the text, with `tiny` if the kind has a model."""

    @property
    def stream(self) -> bytes:
        """The payload of the adaptive block behind its head."""
        return self.payloads[ADAPTIVE][2:]

    def of_payload(
        self, payload: bytes, *, start: bytes | None = None, tag: int = ADAPTIVE
    ) -> bytes:
        """A container of one block, which says that it is the text."""
        start = header(0) if start is None else start
        return file(start, (block(tag, self.text, payload), 200, len(payload)))


def damaged(cases: Iterable[tuple[str, bytes, str]], needs: str = "") -> Iterator[Bad]:
    """Files that raise a DamagedError, each with its reason."""
    for name, data, reason in cases:
        yield Bad(name, data, DamagedError, reason, needs)


def _payload_of(packed: bytes) -> bytes:
    """Of the first block of a file, which has lengths of one and two bytes."""
    start = Header.parse(packed).size
    return packed[start + 8 : start + 8 + packed[start + 3]]

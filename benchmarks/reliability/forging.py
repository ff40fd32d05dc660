"""Containers with any values in their fields and right checksums, as an attacker makes them.

Written beside lmpack's own writer, which refuses to write them; docs/format.md has the fields.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

from lmpack._container import MAGIC

LARGEST_VARINT = 2**63 - 1


class Forged(NamedTuple):
    """A block whose head may say anything.

    Attributes:
        tag: kind and number of lanes.
        plain_length: that it claims.
        payload: bytes that are there.
        checksum: CRC-32 of the content.
        payload_length: that it claims; None for the true one.
        number: its place, which goes into the checksum; None for the true one.
        entry: its two lengths in the index; None for those of the head.
    """

    tag: int
    plain_length: int
    payload: bytes
    checksum: int
    payload_length: int | None = None
    number: int | None = None
    entry: tuple[int, int] | None = None


def varint(value: int) -> bytes:
    """LEB128 of any value, also of one that is too large for the format."""
    groups = []
    while True:
        value, group = value >> 7, value & 0x7F
        groups.append(group | (0x80 if value else 0))
        if not value:
            return bytes(groups)


def checked(body: bytes) -> bytes:
    """Bytes with their CRC-32 behind them."""
    return body + zlib.crc32(body).to_bytes(4, "little")


def header(*names: bytes, version: int = 1, flags: int | None = None) -> bytes:
    """A header that names things; without flags they are models."""
    return checked(
        MAGIC + bytes([version, len(names) if flags is None else flags]) + b"".join(names)
    )


def block(forged: Forged, place: int = 0) -> bytes:
    """A block behind `place` others."""
    length = len(forged.payload) if forged.payload_length is None else forged.payload_length
    number = place if forged.number is None else forged.number
    checksum = (forged.checksum ^ number).to_bytes(4, "little")
    head = bytes([forged.tag]) + varint(forged.plain_length) + varint(length)
    return head + checksum + forged.payload


def index(entries: list[tuple[int, int]], size: int | None = None) -> bytes:
    """An index; `size` in the place of the length that it should say."""
    body = b"\0" + b"".join(varint(plain) + varint(payload) for plain, payload in entries)
    body += varint(len(body) if size is None else size)[::-1]
    return checked(body)


def container(blocks: list[Forged], start: bytes, *, size: int | None = None) -> bytes:
    """A whole container behind the header `start`."""
    entries = [forged.entry or (forged.plain_length, len(forged.payload)) for forged in blocks]
    body = b"".join(block(forged, place) for place, forged in enumerate(blocks))
    return start + body + index(entries, size)

"""A second decoder of lean records, written from docs/format.md, section 9, alone."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence

from reference_decoder import MOST_LEARNED, BytePredictor, Cursor, Head, decode_mixed_bytes, require


def decode_record(
    data: bytes,
    prefix: bytes,
    models: Sequence[BytePredictor] = (),
    fingerprints: Sequence[bytes] = (),
) -> bytes:
    """The content of a record behind a prefix; fingerprints are 8 bytes of each model."""
    cursor = Cursor(data)
    length = cursor.take_varint()
    require(length <= 2**24, "the length is out of range")
    if length == 0:
        require(len(data) == 1, "bytes behind an empty record")
        return b""
    head = cursor.take(1)[0]
    require(head < 32, "reserved bits of the head")
    predictor, has_models, has_checksum = head % 4, head // 4 % 2 == 1, head // 8 % 2 == 1
    has_stride = head // 16 == 1
    require(predictor > 0 or not (has_models or has_stride), "a raw record with models or a stride")
    if predictor:
        needed = hashlib.sha256(prefix).digest()[:8]
        if has_models:
            require(len(models) > 0, "the models are missing")
            needed += b"".join(fingerprints)
        require(cursor.take(1) == hashlib.sha256(needed).digest()[:1], "another name")
    stride = 0
    if has_stride:
        stride = cursor.take_varint()
        require(1 <= stride <= 65535, "the stride is out of range")
    body = cursor.take(len(data) - cursor.position - 4 * has_checksum)
    if predictor:
        require(len(body) < length, "a body that is not shorter")
        how = Head(predictor, stride, b"", (), body)
        learned = prefix[-MOST_LEARNED:]
        plain = decode_mixed_bytes(how, [None] * length, 0, models if has_models else (), learned)
    else:
        require(len(body) == length, "raw content of another length")
        plain = body
    if has_checksum:
        is_right = cursor.take(4) == zlib.crc32(plain).to_bytes(4, "little")
        require(is_right, "the CRC-32 of the content is wrong")
    return plain

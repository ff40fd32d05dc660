"""The encoder that belongs to reference_decoder.py: makes the examples and the test containers."""

from __future__ import annotations

import zlib

from reference_decoder import BytePredictor, Interval, cut_lanes, frequencies


def encode_payload(plain: bytes, lanes_log2: int, predict: BytePredictor) -> bytes:
    """The payload of a model block."""
    lane_lengths = cut_lanes(len(plain), lanes_log2)
    lanes = [
        plain[lane * lane_lengths[0] : lane * lane_lengths[0] + lane_length]
        for lane, lane_length in enumerate(lane_lengths)
    ]
    interval = Interval()
    for step in range(lane_lengths[0]):
        weights = predict([lane[:step] for lane in lanes])
        for lane, lane_weights in zip(lanes, weights, strict=True):
            if step < len(lane):
                frequency = frequencies(lane_weights)
                symbol = lane[step]
                interval.narrow(sum(frequency[:symbol]), frequency[symbol])
    return interval.shortest_payload()


def encode_container(fingerprint: bytes, blocks: list[bytes]) -> bytes:
    """A container of one model around finished blocks, shorter than 128 bytes, plain and coded."""
    header = with_checksum(b"\xc0LM\n\x01\x01" + fingerprint)
    entries = b"".join(block[1:3] for block in blocks)
    index = b"\0" + entries
    return header + b"".join(blocks) + with_checksum(index + bytes([len(index)]))


def encode_raw_block(plain: bytes) -> bytes:
    """A raw block of less than 128 bytes."""
    return bytes([1, len(plain), len(plain)]) + checksum(plain) + plain


def encode_model_block(plain: bytes, lanes_log2: int, predict: BytePredictor) -> bytes:
    """A model block of less than 128 bytes."""
    payload = encode_payload(plain, lanes_log2, predict)
    return bytes([2 + 8 * lanes_log2, len(plain), len(payload)]) + checksum(plain) + payload


def with_checksum(data: bytes) -> bytes:
    """The data and its CRC-32."""
    return data + checksum(data)


def checksum(data: bytes) -> bytes:
    """CRC-32, little-endian."""
    return zlib.crc32(data).to_bytes(4, "little")

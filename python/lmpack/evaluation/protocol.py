"""What a compressor has to offer to be measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Compressor(Protocol):
    """What is measured. All of it is lossless: what does not come back is an error.

    Attributes:
        name: as in tables.
        parameters: how many numbers a model has that the receiver must have; 0 for none.
        model_bytes: bytes of the files that the receiver must have; 0 for none.
        fingerprint: tells compressors of one name apart, in hexadecimal: that of the model; empty
            for none.
        header_bytes: bytes at the start of each compressed chunk that say nothing about its
            content. They are counted once for all chunks, as the paper does.
    """

    name: str
    parameters: int
    model_bytes: int
    fingerprint: str

    @property
    def header_bytes(self) -> int:
        """See above."""

    def compress(self, data: bytes) -> bytes:
        """The compressed form of at least one byte."""

    def decompress(self, packed: bytes) -> bytes:
        """Inverse of :meth:`compress`."""

    def compress_chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """The compressed forms of chunks, each coded without the others.

        All have the same length, except the last one, which may be shorter. Chunks may share a
        part of the result.
        """

    def decompress_chunks(self, packed: Sequence[bytes], lengths: Sequence[int]) -> list[bytes]:
        """Inverse of :meth:`compress_chunks`, given the lengths of the chunks."""

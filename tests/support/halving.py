"""A compressor whose sizes can be told in advance."""

from __future__ import annotations

from lmpack.evaluation.classical import Classical


class Halving(Classical):
    """Keeps every second byte, which must be equal to the one before, behind a header of 3."""

    def __init__(self) -> None:
        super().__init__("halving", lambda data: b"HHH" + data[::2], self._double)
        self.parameters = 1000
        self.model_bytes = 700

    def _double(self, packed: bytes) -> bytes:
        return b"".join(packed[i : i + 1] * 2 for i in range(3, len(packed)))

    @property
    def header_bytes(self) -> int:
        return 3


PAIRS = b"".join(bytes([i % 256]) * 2 for i in range(3000))
"""What it can compress, 6,000 bytes."""

"""Blocks: the records that carry what is compressed."""

from __future__ import annotations

import dataclasses
import enum

from lmpack._container._header import CHECKSUM_SIZE, Header
from lmpack._container._source import encode_varint
from lmpack.errors import UsageError

MAXIMUM_PLAIN_LENGTH = 2**24
MAXIMUM_LANES_LOG2 = 10
KIND_BITS = 3
"""Low bits of a tag that hold the kind; log2 of the lanes is above them."""


class BlockKind(enum.IntEnum):
    """How a block's payload codes its bytes."""

    RAW = 1
    MODEL = 2
    MIXED = 3
    ADAPTIVE = 4
    TOKENS = 5
    MIXED_TOKENS = 6

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.name.lower().replace("_", " ")

    @property
    def needs_model(self) -> bool:
        """Whether a block of this kind is decoded with the model that its container names."""
        return self.has_bytes_model or self.has_tokens_model

    @property
    def has_bytes_model(self) -> bool:
        """Whether that model is one of bytes."""
        return self in (BlockKind.MODEL, BlockKind.MIXED)

    @property
    def has_tokens_model(self) -> bool:
        """Whether that model is one of tokens."""
        return self in (BlockKind.TOKENS, BlockKind.MIXED_TOKENS)

    @property
    def takes_prefix(self) -> bool:
        """Whether a block of this kind is coded behind the prefix that its container names."""
        return self in (BlockKind.MIXED, BlockKind.ADAPTIVE)

    @property
    def is_mixed(self) -> bool:
        """Whether the statistics of the block take part."""
        return self in (BlockKind.MIXED, BlockKind.ADAPTIVE, BlockKind.MIXED_TOKENS)


@dataclasses.dataclass(frozen=True)
class Block:
    """A run of bytes, coded on its own.

    Attributes:
        kind: how the payload codes the bytes.
        lanes_log2: log2 of the nominal number of lanes, 0 to 10; 0 if raw. There are at least as
            many bytes as lanes, so that another number is another cut.
        plain_length: number of bytes it decodes to, 1 to 2**24.
        checksum: CRC-32 of those bytes.
        payload: raw: the bytes themselves; otherwise fewer bytes than that.

    Raises:
        UsageError: a field is out of range.
    """

    kind: BlockKind
    lanes_log2: int
    plain_length: int
    checksum: int
    payload: bytes

    def __post_init__(self) -> None:
        fault = find_fault(self.kind, self.lanes_log2, self.plain_length, len(self.payload))
        if fault:
            raise UsageError(f"no such block can be: {fault}")
        if not 0 <= self.checksum < 2**32:
            raise UsageError(f"a checksum must have 32 bits, not be {self.checksum}")

    @property
    def lane_length(self) -> int:
        """Bytes in each lane but the last, which may be shorter."""
        return -(-self.plain_length // (1 << self.lanes_log2))

    @property
    def lanes(self) -> int:
        """Actual number of lanes; below the nominal one where fewer hold all bytes."""
        return -(-self.plain_length // self.lane_length)

    def to_bytes(self, number: int = 0) -> bytes:
        """The block as it is in a container, after `number` others."""
        tag = self.lanes_log2 << KIND_BITS | self.kind
        lengths = encode_varint(self.plain_length) + encode_varint(len(self.payload))
        checksum = numbered(self.checksum, number).to_bytes(CHECKSUM_SIZE, "little")
        return bytes([tag]) + lengths + checksum + self.payload


def numbered(checksum: int, number: int) -> int:
    """A checksum as it is stored in the block of a number, and the other way round.

    So a block in the place of another one has a wrong checksum.
    """
    return checksum ^ number % 2**32


def header_of_only(block: Block | None, header: Header) -> Header:
    """The header of a container of one block, or none: it names only what that block needs.

    Args:
        block: the only one; None if there is none.
        header: names what any block of the writer may need.
    """
    kind = BlockKind.RAW if block is None else block.kind
    return Header(
        header.fingerprints if kind.needs_model else (),
        header.of_tokens and kind.needs_model,
        header.prefix if kind.takes_prefix else None,
    )


def block_size(plain_length: int, payload_length: int) -> int:
    """Bytes of a block, from its tag to the end of its payload."""
    lengths = encode_varint(plain_length) + encode_varint(payload_length)
    return 1 + len(lengths) + CHECKSUM_SIZE + payload_length


def find_fault(
    kind: int,
    lanes_log2: int,
    plain_length: int,
    payload_length: int,
    header: Header | None = None,
) -> str | None:
    """Which rule of a block's head is broken, in words; None if all are kept.

    Arguments are the fields of the head, and the header of the container, None if nobody knows it.
    """
    if kind not in set(map(int, BlockKind)):
        return f"kind {kind} is reserved"
    if header is not None and (fault := _find_fault_of_kind(BlockKind(kind), header)):
        return fault
    if not 0 <= lanes_log2 <= MAXIMUM_LANES_LOG2:
        return f"log2 of the lanes is {lanes_log2}, allowed are 0 to {MAXIMUM_LANES_LOG2}"
    if not 1 <= plain_length <= MAXIMUM_PLAIN_LENGTH:
        return f"plain length is {plain_length}, allowed are 1 to {MAXIMUM_PLAIN_LENGTH}"
    if kind == BlockKind.RAW:
        return _find_raw_fault(lanes_log2, plain_length, payload_length)
    if plain_length >> lanes_log2 == 0:
        return f"log2 of the lanes is {lanes_log2}, more lanes than its {plain_length} bytes"
    if payload_length >= plain_length:
        return f"a coded payload of {payload_length} bytes, it must have fewer than {plain_length}"
    return None


def _find_fault_of_kind(kind: BlockKind, header: Header) -> str | None:
    """Why a container with a header, which says what its models are, cannot have the kind."""
    if not kind.needs_model:
        return None
    if not header.fingerprints:
        return f"kind {kind:d} needs a model, and the header names none"
    if kind.has_tokens_model != header.of_tokens:
        needed, named = ("tokens", "bytes")[:: -1 if header.of_tokens else 1]
        return f"kind {kind:d} needs a model of {needed}, and the header names one of {named}"
    if kind is BlockKind.MODEL and len(header.fingerprints) > 1:
        # Without mixing, nothing makes one prediction of two.
        return f"kind {kind:d} is for one model, and the header names two"
    if kind is BlockKind.MODEL and header.prefix is not None:
        return f"kind {kind:d} knows no prefix, and the header names one"
    return None


def _find_raw_fault(lanes_log2: int, plain_length: int, payload_length: int) -> str | None:
    if lanes_log2:
        return f"log2 of the lanes is {lanes_log2}, a raw block must have 0"
    if payload_length != plain_length:
        return f"a raw payload of {payload_length} bytes, it must have {plain_length}"
    return None

"""Containers that are not whole: every one is refused with the right error, none is misread."""

from __future__ import annotations

import io
import tracemalloc
import zlib
from collections.abc import Callable, Iterable

import numpy as np
import pytest
import reference_decoder
from block_sizes import set_block_size
from containers import (
    DIGEST,
    FINGERPRINT,
    ONE_MODEL,
    SECOND,
    ShortReads,
    container,
    model_block,
    raw_block,
)
from hypothesis import given
from hypothesis import strategies as st

import lmpack
from lmpack._container import (
    Block,
    BlockEntry,
    BlockKind,
    ByteReader,
    Header,
    read_block,
    read_blocks,
    read_indexes,
)
from lmpack.errors import (
    DamagedError,
    FormatError,
    NotLmpackError,
    TruncatedError,
    VersionError,
)

BLOCKS = [raw_block(b"hello"), model_block(300, 4, b"some payload"), model_block(2, 0, b"")]
PAIR_BLOCKS = [raw_block(b"hello"), Block(BlockKind.MIXED, 0, 300, 1, b"some payload")]
HEADER = ONE_MODEL.to_bytes()
TOKEN_BLOCKS = [raw_block(b"hello"), Block(BlockKind.MIXED_TOKENS, 0, 300, 1, b"some payload")]
CONTAINERS = {
    "empty": container([]),
    "raw": container(BLOCKS[:1]),
    "model": container(BLOCKS[1:]),
    "both": container(BLOCKS),
    "no model": container(BLOCKS[:1], Header()),
    "two models": container(PAIR_BLOCKS, Header((FINGERPRINT, SECOND))),
    "a prefix": container(PAIR_BLOCKS, Header((FINGERPRINT,), prefix=DIGEST)),
    "tokens": container(TOKEN_BLOCKS, Header((FINGERPRINT,), of_tokens=True)),
}
SEVERAL = container(BLOCKS) + container([]) + CONTAINERS["two models"] + container(BLOCKS[:1])


Blocks = list[tuple[Header, Block]]
Reader = Callable[[bytes], Blocks]


def read_forward(data: bytes) -> Blocks:
    return list(read_blocks(ByteReader(io.BytesIO(data))))


def read_by_index(data: bytes) -> Blocks:
    file = io.BytesIO(data)
    return [
        (index_.header, read_block(file, entry))
        for index_ in read_indexes(file)
        for entry in index_.blocks
    ]


both_readers = pytest.mark.parametrize("read", [read_forward, read_by_index])
each_container = pytest.mark.parametrize("data", CONTAINERS.values(), ids=CONTAINERS.keys())


def outcome(read: Reader, data: bytes) -> Blocks | None:
    """What a reader gives, or None where it refuses the bytes."""
    try:
        return read(data)
    except FormatError:
        return None


def with_checksum(data: bytes) -> bytes:
    return data + zlib.crc32(data).to_bytes(4, "little")


def index(body: str, size: str) -> bytes:
    """An index with a right checksum, from hexadecimal entries and size."""
    return with_checksum(bytes.fromhex("00" + body + size))


@pytest.mark.usefixtures("fake_models")
@pytest.mark.parametrize("level", [1, 6])
def test_blocks_that_change_places_are_found(monkeypatch: pytest.MonkeyPatch, level: int) -> None:
    set_block_size(monkeypatch, 500)
    random = np.random.default_rng(1)
    plain = random.bytes(1001)
    packed = lmpack.compress(plain, level=level)
    assert reference_decoder.decode(packed, lambda lanes: []) == plain
    first = Header.parse(packed).size
    second = first + 509  # raw blocks: one like the other but for their content
    swapped = packed[:first] + packed[second : second + 509] + packed[first:second]
    swapped += packed[second + 509 :]
    assert sorted(swapped) == sorted(packed)
    with pytest.raises(DamagedError, match="checksum"):
        lmpack.decompress(swapped)
    with lmpack.open(io.BytesIO(swapped), "rb") as file:
        file.seek(600)
        with pytest.raises(DamagedError, match="checksum"):
            file.read(1)


@both_readers
@each_container
def test_every_truncation_is_found(data: bytes, read: Reader) -> None:
    for size in range(len(data)):
        with pytest.raises(TruncatedError, match=f"ends at byte {size}, before the end of"):
            read(data[:size])


@both_readers
def test_every_truncation_of_the_last_container_is_found(read: Reader) -> None:
    last = container(BLOCKS[:1])
    for size in range(len(SEVERAL) - len(last) + 1, len(SEVERAL)):
        with pytest.raises(TruncatedError, match=f"ends at byte {size}, before the end of"):
            read(SEVERAL[:size])


def test_truncation_is_found_through_short_reads() -> None:
    data = CONTAINERS["both"]
    for size in range(len(data)):
        with pytest.raises(TruncatedError):
            list(read_blocks(ByteReader(ShortReads(data[:size]))))


def unchecked_places(data: bytes) -> set[int]:
    """Offsets of the bytes that only decoding can check against the checksum of the content.

    These are that checksum and the payload of each block, and in its tag the number of lanes and
    which of the coded kinds it is.
    """
    places = set()
    for index_ in read_indexes(io.BytesIO(data)):
        for entry in index_.blocks:
            block_end = entry.offset + len(read_block(io.BytesIO(data), entry).to_bytes())
            places.add(entry.offset)
            places.update(range(block_end - entry.payload_length - 4, block_end))
    return places


def checked_fields(blocks: Iterable[tuple[Header, Block]]) -> list[tuple[object, ...]]:
    return [
        (header, block.kind is BlockKind.RAW, block.plain_length, len(block.payload))
        for header, block in blocks
    ]


@each_container
def test_every_bit_flip_is_found_or_left_to_the_checksum_of_the_content(data: bytes) -> None:
    places = unchecked_places(data)
    original = read_forward(data)
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        found = outcome(read_forward, bytes(damaged))
        assert found == outcome(read_by_index, bytes(damaged))
        if found is not None:
            assert bit // 8 in places, f"bit {bit} goes unnoticed"
            assert found != original
            assert checked_fields(found) == checked_fields(original)


@given(st.data())
def test_any_bytes_are_read_alike_or_refused_by_both_readers(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from([*CONTAINERS.values(), SEVERAL])))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(damaged)))
        end = data.draw(st.integers(start, min(start + 4, len(damaged))))
        damaged[start:end] = data.draw(st.binary(max_size=4))
    assert outcome(read_forward, bytes(damaged)) == outcome(read_by_index, bytes(damaged))


@both_readers
@pytest.mark.parametrize("data", [b"x", b"PK\3\4 some zip", b"\xc0LM\r" + bytes(40), b"\n" * 100])
def test_other_files_are_told_apart(data: bytes, read: Reader) -> None:
    with pytest.raises(NotLmpackError, match="no lmpack file: it starts with"):
        read(data)


@both_readers
def test_a_transfer_as_text_is_told_apart(read: Reader) -> None:
    data = CONTAINERS["raw"].replace(b"\n", b"\r\n")
    with pytest.raises(NotLmpackError, match=r"c0 4c 4d 0d, .* transfer it as binary"):
        read(data)


NAMES = FINGERPRINT + SECOND + DIGEST


def header_of(flags: int, version: int = 1, names: bytes = NAMES) -> bytes:
    """A header with a right checksum and the size that its flags give."""
    size = 8 * (flags % 4 + flags // 8 % 2)
    return with_checksum(b"\xc0LM\n" + bytes([version, flags]) + (2 * names)[:size])


@both_readers
@pytest.mark.parametrize("flags", range(16))
def test_newer_version_is_told_apart(read: Reader, flags: int) -> None:
    newer = header_of(flags, version=2)
    for data in (newer, newer + b"whatever it may hold", CONTAINERS["raw"] + newer + b"\x00"):
        with pytest.raises(VersionError, match="format version 2, this lmpack reads up to 1"):
            read(data)


@both_readers
@pytest.mark.parametrize("unknown", [0x10, 0x20, 0x40, 0x80, 0xF0])
@pytest.mark.parametrize("known", [0, 1, 7, 10])
def test_newer_flags_are_told_apart(read: Reader, unknown: int, known: int) -> None:
    newer = header_of(unknown | known)
    for data in (newer, newer + b"whatever", CONTAINERS["raw"] + newer + b"\x00"):
        with pytest.raises(VersionError, match=rf"newer than this lmpack \(0x{unknown:x}\): upd"):
            read(data)


@both_readers
@pytest.mark.parametrize("place", [4, 5])
def test_damaged_version_and_flags_are_not_taken_for_newer_ones(read: Reader, place: int) -> None:
    damaged = HEADER[:place] + b"\x81" + HEADER[place + 1 :]
    with pytest.raises(DamagedError, match="header at byte 0 is damaged: its checksum is wrong"):
        read(damaged + CONTAINERS["raw"][18:])


@both_readers
def test_version_0_never_existed(read: Reader) -> None:
    with pytest.raises(DamagedError, match="there is no format version 0"):
        read(header_of(1, version=0) + CONTAINERS["raw"][18:])


@both_readers
@pytest.mark.parametrize("flags", [0, 1, 2, 5, 8, 9, 10])
def test_every_header_is_read(read: Reader, flags: int) -> None:
    data = header_of(flags) + CONTAINERS["raw"][18:]
    for before, behind in ((b"", b""), (SEVERAL, b""), (b"", SEVERAL)):
        place = len(read(before)) if before else 0
        header, block = read(before + data + behind)[place]
        assert block == BLOCKS[0]
        assert header.to_bytes() == data[: header.size]
        assert len(header.fingerprints) == flags % 4
        assert header.of_tokens == (flags & 4 > 0)
        assert (header.prefix is not None) == (flags & 8 > 0)


@both_readers
@pytest.mark.parametrize(
    ("header", "message"),
    [
        (header_of(2, names=FINGERPRINT), "both models are the same"),
        (header_of(2, names=FINGERPRINT + bytes(8)), "the fingerprint of a model is zeros"),
        (header_of(2, names=bytes(8) + SECOND), "the fingerprint of a model is zeros"),
        (header_of(1, names=bytes(8)), "the fingerprint of a model is zeros"),
        (header_of(3), "it names 3 models"),
        (header_of(11), "it names 3 models"),
        (header_of(4), "one of tokens, and names 0 models"),
        (header_of(6), "one of tokens, and names 2 models"),
        (header_of(13), "a prefix beside a model of tokens"),
    ],
)
def test_headers_that_nobody_writes_are_damage(read: Reader, header: bytes, message: str) -> None:
    with pytest.raises(DamagedError, match=f"header at byte 0 is damaged: .*{message}"):
        read(header + CONTAINERS["raw"][18:])


@both_readers
@pytest.mark.parametrize(
    ("flags", "kind", "message"),
    [
        (0, "MODEL", "kind 2 needs a model, and the header names none"),
        (8, "MIXED", "kind 3 needs a model, and the header names none"),
        (0, "TOKENS", "kind 5 needs a model, and the header names none"),
        (1, "TOKENS", "kind 5 needs a model of tokens, and the header names one of bytes"),
        (1, "MIXED_TOKENS", "kind 6 needs a model of tokens"),
        (5, "MODEL", "kind 2 needs a model of bytes, and the header names one of tokens"),
        (5, "MIXED", "kind 3 needs a model of bytes"),
        (2, "MODEL", "kind 2 is for one model, and the header names two"),
        (2, "TOKENS", "kind 5 needs a model of tokens"),
        (2, "MIXED_TOKENS", "kind 6 needs a model of tokens"),
        (9, "MODEL", "kind 2 knows no prefix, and the header names one"),
    ],
)
def test_kinds_that_the_header_does_not_allow_are_refused(
    read: Reader, flags: int, kind: str, message: str
) -> None:
    header = Header.parse(header_of(flags))
    blocks = [raw_block(b"hello"), Block(BlockKind[kind], 0, 300, 0, b"some payload")]
    with pytest.raises(DamagedError, match=message):
        read(container(blocks, header))


@both_readers
@pytest.mark.parametrize(
    ("flags", "kinds"),
    [
        (0, "RAW ADAPTIVE"),
        (1, "RAW MODEL MIXED ADAPTIVE"),
        (2, "RAW MIXED ADAPTIVE"),
        (5, "RAW ADAPTIVE TOKENS MIXED_TOKENS"),
        (8, "RAW ADAPTIVE"),
        (9, "RAW MIXED ADAPTIVE"),
        (10, "RAW MIXED ADAPTIVE"),
    ],
)
def test_kinds_that_the_header_allows_are_read(read: Reader, flags: int, kinds: str) -> None:
    header = Header.parse(header_of(flags))
    blocks = [
        raw_block(b"hello") if kind == "RAW" else Block(BlockKind[kind], 0, 300, 0, b"payload")
        for kind in kinds.split()
    ]
    assert read(container(blocks, header)) == [(header, block) for block in blocks]


@both_readers
@each_container
@pytest.mark.parametrize("trailing", [b"trailing", b"\xc0LM\r", bytes(100) + b"x"])
def test_trailing_bytes_are_refused(data: bytes, trailing: bytes, read: Reader) -> None:
    with pytest.raises(DamagedError, match=f"from byte {len(data)} on, after a container"):
        read(data + trailing)


@both_readers
@pytest.mark.parametrize("gap", [b"\x00", b"gap between two containers"])
def test_gaps_between_containers_are_refused(gap: bytes, read: Reader) -> None:
    first = CONTAINERS["both"]
    with pytest.raises(DamagedError, match=f"from byte {len(first)} on, after a container"):
        read(first + gap + CONTAINERS["raw"])


@both_readers
@pytest.mark.parametrize(
    ("body", "size"),
    [
        pytest.param("80 01 05", "04", id="plain length too large"),
        pytest.param("04 05", "03", id="plain length too small"),
        pytest.param("", "01", id="block missing"),
        pytest.param("05 05 05 05", "05", id="one block too many"),
        pytest.param("05 04", "03", id="payload length wrong"),
        pytest.param("05 06", "03", id="payload longer than content"),
        pytest.param("02 02 03 03", "05", id="block split"),
        pytest.param("00 00 05 05", "05", id="empty block"),
        pytest.param("05 05", "02", id="index size too small"),
        pytest.param("05 05", "04", id="index size too large"),
        pytest.param("05 05", "83 00", id="index size not in reverse order"),
        pytest.param("05 05", "00 83", id="index size not canonical"),
        pytest.param("85 00 05", "04", id="plain length not canonical"),
        pytest.param("05 05 00", "04", id="half an entry more"),
    ],
)
def test_index_that_disagrees_with_the_blocks_is_refused(
    body: str, size: str, read: Reader
) -> None:
    blocks = HEADER + raw_block(b"hello").to_bytes()
    assert blocks + index("05 05", "03") == CONTAINERS["raw"]
    with pytest.raises(DamagedError, match="index at byte 30 is damaged: it is not that of"):
        read(blocks + index(body, size))


@pytest.mark.parametrize(
    ("block_size", "body", "size"),
    [
        pytest.param(7, "00 00", "03", id="an empty block alone"),
        pytest.param(7 + 12, "00 00 05 05", "05", id="empty block"),
        pytest.param(18, "81 80 80 08 05", "06", id="block too long"),
        pytest.param(13, "05 06", "03", id="payload longer than content"),
    ],
)
def test_index_that_breaks_a_limit_is_refused_even_if_all_offsets_are_right(
    block_size: int, body: str, size: str
) -> None:
    """Blocks are not looked at by read_indexes, so here only the index can be found wrong."""
    data = HEADER + b"\x01" + bytes(block_size - 1) + index(body, size)
    assert len(bytes.fromhex(body)) + 1 == int(size, 16)
    with pytest.raises(DamagedError):
        read_indexes(io.BytesIO(data))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("05 05 04", "block 0 at byte 18 is damaged: kind 5 needs a model of tokens"),
        ("06 05 04", "kind 6 needs a model of tokens"),
        ("07 05 05", "kind 7 is reserved"),
        ("08 05 05", "kind 0 is reserved"),
        ("09 05 05", "log2 of the lanes is 1, a raw block must have 0"),
        ("5a 05 04", "log2 of the lanes is 11, allowed are 0 to 10"),
        ("01 00 00", "plain length is 0, allowed are 1 to 16777216"),
        ("01 05 04", "a raw payload of 4 bytes, it must have 5"),
        ("02 05 05", "a coded payload of 5 bytes, it must have fewer than 5"),
        ("02 81 80 80 08 00", "plain length is 16777217"),
        ("01 80 80 80 80 80 80 80 80 40 80 80 80 80 80 80 80 80 40", "is 4611686018427387904"),
        ("02 05 80 80 80 80 80 80 80 80 40", "a coded payload of 4611686018427387904 bytes"),
        ("01 85 00 05", "block 0: the integer at byte 19 has a needless 0 byte"),
        ("01 05 85 80 00", "block 0: the integer at byte 20 has a needless 0 byte"),
        ("01 80 80 80 80 80 80 80 80 80 01", "the integer at byte 19 is not below 2..63"),
    ],
)
def test_head_that_breaks_a_rule_is_refused(head: str, message: str) -> None:
    data = HEADER + bytes.fromhex(head) + bytes(40)
    with pytest.raises(DamagedError, match=message):
        read_forward(data)
    with pytest.raises(DamagedError):
        read_block(io.BytesIO(data), BlockEntry(18, 0, 5, 5))


def test_block_number_in_errors_counts_from_the_start_of_the_container() -> None:
    good = CONTAINERS["both"] + HEADER + raw_block(b"hello").to_bytes()
    with pytest.raises(DamagedError, match=f"block 1 at byte {len(good)} is damaged"):
        read_forward(good + bytes.fromhex("0f 05 05"))


@pytest.mark.parametrize(
    ("plain_length", "payload_length"), [(6, 5), (5, 6), (5, 4), (2**62, 2**62)]
)
def test_block_that_is_not_the_one_of_its_entry_is_refused(
    plain_length: int, payload_length: int
) -> None:
    file = io.BytesIO(CONTAINERS["raw"])
    with pytest.raises(DamagedError, match="block at byte 18 is damaged: it decodes 5 to 5 bytes"):
        read_block(file, BlockEntry(18, 0, plain_length, payload_length))


@both_readers
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(HEADER + bytes.fromhex("01" + 2 * "808080808080808040"), id="block"),
        pytest.param(HEADER + bytes.fromhex("01" + 2 * "80808008"), id="longest block"),
        pytest.param(HEADER + index("808080808080808040", "0a"), id="half an entry"),
        pytest.param(HEADER + index("00", "408080808080808080"), id="index size"),
        pytest.param(
            HEADER + index(2 * "808080808080808040", "13"), id="plain length and payload length"
        ),
    ],
)
def test_large_lengths_reserve_no_memory(data: bytes, read: Reader) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            read(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20

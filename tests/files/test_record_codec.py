"""Small records behind a prefix: what comes back, what is refused, and what they cost."""

from __future__ import annotations

import pickle
import re
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import inputs
import numpy as np
import pytest
import reference_decoder
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_records import decode_record

import lmpack
from lmpack import Prefix, RecordCodec
from lmpack._executors.native import NativeExecutor
from lmpack._models.bundle import load_byte_model

SPECIFICATION = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
PREFIX = Prefix(inputs.SENTENCES[:2000])
RECORD = inputs.SENTENCES[1900:2060]
WAYS: list[dict[str, Any]] = [
    {},
    {"level": 2},
    {"model": "tiny"},
    {"level": 7, "model": ("tiny", "small")},
]
CODECS = [
    RecordCodec(PREFIX, **way, checksum=checksum) for way in WAYS for checksum in (False, True)
]
LIGHT, CHECKED = CODECS[:2]
TINY = CODECS[4]


@pytest.mark.parametrize("codec", CODECS)
def test_a_record_takes_four_bytes_beside_its_payload(codec: RecordCodec) -> None:
    packed = codec.compress(RECORD)
    assert codec.decompress(packed) == RECORD
    assert len(packed) < len(RECORD) / 2
    has_models, has_checksum = packed[2] // 4 % 2, packed[2] // 8
    body = packed[4 : len(packed) - 4 * has_checksum]
    assert len(packed) == 4 + len(body) + 4 * has_checksum
    before = zlib.crc32(RECORD).to_bytes(4, "little") if has_checksum else b""
    assert packed.endswith(before)
    assert has_models == (codec in CODECS[4:])


@settings(max_examples=60)
@given(
    record=st.one_of(
        st.binary(max_size=300),
        st.tuples(st.integers(0, 1990), st.integers(0, 300)).map(
            lambda cut: inputs.SENTENCES[cut[0] : cut[0] + cut[1]]
        ),
    ),
    codec=st.sampled_from(CODECS),
)
def test_any_bytes_come_back(record: bytes, codec: RecordCodec) -> None:
    packed = codec.compress(record)
    assert len(packed) <= len(record) + 7
    assert codec.decompress(packed) == record


@settings(max_examples=100)
@given(data=st.binary(max_size=40), codec=st.sampled_from([*CODECS[:2], TINY]))
def test_any_bytes_are_decoded_or_refused(data: bytes, codec: RecordCodec) -> None:
    try:
        content = codec.decompress(data, max_size=5000)
    except lmpack.LmpackError:
        return
    assert len(content) <= 5000


def test_all_kinds_of_buffers_are_records() -> None:
    packed = LIGHT.compress(bytearray(RECORD))
    assert packed == LIGHT.compress(memoryview(RECORD))
    assert LIGHT.decompress(bytearray(packed)) == RECORD
    wrong: Any = "text"
    with pytest.raises(lmpack.UsageError):
        LIGHT.compress(wrong)
    with pytest.raises(lmpack.UsageError):
        LIGHT.decompress(wrong)


def test_an_empty_record_is_one_byte() -> None:
    assert {codec.compress(b"") for codec in CODECS} == {b"\0"}
    assert LIGHT.decompress(b"\0") == b""


@pytest.mark.parametrize("length", [1, 2, 3, 127, 128, 16383, 16384])
def test_what_does_not_become_smaller_is_raw(length: int) -> None:
    record = np.random.default_rng(length).bytes(length)
    packed = CHECKED.compress(record)
    assert len(packed) == length + 1 + len(LIGHT.compress(record)) - length - 1 + 4
    assert len(packed) <= length + (6 if length < 128 else 7 if length < 16384 else 8)
    assert CHECKED.decompress(packed) == record


def test_a_long_record_comes_back() -> None:
    record = inputs.SENTENCES * 2
    assert LIGHT.decompress(LIGHT.compress(record)) == record
    with pytest.raises(lmpack.UsageError, match="at most 16,777,216 bytes"):
        LIGHT.compress(bytes(2**24 + 1))


def test_rows_of_one_width_have_their_stride() -> None:
    numbers = np.random.default_rng(1).integers(0, 9, (3000, 4)).cumsum(0) * (1, 70, 7, 11)
    rows = numbers.astype("<u4").tobytes()
    codec = RecordCodec(Prefix(rows[:32000]), checksum=True)
    packed = codec.compress(rows[32000:32160])
    assert packed[2] == 0x19 and packed[4] == 16
    assert codec.decompress(packed) == rows[32000:32160]
    small = RecordCodec(Prefix(rows[:160]))
    packed = small.compress(rows[160:208])
    assert packed[1] == 0x11
    assert decode_record(packed, rows[:160]) == rows[160:208]


def test_levels_read_one_another() -> None:
    full, two = CODECS[2], CODECS[6]
    assert full.decompress(LIGHT.compress(RECORD)) == RECORD
    assert two.decompress(full.compress(RECORD)) == RECORD


def test_another_prefix_is_refused() -> None:
    packed, checked = LIGHT.compress(RECORD), CHECKED.compress(RECORD)
    names = set()
    refused = 0
    for number in range(40):
        other = RecordCodec(Prefix(b"something else %d" % number))
        names.add(other.compress(RECORD)[3])
        with pytest.raises((lmpack.PrefixError, lmpack.DamagedError)):
            other.decompress(checked)
        try:
            refused += other.decompress(packed) == b""
        except lmpack.PrefixError:
            refused += 1
        except lmpack.DamagedError:
            pass
    assert len(names) > 25
    assert refused >= 38


def test_other_models_are_refused() -> None:
    packed = TINY.compress(RECORD)
    for way in ({"model": "small"}, {"level": 9}, {"level": 3, "model": ("small", "tiny")}):
        with pytest.raises(lmpack.PrefixError, match="was made with the prefix and models"):
            RecordCodec(PREFIX, **way).decompress(packed)
    with pytest.raises(lmpack.ModelError, match="has none"):
        LIGHT.decompress(packed)


def test_a_name_that_fits_by_chance_is_found_by_the_checksum() -> None:
    other = RecordCodec(Prefix(inputs.SENTENCES[7:1500]), checksum=True)
    packed = bytearray(other.compress(RECORD))
    packed[3] = CHECKED.compress(RECORD)[3]
    with pytest.raises(lmpack.DamagedError):
        CHECKED.decompress(packed)


@pytest.mark.parametrize(
    ("codec", "record"),
    [(CHECKED, RECORD), (CODECS[5], RECORD), (LIGHT, b"\xff\x80\x01"), (TINY, b"")],
)
def test_a_cut_or_longer_record_is_refused(codec: RecordCodec, record: bytes) -> None:
    packed = codec.compress(record)
    for end in range(len(packed)):
        with pytest.raises((lmpack.TruncatedError, lmpack.DamagedError)):
            codec.decompress(packed[:end])
    for more in (b"\0", b"a", packed):
        with pytest.raises(lmpack.DamagedError):
            codec.decompress(packed + more)


def test_without_a_checksum_most_damage_is_found() -> None:
    packed = LIGHT.compress(RECORD)
    bodies = [packed[:-1], packed + b"\0", packed + b"a"]
    for place in range(32, 8 * len(packed)):
        damaged = bytearray(packed)
        damaged[place // 8] ^= 1 << place % 8
        bodies.append(bytes(damaged))
    found = 0
    for body in bodies:
        try:
            assert LIGHT.decompress(body) != RECORD
        except lmpack.DamagedError:
            found += 1
    assert found > 0.6 * len(bodies)


def test_each_flipped_bit_is_found_with_a_checksum() -> None:
    packed = CHECKED.compress(RECORD)
    for place in range(8 * len(packed)):
        damaged = bytearray(packed)
        damaged[place // 8] ^= 1 << place % 8
        with pytest.raises(lmpack.LmpackError):
            CHECKED.decompress(damaged)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"", lmpack.TruncatedError, "the input ends at byte 0"),
        (b"\x05", lmpack.TruncatedError, "the input ends at byte 1"),
        (b"\x05\x01", lmpack.TruncatedError, "get the whole record"),
        (b"\x05\x00abcd", lmpack.TruncatedError, "get the whole record"),
        (b"\x05\x08abc", lmpack.TruncatedError, "the input ends at byte 5"),
        (b"\x05\x00abcdef", lmpack.DamagedError, "1 more follow"),
        (b"\x00\x00", lmpack.DamagedError, "1 more follow"),
        (b"\x85\x00\x00abcde", lmpack.DamagedError, "needless 0"),
        (b"\x05\x04abcde", lmpack.DamagedError, "stands for nothing"),
        (b"\x05\x10abcde", lmpack.DamagedError, "stands for nothing"),
        (b"\x05\x20abcde", lmpack.DamagedError, "stands for nothing"),
        (b"\x05\x11\x00\x00abcd", lmpack.DamagedError, "the stride is 0"),
        (b"\x05\x11\x00\x80\x80\x04a", lmpack.DamagedError, "the stride is 65536"),
        (b"\x05\x11\x00", lmpack.TruncatedError, "the input ends at byte 3"),
        (b"\x05\x01\x00abcde", lmpack.DamagedError, "5 bytes for 5 of content"),
        (b"\x81\x80\x80\x08\x01", lmpack.DamagedError, "16,777,217 bytes of content"),
        (b"\xff" * 8 + b"\x7f", lmpack.DamagedError, "more than"),
        (b"\xff" * 12, lmpack.DamagedError, "not below 2"),
        (b"\x80\x80\x80\x08\x01\x00", lmpack.LimitError, "raise the option max_size"),
    ],
)
def test_what_is_no_record_is_refused(data: bytes, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        LIGHT.decompress(data, max_size=1000)


def test_arguments_are_checked() -> None:
    wrong: Any
    for wrong in (None, b"bytes"):
        with pytest.raises(lmpack.UsageError, match=r"lmpack\.Prefix"):
            RecordCodec(wrong)
    for options in ({"level": 0}, {"level": True}, {"model": 3}, {"checksum": 1}):
        with pytest.raises(lmpack.UsageError):
            RecordCodec(PREFIX, **options)
    for wrong in (0, -1, True, "1", 1.5):
        with pytest.raises(lmpack.UsageError, match="max_size"):
            LIGHT.decompress(b"\0", max_size=wrong)
    assert LIGHT.decompress(LIGHT.compress(RECORD), max_size=len(RECORD)) == RECORD


def test_threads_share_a_codec() -> None:
    failed: list[int] = []

    def work(number: int) -> None:
        for codec in (LIGHT, TINY):
            for start in range(number, 1000, 50):
                record = inputs.SENTENCES[start : start + 60]
                if codec.decompress(codec.compress(record)) != record:
                    failed.append(start)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.parametrize("codec", CODECS[::3])
def test_a_pickled_codec_is_the_same(codec: RecordCodec) -> None:
    copy = pickle.loads(pickle.dumps(codec))
    assert copy.compress(RECORD) == codec.compress(RECORD)


def test_the_reference_decoder_reads_them() -> None:
    record, before = RECORD[20:40], inputs.SENTENCES[1880:1900]
    model = load_byte_model("tiny")
    executor = NativeExecutor(model, threads=1)

    def predict(lanes: Sequence[bytes]) -> list[list[int]]:
        fed = [np.array([[executor.architecture.start_symbol, *lane]]) for lane in lanes]
        return [executor.prefill(executor.start(1), one)[0, -1].tolist() for one in fed]

    def decoded(packed: bytes) -> bytes:
        return decode_record(packed, before, [predict], [model.fingerprint[:8]])

    for way in ({}, {"level": 2, "checksum": True}, {"model": "tiny"}):
        codec = RecordCodec(Prefix(before), **way)
        for content in (record, b"\xff", b""):
            assert decoded(codec.compress(content)) == content
        with pytest.raises(reference_decoder.InvalidContainerError):
            decoded(codec.compress(record) + b"\0")


def test_the_examples_of_the_specification() -> None:
    listings = re.findall(r"^```hex record\n(.*?)^```$", SPECIFICATION, re.MULTILINE | re.DOTALL)
    raw, coded = (bytes.fromhex(re.sub("#.*", "", listing)) for listing in listings)
    before = Prefix(b"abc")
    assert RecordCodec(before, checksum=True).compress(b"lmpack") == raw
    assert RecordCodec(before).compress(b"abc" * 10) == coded
    assert decode_record(raw, b"abc") == b"lmpack"
    assert decode_record(coded, b"abc") == b"abc" * 10

"""Files that were made with a prefix: the same one is needed, and says what it saves."""

from __future__ import annotations

import io
import pickle
import random
import shutil
import threading
import tracemalloc
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import inputs
import numpy as np
import pytest
import reference_copies
import reference_decoder
from block_sizes import set_block_size
from containers import container, fed_blocks, raw_block
from decoder_bundles import write_random_bundle
from hypothesis import given, settings
from hypothesis import strategies as st
from random_decoder import random_tokens
from ruled_decoder import RuledDecoder
from salvaging import salvage

import lmpack
from lmpack import LmpackCompressor, LmpackDecompressor, Prefix
from lmpack._blocks.coding import Coding, no_progress
from lmpack._blocks.copies import (
    SHORTEST_IN_PATCH,
    SHORTEST_TAKEN,
    with_copies,
    without_copies,
)
from lmpack._blocks.given import given_in, mixed_bytes, remainder_of
from lmpack._blocks.levels import DEFAULT_MODEL
from lmpack._blocks.patches import PatchPrefix, behind, learned_around, packed_list
from lmpack._blocks.payload_head import PayloadHead
from lmpack._container import Block, BlockKind, Header, encode_varint
from lmpack._executors.mixing import Predictor
from lmpack._executors.native import NativeExecutor
from lmpack._models.bundle import BUILT_IN, load_byte_model
from lmpack._native import take_copies

TEXT = inputs.SENTENCES[:2500]
OLD = Prefix(inputs.SENTENCES[:2000])
OTHER = Prefix(b"something else")
PROSE = (
    b"When the sun had gone down behind the hills, the old man lit his lamp and looked for the "
    b"letter that his daughter had sent him in the spring. He had read it many times, and knew it "
    b"by heart, but on evenings like this one he wanted to hold it in his hands."
)
FAST: Any = {"level": 1}
TINY: Any = {"model": "tiny", "threads": 1}
PAIR: Any = {"model": ("tiny", "small"), "threads": 1}


def test_a_prefix_is_its_bytes() -> None:
    data = bytearray(b"abc")
    prefix = Prefix(data)
    data[0] = 0
    assert (bytes(prefix), len(prefix)) == (b"abc", 3)
    assert prefix.digest.hex() == "ba7816bf8f01cfea"  # SHA-256 of "abc", FIPS 180-2
    assert (
        prefix.digest
        == Prefix(memoryview(b"abc")).digest
        == pickle.loads(pickle.dumps(prefix)).digest
    )
    assert "3 bytes, ba7816bf8f01cfea" in repr(prefix)


@pytest.mark.parametrize("data", [b"", bytearray()])
def test_no_bytes_are_no_prefix(data: bytes) -> None:
    with pytest.raises(lmpack.UsageError, match="at least one byte"):
        Prefix(data)


@pytest.mark.parametrize("data", ["text", 3, None, ["a"]])
def test_other_things_are_no_prefix(data: Any) -> None:
    with pytest.raises(lmpack.UsageError, match=f"not {type(data).__name__}"):
        Prefix(data)
    given: Any = data or b"bytes"
    with pytest.raises(lmpack.UsageError, match=r"option prefix must be an lmpack.Prefix\(data\)"):
        lmpack.compress(TEXT, prefix=given)


@pytest.mark.parametrize("options", [FAST, {"level": 5}, TINY, PAIR], ids=str)
@pytest.mark.parametrize("verify", [False, True])
def test_what_was_made_with_a_prefix_comes_back_with_it(
    options: dict[str, Any], verify: bool
) -> None:
    plain = TEXT[1000:]
    packed = lmpack.compress(plain, prefix=OLD, verify=verify, **options)
    assert len(packed) < 0.8 * len(lmpack.compress(plain, **options))
    assert lmpack.decompress(packed, prefix=OLD) == plain
    assert lmpack.describe(io.BytesIO(packed))[0].prefix == OLD.digest


@pytest.mark.parametrize("options", [TINY, PAIR], ids=str)
def test_models_go_on_from_the_prefix(options: dict[str, Any]) -> None:
    prefix = Prefix(PROSE[:150])
    packed = lmpack.compress(PROSE[150:], prefix=prefix, verify=True, **options)
    assert [block.kind for block in lmpack.describe(io.BytesIO(packed))[0].blocks] == ["mixed"]
    assert lmpack.decompress(packed, prefix=prefix) == PROSE[150:]


def test_the_reference_decoder_reads_them() -> None:
    plain, prefix = PROSE[150:230], PROSE[100:150]
    packed = lmpack.compress(plain, prefix=Prefix(prefix), model="tiny", threads=1)
    assert lmpack.describe(io.BytesIO(packed))[0].blocks[0].kind == "mixed"
    executor = NativeExecutor(load_byte_model("tiny"), threads=1)

    def predict(lanes: Sequence[bytes]) -> list[list[int]]:
        fed = [np.array([[executor.architecture.start_symbol, *lane]]) for lane in lanes]
        return [executor.prefill(executor.start(1), one)[0, -1].tolist() for one in fed]

    assert reference_decoder.decode(packed, predict, prefix) == plain
    with pytest.raises(reference_decoder.InvalidContainerError):
        reference_decoder.decode(packed, predict, prefix[1:])
    packed = lmpack.compress(plain, prefix=Prefix(prefix), **FAST)
    assert reference_decoder.decode(packed, lambda lanes: [], prefix) == plain


@settings(max_examples=20)
@given(st.binary(max_size=300), st.binary(min_size=1, max_size=300), st.sampled_from([FAST, TINY]))
def test_any_bytes_come_back(plain: bytes, prefix: bytes, options: dict[str, Any]) -> None:
    before = Prefix(prefix)
    assert (
        lmpack.decompress(lmpack.compress(plain, prefix=before, **options), prefix=before) == plain
    )


@settings(max_examples=60)
@given(
    parts=st.integers(0, 31),
    copies=st.binary(max_size=9),
    stream=st.binary(max_size=20),
    lanes_log2=st.integers(0, 3),
)
def test_forged_blocks_are_damage(
    parts: int, copies: bytes, stream: bytes, lanes_log2: int
) -> None:
    head = bytes([parts, 0]) + (bytes([len(copies)]) + copies if parts & 8 else b"")
    block = Block(BlockKind.ADAPTIVE, lanes_log2, 200, 0, head + stream)
    with pytest.raises(lmpack.DamagedError):
        lmpack.decompress(container([block], Header(prefix=OLD.digest)), prefix=OLD)


def test_a_filter_behind_a_prefix_is_damage() -> None:
    block = Block(BlockKind.ADAPTIVE, 0, 200, 0, bytes([5, 0, 4, 2, 2, 0, 0]))
    with pytest.raises(lmpack.DamagedError, match="behind a prefix has a filter"):
        lmpack.decompress(container([block], Header(prefix=OLD.digest)), prefix=OLD)


def test_copies_reach_all_of_a_long_prefix() -> None:
    noise = np.random.default_rng(3).bytes(300_000)
    plain = noise[100:9000] + noise[200_000:280_000]
    packed = lmpack.compress(plain, prefix=Prefix(noise), **FAST)
    assert len(packed) < 200
    assert lmpack.decompress(packed, prefix=Prefix(noise)) == plain


def patch(copies: bytes, packed: bytes, remainder: bytes, old: bytes, new: bytes) -> bytes:
    """A container with a block that is a patch, without a model."""
    prefix = PatchPrefix(old)
    _, known = behind(None, copies, prefix)
    ends = given_in(copies, old, len(remainder))
    mixed = mixed_bytes(remainder, ends)
    payload = Coding(BlockKind.ADAPTIVE, 0).encode(None, mixed, no_progress, known, ends)
    payload = with_copies(payload, packed, is_patch=True)
    block = Block(BlockKind.ADAPTIVE, 0, len(new), zlib.crc32(new), payload)
    return container([block], Header(prefix=Prefix(old).digest))


def test_the_reference_decoder_reads_patches() -> None:
    old = np.random.default_rng(4).bytes(450)
    new = b"+" + old[:300] + b"-" + old[20:450] + 2 * b"any end"
    copies, remainder = take_copies(new, 256, PatchPrefix(old))
    data = patch(
        copies, packed_list(copies, Predictor.LIGHT, len(old), no_progress), remainder, old, new
    )
    assert lmpack.decompress(data, prefix=Prefix(old)) == new
    assert reference_decoder.decode(data, lambda lanes: [], old) == new


def test_what_follows_a_copy_is_predicted_from_its_end() -> None:
    old = np.random.default_rng(8).bytes(600)
    new = old[:300] + b"-" + old[300:] + b"."
    copies, remainder = take_copies(new, 256, PatchPrefix(old))
    ends = given_in(copies, old, len(remainder))
    assert mixed_bytes(remainder, ends) == old[284:300] + b"-" + old[584:] + b"."
    assert remainder_of(mixed_bytes(remainder, ends), ends) == remainder == b"-."
    # This copy goes on with the block, whose bytes are not known before it is decoded.
    copies, remainder = take_copies(old[300:] + old[300:] + b"-", 256, PatchPrefix(old))
    assert given_in(copies, old, len(remainder)).plain == bytes(1)


def test_a_list_that_is_too_long_or_copies_only_the_block_is_damage() -> None:
    old = np.random.default_rng(5).bytes(700)
    copies, remainder = take_copies(old + b"-", 256, PatchPrefix(old))
    for packed in (
        b"\0",
        b"\xff\x7f",
        b"\xff",
        packed_list(b"\1\0\1", Predictor.LIGHT, 700, no_progress),
    ):
        data = patch(copies, packed, remainder, old, old + b"-")
        with pytest.raises(lmpack.DamagedError):
            lmpack.decompress(data, prefix=Prefix(old))


def test_a_version_is_small_beside_the_one_before_wherever_it_changed() -> None:
    start, middle, end = inputs.SENTENCES[:20_000], np.random.default_rng(6).bytes(150_000), b"."
    old = start + middle + end
    changed = start.replace(b"e", b"E", 40)
    new = changed + middle + end
    packed = lmpack.compress(new, prefix=Prefix(old), **FAST)
    assert len(packed) < 600
    assert lmpack.decompress(packed, prefix=Prefix(old)) == new


@pytest.mark.parametrize("level", range(1, 10))
def test_a_model_helps_with_what_is_new_in_a_version(level: int) -> None:
    """The list of copies is mixed by the predictor that the head names, whichever won."""
    old, words, draw = inputs.SENTENCES[:4000], PROSE.split(), random.Random(3)
    lines = [b" ".join(words[i % 7 :: 7]) for i in range(20)]
    pieces = ((draw.randrange(3700), draw.randrange(60, 300)) for _ in lines)
    copied = [old[start : start + length] for start, length in pieces]
    new = b"".join(line + piece for line, piece in zip(lines, copied, strict=True))
    packed = lmpack.compress(new, level, prefix=Prefix(old), threads=1)
    (_, block), *_ = fed_blocks(packed, len(packed))
    assert PayloadHead.parse(block.payload)[0].is_patch
    assert block.kind is (BlockKind.MIXED if level > 2 else BlockKind.ADAPTIVE)
    assert lmpack.decompress(packed, prefix=Prefix(old), threads=1) == new


def test_a_record_behind_a_dictionary_is_no_patch() -> None:
    noise = np.random.default_rng(7).bytes(25_000)
    dictionary = PatchPrefix(noise[:20_000])
    version = noise[:300] + noise[20_000:]
    assert SHORTEST_IN_PATCH < 300 < SHORTEST_TAKEN
    assert without_copies(version, dictionary)[0]
    assert not without_copies(version[:4000], dictionary)[0]


@pytest.mark.parametrize("length", [500, 200_000])
def test_what_is_learned_around_copies_is_what_is_specified(length: int) -> None:
    rng = np.random.default_rng(length)
    data = rng.bytes(length)
    for count in (1, 5, 3000):
        entries, place = [], 0
        for _ in range(count):
            literals, copied = int(rng.integers(0, 1500)), int(rng.integers(64, 900))
            place += literals
            entries.append((literals, copied, int(rng.integers(1, place + length))))
            place += copied
        copies = b"".join(
            encode_varint(number)
            for literals, copied, distance in entries
            for number in (literals, copied - 64, distance)
        )
        assert learned_around(copies, data) == reference_copies.learned_around(entries, data)


def test_only_the_last_copies_say_what_is_learned() -> None:
    data = np.random.default_rng(5).bytes(300_000)
    # Each goes on 1088 bytes behind the one before: a list that a hostile file may hold.
    entries = [(0, 64, 300_000 + 64 * i - 1088 * (i % 250)) for i in range(100_000)]
    copies = b"".join(encode_varint(n) for _, _, d in entries for n in (0, 0, d))
    tracemalloc.start()
    learned = learned_around(copies, data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16_000_000
    assert learned == reference_copies.learned_around(entries, data)
    other = [(0, 64, 64 * i + 1) for i in range(100_000 - 4096)]
    assert learned == reference_copies.learned_around([*other, *entries[-4096:]], data)


def test_a_prefix_of_one_byte_and_content_of_none() -> None:
    for plain in (b"", b"x", TEXT):
        packed = lmpack.compress(plain, prefix=Prefix(b"x"), **FAST)
        assert lmpack.decompress(packed, prefix=Prefix(b"x")) == plain


WAYS: dict[str, Any] = {
    "decompress": lambda data, **options: lmpack.decompress(data, **options),
    "stream": lambda data, **options: lmpack.decompress_stream(
        io.BytesIO(data), io.BytesIO(), **options
    ),
    "verify": lambda data, **options: lmpack.verify_stream(io.BytesIO(data), **options),
    "file": lambda data, **options: lmpack.open(io.BytesIO(data), **options),
    "pieces": lambda data, **options: LmpackDecompressor(**options).decompress(data),
    "salvage": lambda data, **options: salvage(data, **options),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("options", [FAST, TINY], ids=str)
def test_without_the_prefix_or_with_another_one_nothing_is_decoded(
    way: str, options: dict[str, Any]
) -> None:
    packed = lmpack.compress(TEXT, prefix=OLD, **options)
    missing = f"made with the prefix {OLD.digest.hex()}, which it does not hold: give the very"
    with pytest.raises(lmpack.PrefixError, match=missing):
        WAYS[way](packed)
    wrong = f"{OLD.digest.hex()}, and the one that was given, of 14 bytes, is {OTHER.digest.hex()}"
    with pytest.raises(lmpack.PrefixError, match=wrong):
        WAYS[way](packed, prefix=OTHER)
    WAYS[way](packed, prefix=OLD)


@pytest.mark.parametrize("size", [0, 1, 40, 300, 5000])
def test_a_small_file_names_no_model_that_it_does_not_need(size: int) -> None:
    binary = b""
    for symbols in (3, 40, 256):
        numbers = np.random.default_rng(size).integers(0, symbols, size)
        binary = (numbers + 40).astype(np.uint8).tobytes()
        assert len(lmpack.compress(binary, 6)) <= len(lmpack.compress(binary, 2)) + 1
    writer = lmpack.LmpackCompressor(6)
    pieces = writer.compress(binary[:20]), writer.compress(binary[20:]), writer.flush()
    assert b"".join(pieces) == lmpack.compress(binary, 6)


def test_a_container_that_may_go_on_names_all_models() -> None:
    writer = lmpack.LmpackCompressor(6)
    start = writer.compress(inputs.NOISE[:50], writer.FLUSH_BLOCK)
    found = lmpack.describe(io.BytesIO(start + writer.flush()))
    assert [block.kind for block in found[0].blocks] == ["raw"]
    assert found[0].models == (DEFAULT_MODEL,)


def test_a_file_of_one_raw_block_names_no_prefix() -> None:
    packed = lmpack.compress(inputs.NOISE[:300], prefix=OLD, **FAST)
    found = lmpack.describe(io.BytesIO(packed))[0]
    assert (found.blocks[0].kind, found.prefix) == ("raw", None)
    assert lmpack.decompress(packed) == inputs.NOISE[:300]


def test_raw_blocks_are_refused_without_it_but_can_be_salvaged() -> None:
    packed = container([raw_block(inputs.NOISE[:300])], Header(prefix=OLD.digest))
    with pytest.raises(lmpack.PrefixError):
        lmpack.decompress(packed)
    assert salvage(packed)[0] == inputs.NOISE[:300]


def test_a_file_that_names_no_prefix_needs_none() -> None:
    packed = lmpack.compress(TEXT, **FAST)
    assert lmpack.decompress(packed, prefix=OLD) == TEXT


def test_a_file_of_several_prefixes_takes_only_one() -> None:
    one, two = (lmpack.compress(TEXT, prefix=prefix, **FAST) for prefix in (OLD, OTHER))
    assert lmpack.decompress(one + one, prefix=OLD) == 2 * TEXT
    assert lmpack.decompress(one + lmpack.compress(b"ab", **FAST), prefix=OLD) == TEXT + b"ab"
    with pytest.raises(lmpack.PrefixError):
        lmpack.open(io.BytesIO(one + two), prefix=OLD)


def test_files_objects_and_batches_take_it(tmp_path: Path) -> None:
    path = tmp_path / "text.lmp"
    with lmpack.open(path, "wb", prefix=OLD, **FAST) as file:
        file.write(TEXT)
    with lmpack.open(path, "ab", prefix=OLD, **FAST) as file:
        file.write(TEXT)
    with lmpack.open(path, prefix=OLD) as file:
        file.seek(700)
        assert file.read(10) == TEXT[700:710]
        assert file.read() == (2 * TEXT)[710:]
    (result,) = lmpack.decompress_files([path], prefix=OLD)
    assert result.error is None
    assert (tmp_path / "text").read_bytes() == 2 * TEXT
    (result,) = lmpack.compress_files([tmp_path / "text"], prefix=OLD, resume=True, **FAST)
    assert result.skipped is not None
    (result,) = lmpack.decompress_files([path], force=True)
    assert isinstance(result.error, lmpack.PrefixError)
    compressor = LmpackCompressor(prefix=OLD, **FAST)
    packed = compressor.compress(TEXT) + compressor.flush()
    assert LmpackDecompressor(prefix=OLD).decompress(packed) == TEXT


def test_many_blocks_and_threads_share_one_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    set_block_size(monkeypatch, 700)
    results: list[bytes] = []

    def round_trip(options: dict[str, Any]) -> None:
        packed = lmpack.compress(TEXT, prefix=OLD, threads=2, **options)
        results.append(lmpack.decompress(packed, prefix=OLD, threads=2))

    threads = [
        threading.Thread(target=round_trip, args=(options,))
        for options in (FAST, {"level": 5}, {"model": "tiny"}, FAST)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == 4 * [TEXT]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "tiny", "mixing": False}, "a prefix needs mixing"),
        ({"device": "cpu:onnxruntime"}, "a prefix works on the device cpu only, not on cpu:onnx"),
        ({"device": "cuda"}, "leave out the option device"),
    ],
)
def test_what_goes_with_no_prefix_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(lmpack.UsageError, match=message):
        lmpack.compress(TEXT, prefix=OLD, **options)


def test_a_model_of_tokens_takes_no_prefix(tmp_path: Path) -> None:
    tokens = random_tokens(300, np.random.default_rng(1))
    write_random_bundle(tmp_path / "decoder", RuledDecoder(tokens, context=50).architecture, tokens)
    with pytest.raises(lmpack.UsageError, match="predicts tokens, which knows no prefix"):
        lmpack.compress(TEXT, prefix=OLD, model=tmp_path / "decoder")


@pytest.mark.parametrize("options", [FAST, TINY], ids=str)
@pytest.mark.parametrize("place", [0, 4, 5, 8, 16])
def test_a_damaged_header_costs_nothing(options: dict[str, Any], place: int) -> None:
    packed = lmpack.compress(TEXT, prefix=OLD, **options)
    damaged = packed[:place] + bytes([packed[place] ^ 2]) + packed[place + 1 :]
    content, found = salvage(damaged, prefix=OLD)
    assert content == TEXT
    assert found.is_complete
    assert found.damage


def test_memory_counts_what_was_learned() -> None:
    with_prefix, without = (
        lmpack.describe(io.BytesIO(lmpack.compress(TEXT, prefix=prefix, **FAST)))[0].memory
        for prefix in (OLD, None)
    )
    assert with_prefix is not None and without is not None
    assert with_prefix > without + 1_000_000
    with pytest.raises(lmpack.LimitError):
        lmpack.compress(TEXT, prefix=OLD, max_memory=without, **FAST)


@pytest.mark.parametrize("back", [1, 40, 63, 64, 129])
def test_a_change_near_the_end_of_the_earlier_version(back: int) -> None:
    """What follows the change are few bytes of the prefix, and then the block itself."""
    old = random.Random(1).randbytes(4000)
    changed = bytearray(old)
    changed[-back] ^= 1
    new = bytes(changed) + old
    packed = lmpack.compress(new, prefix=Prefix(old), **FAST)
    assert lmpack.decompress(packed, prefix=Prefix(old)) == new


@pytest.mark.parametrize(
    "wrong",
    [np.array([object(), object()]), np.array(["2026-01-01"], "datetime64[D]"), "text", 5],
    ids=["objects", "days", "text", "number"],
)
def test_what_means_nothing_to_another_process_is_no_prefix(wrong: Any) -> None:
    with pytest.raises(lmpack.UsageError):
        Prefix(wrong)
    with pytest.raises(lmpack.UsageError):
        lmpack.train_prefix([wrong])


def test_a_model_that_is_used_is_not_deleted(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(BUILT_IN / "tiny", model)
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    results = list(
        lmpack.compress_files([tmp_path], recursive=True, level=1, model=model, remove=True)
    )
    assert len(results) == len(before)
    assert all("a part of the model" in str(result.error) for result in results)
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before

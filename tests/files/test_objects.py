"""LmpackCompressor and LmpackDecompressor against the one-shot functions: any cuts and flushes."""

from __future__ import annotations

import copy
import io
import pickle
import random
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from block_sizes import set_block_size
from fake_models import FakeModels
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lmpack
from lmpack import LmpackCompressor, LmpackDecompressor, Options
from lmpack._blocks.codec import decode_block
from lmpack._files.pipeline import Pipeline

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")

BLOCK_SIZE = 100
NOISE = random.Random(4).randbytes(70)
CONTENT = b"".join(b"record %d of a stream\n" % number for number in range(25)) + NOISE
FAST = Options(level=1, threads=1)
CONTINUE, FLUSH_BLOCK, FLUSH_FRAME = 0, 1, 2

one_fixture_for_all = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
contents = st.binary(max_size=250) | st.text("abc xyz\n", max_size=250).map(str.encode)
modes = st.sampled_from([CONTINUE, FLUSH_BLOCK, FLUSH_FRAME])
calls = st.lists(st.tuples(contents, modes), max_size=8)
cuts = st.lists(st.integers(0, 120), min_size=1, max_size=20)
limits = st.lists(st.integers(-1, 150), min_size=1, max_size=20)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    set_block_size(monkeypatch, BLOCK_SIZE)


def pieces(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """Cut into pieces of these sizes, again and again; the last ones of 50 if all are 0."""
    start = 0
    for size in sizes * 3:
        yield data[start : start + size]
        start += size
    for rest in range(start, len(data), 50):
        yield data[rest : rest + 50]


def decompressed(data: bytes, sizes: list[int], most: list[int]) -> tuple[bytes, bytes]:
    """The content of the first container and what is behind it, asked for as needs_input says."""
    decompressor = LmpackDecompressor(options=FAST)
    found, number = b"", 0
    rest = list(pieces(data, sizes))
    while not decompressor.eof:
        if decompressor.needs_input and not rest:
            raise lmpack.TruncatedError("it did not end")
        has_input = decompressor.needs_input
        given_now = rest.pop(0) if has_input else b""
        # Always nothing would never end.
        limit = most[number % len(most)] or number % 2
        number += 1
        piece = decompressor.decompress(given_now, limit)
        assert limit < 0 or len(piece) <= limit
        assert has_input or piece or decompressor.eof or limit == 0
        found += piece
    assert not decompressor.needs_input
    return found, decompressor.unused_data + b"".join(rest)


@one_fixture_for_all
@given(calls)
def test_what_was_flushed_can_be_decoded(given_calls: list[tuple[bytes, int]]) -> None:
    compressor = LmpackCompressor(options=FAST)
    taken, packed, ended = b"", b"", 0
    for content, mode in given_calls:
        packed += compressor.compress(content, mode)
        taken += content
        assert compressor.last_mode == mode
        if mode == FLUSH_FRAME:
            assert lmpack.decompress(packed) == taken
            ended = len(taken)
        elif mode == FLUSH_BLOCK and len(taken) > ended:
            assert whole_blocks(packed) == taken
    packed += compressor.flush()
    assert compressor.last_mode == FLUSH_FRAME
    assert lmpack.decompress(packed) == taken


def whole_blocks(packed: bytes) -> bytes:
    """What can be read of containers the last of which has no end."""
    file, found = lmpack.open(io.BytesIO(packed)), b""
    with pytest.raises(lmpack.TruncatedError, match="is still being written"):
        while piece := file.read1():
            found += piece
    return found


@one_fixture_for_all
@given(st.lists(contents, max_size=8))
def test_without_flushes_the_bytes_are_those_of_one_call(parts: list[bytes]) -> None:
    compressor = LmpackCompressor(options=FAST)
    packed = b"".join(map(compressor.compress, parts)) + compressor.flush()
    assert packed == lmpack.compress(b"".join(parts), options=FAST)


@one_fixture_for_all
@given(contents, st.binary(max_size=40), cuts, limits)
def test_any_cuts_of_input_and_output_give_the_content(
    content: bytes, behind: bytes, sizes: list[int], most: list[int]
) -> None:
    packed = lmpack.compress(content, options=FAST)
    assert decompressed(packed + behind, sizes, most) == (content, behind)


@one_fixture_for_all
@given(st.integers(0, 10_000), cuts, limits, st.booleans())
def test_a_damaged_or_cut_container_gives_no_wrong_byte(
    place: int, sizes: list[int], most: list[int], is_cut: bool
) -> None:
    damaged = bytearray(lmpack.compress(CONTENT, options=FAST))
    place %= len(damaged)
    if is_cut:
        del damaged[place:]
    else:
        damaged[place] ^= 1 << place % 8
    try:
        assert decompressed(bytes(damaged), sizes, most) == (CONTENT, b"")
        assert not is_cut
    except (lmpack.FormatError, lmpack.ModelError):
        pass


def test_one_object_reads_one_container() -> None:
    packed = lmpack.compress(b"one") + lmpack.compress(b"two") + bytes(7)
    decompressor = LmpackDecompressor()
    assert decompressor.unused_data == b""
    assert (decompressor.eof, decompressor.needs_input) == (False, True)
    assert decompressor.decompress(packed) == b"one"
    assert (decompressor.eof, decompressor.needs_input) == (True, False)
    for _ in range(2):
        with pytest.raises(EOFError, match="unused_data") as caught:
            decompressor.decompress(b"")
        assert isinstance(caught.value, lmpack.UsageError)
    second = LmpackDecompressor()
    assert second.decompress(decompressor.unused_data) == b"two"
    assert second.unused_data == bytes(7)


def test_the_rest_is_kept_where_less_was_asked_for() -> None:
    packed = lmpack.compress(CONTENT, options=FAST)
    decompressor = LmpackDecompressor()
    assert decompressor.decompress(packed, 0) == b""
    found = []
    while not decompressor.eof:
        assert not decompressor.needs_input
        assert decompressor.unused_data == b""
        found.append(decompressor.decompress(b"", 30))
    assert b"".join(found) == CONTENT
    assert {len(piece) for piece in found[:-1]} == {30}


def test_a_block_comes_as_soon_as_it_is_there() -> None:
    compressor, decompressor = LmpackCompressor(options=FAST), LmpackDecompressor()
    for number in range(5):
        line = b"line %d\n" % number
        packed = compressor.compress(line, mode=compressor.FLUSH_BLOCK)
        assert decompressor.decompress(packed) == line
        assert decompressor.needs_input
    assert compressor.flush(compressor.FLUSH_BLOCK) == b""
    assert decompressor.decompress(compressor.flush()) == b""
    assert decompressor.eof


def test_full_blocks_come_without_a_flush() -> None:
    compressor = LmpackCompressor(options=FAST)
    assert compressor.compress(CONTENT[: BLOCK_SIZE - 1]) == b""
    assert compressor.compress(CONTENT[BLOCK_SIZE - 1 : BLOCK_SIZE])
    assert compressor.compress(b"x") == b""


def test_a_container_without_content_is_one() -> None:
    compressor = LmpackCompressor()
    assert compressor.last_mode == compressor.FLUSH_FRAME
    assert compressor.flush() == compressor.flush() == lmpack.compress(b"")
    assert compressor.compress(b"") == b""
    decompressor = LmpackDecompressor()
    assert decompressor.decompress(lmpack.compress(b"")) == b""
    assert decompressor.eof


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_make_no_difference(threads: int) -> None:
    compressor = LmpackCompressor(1, threads=threads)
    packed = compressor.compress(CONTENT)
    packed += compressor.compress(CONTENT, FLUSH_BLOCK)
    packed += compressor.compress(CONTENT) + compressor.flush()
    again = LmpackCompressor(options=FAST)
    assert packed == again.compress(CONTENT * 2, FLUSH_BLOCK) + again.compress(CONTENT, FLUSH_FRAME)
    assert lmpack.decompress(packed) == CONTENT * 3


@pytest.mark.parametrize("junk", [b"P", b"PK\3\4 something else", b"\xc0LX", b"\0" * 30])
def test_other_bytes_are_refused_by_the_first_ones(junk: bytes) -> None:
    decompressor = LmpackDecompressor()
    for _ in range(2):
        with pytest.raises(lmpack.NotLmpackError):
            decompressor.decompress(junk)
    assert not decompressor.eof
    assert not decompressor.needs_input


def test_damage_behind_what_was_asked_for_shows_at_the_next_call() -> None:
    packed = bytearray(lmpack.compress(CONTENT, options=FAST))
    first = lmpack.describe(io.BytesIO(packed))[0].blocks[1].offset
    packed[first] = 7  # a reserved kind
    decompressor = LmpackDecompressor()
    assert decompressor.decompress(packed, BLOCK_SIZE) == CONTENT[:BLOCK_SIZE]
    assert not decompressor.needs_input
    for _ in range(2):
        with pytest.raises(lmpack.DamagedError, match="block 1 at byte"):
            decompressor.decompress(b"")
    with pytest.raises(lmpack.DamagedError):
        LmpackDecompressor().decompress(packed)


def test_what_is_not_trusted_has_limits() -> None:
    packed = lmpack.compress(CONTENT, options=FAST)
    decompressor = LmpackDecompressor(max_size=len(CONTENT) - 1)
    with pytest.raises(lmpack.LimitError, match="max_size"):
        decompressor.decompress(packed)
    assert LmpackDecompressor(max_size=len(CONTENT)).decompress(packed) == CONTENT
    with pytest.raises(lmpack.LimitError, match="max_memory"):
        LmpackDecompressor(max_memory=50).decompress(packed)
    with pytest.raises(lmpack.LimitError, match="max_memory"):
        LmpackCompressor(max_memory=50).compress(CONTENT)


def test_a_model_that_is_not_there_is_an_error(fake_models: FakeModels) -> None:
    with pytest.raises(lmpack.ModelError, match="no model 'nowhere'"):
        LmpackCompressor(model="nowhere")
    packed = lmpack.compress(CONTENT)
    fake_models.bundles.clear()
    with pytest.raises(lmpack.ModelError):
        LmpackDecompressor().decompress(packed)


REFUSED: dict[str, Callable[[], object]] = {
    "the mode is 3": lambda: LmpackCompressor().compress(b"", 3),
    "the mode is 0": lambda: LmpackCompressor().flush(CONTINUE),
    "the mode is 'end'": lambda: LmpackCompressor().flush("end"),  # type: ignore[arg-type]
    "max_length must be": lambda: LmpackDecompressor().decompress(b"", None),  # type: ignore[arg-type]
    "not str": lambda: LmpackCompressor().compress("text"),  # type: ignore[arg-type]
    "bytes or a buffer, not str": lambda: LmpackDecompressor().decompress("x"),  # type: ignore[arg-type]
    "no option colour": lambda: LmpackDecompressor(colour="red"),  # type: ignore[call-arg]
}


@pytest.mark.parametrize("message", REFUSED)
def test_mistakes_of_callers_are_said(message: str) -> None:
    with pytest.raises(lmpack.UsageError, match=message):
        REFUSED[message]()


def test_a_mistake_changes_nothing() -> None:
    compressor, decompressor = LmpackCompressor(options=FAST), LmpackDecompressor()
    packed = compressor.compress(CONTENT)
    broken: Any = "text"
    for call in (compressor.compress, decompressor.decompress):
        with pytest.raises(lmpack.UsageError):
            call(broken)
    packed += compressor.flush()
    assert decompressor.decompress(packed) == CONTENT


def interrupt(*arguments: object, **keywords: object) -> None:
    raise KeyboardInterrupt


def test_what_was_interrupted_cannot_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = lmpack.compress(CONTENT)
    compressor, decompressor = LmpackCompressor(options=FAST), LmpackDecompressor()
    with monkeypatch.context() as patched:
        patched.setattr("lmpack._blocks.coders.encode_block", interrupt)
        patched.setattr("lmpack._blocks.coders.decode_block", interrupt)
        with pytest.raises(KeyboardInterrupt):
            compressor.compress(CONTENT)
        with pytest.raises(KeyboardInterrupt):
            decompressor.decompress(packed)
    with pytest.raises(lmpack.UsageError, match="write it anew"):
        compressor.flush()
    with pytest.raises(lmpack.UsageError, match="interrupted: begin with a new object"):
        decompressor.decompress(b"")


def test_a_second_thread_is_refused_while_the_first_is_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decompressor = LmpackDecompressor()
    packed = lmpack.compress(CONTENT)
    refused: list[Exception] = []

    def other() -> None:
        try:
            decompressor.decompress(b"")
        except lmpack.UsageError as error:
            refused.append(error)

    def decoding(*arguments: Any) -> bytes:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return decode_block(*arguments)

    monkeypatch.setattr("lmpack._blocks.coders.decode_block", decoding)
    assert decompressor.decompress(packed) == CONTENT
    assert refused
    assert "another thread" in str(refused[0])


@pytest.mark.parametrize("use", [pickle.dumps, copy.copy, copy.deepcopy])
def test_objects_cannot_be_copied(use: Callable[[object], object]) -> None:
    for thing in (
        LmpackCompressor(),
        LmpackDecompressor(),
        lmpack.open(io.BytesIO(), "wb"),
        lmpack.open(io.BytesIO(lmpack.compress(b""))),
    ):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            use(thing)


def test_a_dropped_compressor_gives_up_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[bool] = []
    stop = Pipeline.stop

    def watched(self: Any) -> None:
        stopped.append(True)
        stop(self)

    monkeypatch.setattr(Pipeline, "stop", watched)
    compressor = LmpackCompressor(1, threads=4)
    compressor.compress(CONTENT)
    assert not stopped
    del compressor
    assert stopped


def peak(run: Callable[[], object]) -> int:
    """Bytes of Python's memory that a call takes at most, beyond what there was."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_no_more_than_a_block_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes in and out is dropped; the tables of the coder are not counted."""
    size = 20_000
    set_block_size(monkeypatch, size)
    packed = lmpack.compress(bytes(20 * size), options=FAST)
    noise = lmpack.compress(random.Random(1).randbytes(8 * size), options=FAST)

    def compress() -> None:
        compressor = LmpackCompressor(options=FAST)
        for _ in range(200):
            compressor.compress(bytes(2000))
        compressor.flush()

    def decompress(data: bytes, piece: int, most: int) -> None:
        decompressor = LmpackDecompressor()
        for start in range(0, len(data), piece):
            decompressor.decompress(memoryview(data)[start : start + piece], most)
            while not (decompressor.needs_input or decompressor.eof):
                decompressor.decompress(b"", most)
        assert decompressor.eof

    assert peak(compress) < 6 * size
    assert peak(lambda: decompress(packed, len(packed), 1000)) < 3 * size
    assert peak(lambda: decompress(noise, 3000, 1000)) < 6 * size


@pytest.mark.slow
def test_a_program_that_leaves_an_object_behind_ends_quietly() -> None:
    program = (
        "import lmpack\n"
        "one, two = lmpack.LmpackCompressor(1, threads=2), lmpack.LmpackDecompressor()\n"
        "one.compress(bytes(5 << 20))\n"
        "two.decompress(lmpack.compress(bytes(5 << 20), 1), 10)\n"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")

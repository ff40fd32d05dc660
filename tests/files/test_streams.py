"""compress, decompress and the streams, with fake models over the real container and coder."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fake_models import TEXT, FakeModels, OrderZeroExecutor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lmpack
from lmpack._blocks import choice, copies
from lmpack._blocks.codec import encode_block
from lmpack._blocks.levels import LEVELS
from lmpack._container import ContainerWriter, Header

if TYPE_CHECKING:
    from typing_extensions import Buffer

pytestmark = pytest.mark.usefixtures("fake_models")

WORDS = b"what the model finds probable\n" * 40
NOISE = random.Random(5).randbytes(500)
HEADER_SIZE = 18
BLOCK_SIZE = LEVELS[5].block_size
TWO_BLOCKS = bytes(random.Random(7).choices(TEXT, k=BLOCK_SIZE + 1000))

one_fixture_for_all = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
contents = st.binary(max_size=300) | st.text("abc xyz\n", max_size=300).map(str.encode)


class Dripping(io.RawIOBase):
    """Gives and takes at most a few bytes at a time, as a pipe may."""

    def __init__(self, content: bytes = b"", most: int = 7) -> None:
        self.taken = bytearray()
        self._content = io.BytesIO(content)
        self._most = most

    def read(self, size: int = -1) -> bytes:
        return self._content.read(min(size, self._most))

    def write(self, data: Buffer) -> int:
        piece = memoryview(data)[: self._most]
        self.taken += piece
        return len(piece)


@one_fixture_for_all
@given(contents)
def test_round_trip(content: bytes) -> None:
    assert lmpack.decompress(lmpack.compress(content)) == content


@one_fixture_for_all
@given(st.lists(contents, min_size=1, max_size=4))
def test_containers_may_follow_each_other(parts: list[bytes]) -> None:
    assert lmpack.decompress(b"".join(map(lmpack.compress, parts))) == b"".join(parts)


def test_probable_content_gets_smaller_and_noise_is_stored() -> None:
    assert len(lmpack.compress(WORDS)) < 0.65 * len(WORDS)
    assert len(NOISE) < len(lmpack.compress(NOISE)) < len(NOISE) + 45


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_like_object_is_taken(kind: type) -> None:
    packed = lmpack.compress(kind(WORDS))
    assert packed == lmpack.compress(WORDS)
    assert lmpack.decompress(kind(packed)) == WORDS


def test_buffers_are_taken_in_c_order() -> None:
    # Any: to type checkers an array is a Buffer from Python 3.12 on.
    grid: Any = np.arange(6, dtype=np.int16).reshape(2, 3)
    empty: Any = np.zeros((0, 3))
    for buffer in (grid, grid.T, grid[:, ::2], memoryview(WORDS)[::3], empty):
        content = bytes(memoryview(buffer).tobytes())
        assert lmpack.decompress(lmpack.compress(buffer)) == content
        sink = io.BytesIO()
        with lmpack.open(sink, "wb") as file:
            assert file.write(buffer) == len(content)
        assert lmpack.decompress(sink.getvalue()) == content


@pytest.mark.parametrize("function", [lmpack.compress, lmpack.decompress])
def test_text_is_refused(function: Callable[..., bytes]) -> None:
    with pytest.raises(lmpack.UsageError, match="must be bytes or a buffer, not str"):
        function("text")


@pytest.mark.slow
def test_streams_give_the_same_bytes_as_one_call_and_report_progress() -> None:
    packed, unpacked = io.BytesIO(), io.BytesIO()
    steps: list[lmpack.Progress] = []
    steps_back: list[lmpack.Progress] = []
    sizes = lmpack.compress_stream(
        io.BytesIO(TWO_BLOCKS), packed, level=5, mixing=False, progress=steps.append
    )
    assert packed.getvalue() == lmpack.compress(TWO_BLOCKS, level=5, mixing=False)
    assert sizes == (len(TWO_BLOCKS), len(packed.getvalue()))
    check_progress(steps, sizes)
    packed.seek(0)
    sizes = lmpack.decompress_stream(packed, unpacked, progress=steps_back.append)
    assert unpacked.getvalue() == TWO_BLOCKS
    assert sizes == (len(packed.getvalue()), len(TWO_BLOCKS))
    check_progress(steps_back, sizes)
    written = {step.written for step in steps_back}
    assert written == {0, BLOCK_SIZE, len(TWO_BLOCKS)}


def check_progress(steps: list[lmpack.Progress], sizes: lmpack.Sizes) -> None:
    """Numbers never fall, there is progress within a block, and the last one is the whole."""
    assert steps == sorted(steps)
    assert all(step.settled <= step.read for step in steps)
    assert len({step.read for step in steps}) > 10
    assert len({step.settled for step in steps}) >= 3, "nothing, one block, two blocks"
    assert steps[-1].read == steps[-1].settled == sizes.read


def test_short_reads_and_short_writes_make_no_difference() -> None:
    sink = Dripping()
    lmpack.compress_stream(Dripping(WORDS), sink)
    assert sink.taken == lmpack.compress(WORDS)
    back = Dripping()
    lmpack.decompress_stream(Dripping(bytes(sink.taken)), back)
    assert back.taken == WORDS


def test_a_sink_may_say_nothing_about_what_it_took() -> None:
    class Silent:
        taken = b""

        def write(self, data: memoryview) -> None:
            self.taken += data

    sink = Silent()
    lmpack.compress_stream(io.BytesIO(WORDS), sink)
    assert sink.taken == lmpack.compress(WORDS)


def test_streams_that_are_not_binary_are_refused() -> None:
    with pytest.raises(lmpack.UsageError, match="binary mode"):
        lmpack.compress_stream(io.StringIO("text"), io.BytesIO())
    with pytest.raises(lmpack.UsageError, match="text file"):
        lmpack.compress_stream(io.BytesIO(b"x"), io.StringIO())


def test_what_is_no_stream_is_refused() -> None:
    name: Any = "words.txt"
    for function in (lmpack.compress_stream, lmpack.decompress_stream):
        with pytest.raises(lmpack.UsageError, match=r"a str, which has no read\(\): open a file"):
            function(name, io.BytesIO())
        with pytest.raises(lmpack.UsageError, match=r"a str, which has no write\(\): open a file"):
            function(io.BytesIO(), name)
    for nothing in (b"words", 5, None):
        with pytest.raises(lmpack.UsageError, match="neither a path nor a file"):
            lmpack.describe(nothing)  # type: ignore[arg-type]


def test_verify_reads_everything_and_finds_damage() -> None:
    packed = lmpack.compress(WORDS)
    assert lmpack.verify_stream(io.BytesIO(packed)) == (len(packed), len(WORDS))
    with pytest.raises(lmpack.TruncatedError):
        lmpack.verify_stream(io.BytesIO(packed[:-1]))


def test_a_flipped_bit_never_gives_other_content() -> None:
    harmless = []
    content = b"some probable words and a few more"
    packed = lmpack.compress(content)
    for bit in range(8 * len(packed)):
        damaged = bytearray(packed)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            assert lmpack.decompress(damaged) == content
            harmless.append(bit // 8)
        except (lmpack.FormatError, lmpack.ModelError):
            pass
    # The fake models see no context, so one lane of 34 bytes is coded like 34 lanes of one byte.
    assert set(harmless) <= {HEADER_SIZE}


def test_damage_is_located() -> None:
    packed = bytearray(lmpack.compress(WORDS) + lmpack.compress(NOISE))
    packed[-300] ^= 1
    with pytest.raises(lmpack.DamagedError, match=r"block 1, which ends at byte \d+: .*checksum"):
        lmpack.decompress(packed)


def test_the_model_is_found_by_the_fingerprint(fake_models: FakeModels) -> None:
    packed = lmpack.compress(WORDS, model="base")
    assert packed != lmpack.compress(WORDS)
    assert lmpack.decompress(packed) == WORDS
    assert lmpack.decompress(packed, model="base") == WORDS


def test_another_model_than_the_files_is_refused_with_both_fingerprints() -> None:
    packed = lmpack.compress(WORDS, model="base")
    with pytest.raises(lmpack.ModelError) as caught:
        lmpack.decompress(packed, model="small")
    assert b"base----".hex() in str(caught.value)
    assert b"small---".hex() in str(caught.value)


def test_a_model_that_is_not_there_is_an_error(fake_models: FakeModels) -> None:
    with pytest.raises(lmpack.ModelError, match="there is no model 'nowhere'"):
        lmpack.compress(b"", model="nowhere")
    packed = lmpack.compress(WORDS)
    fake_models.bundles.clear()
    with pytest.raises(lmpack.ModelError, match="its bundle as the model"):
        lmpack.decompress(packed)


def test_executors_are_opened_late_and_once(fake_models: FakeModels) -> None:
    empty = lmpack.compress(b"")
    assert lmpack.decompress(empty) == b""
    assert fake_models.opened == []
    packed = lmpack.compress(WORDS, threads=2)
    assert lmpack.decompress(packed, threads=2) == WORDS
    assert fake_models.opened == [("small", "cpu", 2)]
    lmpack.decompress(packed, device="cpu:onnxruntime")
    assert fake_models.opened[1:] == [("small", "cpu:onnxruntime", None)]


def test_raw_blocks_need_no_executor(fake_models: FakeModels) -> None:
    packed = lmpack.compress(NOISE)
    fake_models.opened.clear()
    fake_models.bundles.clear()
    assert lmpack.decompress(packed) == NOISE
    assert fake_models.opened == []


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(lmpack.UsageError, match="no device 'abacus'"):
        lmpack.compress(WORDS, device="abacus")


@pytest.mark.parametrize("level", [0, 10, "6", True])
def test_an_unknown_level_is_refused(level: Any) -> None:
    for call in (
        lambda: lmpack.compress(WORDS, level=level),
        lambda: lmpack.compress(WORDS, level),
        lambda: lmpack.open(io.BytesIO(), "wb", level),
        lambda: lmpack.LmpackCompressor(level),
    ):
        with pytest.raises(lmpack.UsageError, match="1 to 9"):
            call()


def test_the_level_needs_no_keyword() -> None:
    expected = lmpack.compress(WORDS, level=1)
    assert lmpack.compress(WORDS, 1) == expected != lmpack.compress(WORDS)
    assert lmpack.compress(WORDS, 1, options=lmpack.Options(level=9)) == expected
    assert lmpack.compress(WORDS, None, options=lmpack.Options(level=1)) == expected
    for opened in (lmpack.open, lmpack.LmpackFile):
        sink = io.BytesIO()
        with opened(sink, "wb", 1) as file:
            file.write(WORDS)
        assert sink.getvalue() == expected
    text = io.BytesIO()
    with lmpack.open(text, "wt", 1, newline="") as lines:
        lines.write(WORDS.decode())
    assert text.getvalue() == expected
    assert lmpack.LmpackCompressor(1).compress(WORDS, mode=2) == expected


def test_without_model_and_mixing_there_is_nothing_to_encode_with() -> None:
    with pytest.raises(lmpack.UsageError, match=r"level 1 has no model.* choose a model"):
        lmpack.compress(WORDS, level=1, mixing=False)


def test_levels_choose_the_model(fake_models: FakeModels) -> None:
    used = {}
    for level in LEVELS:
        (container,) = lmpack.describe(io.BytesIO(lmpack.compress(WORDS, level=level)))
        used[level] = container.models
    names = [()] * 2 + [("tiny",)] * 2 + [("small",)] * 3 + [("base",), ("base", "small")]
    assert used == dict(zip(LEVELS, names, strict=True))


def test_levels_choose_the_lanes(fake_models: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"what the model finds probable\n" * 2200
    monkeypatch.setattr(copies, "SHORTEST_TAKEN", len(content))  # all of it stays
    monkeypatch.setattr(choice, "GAIN_OF_LANES", 0)
    lanes = {}
    for level in (1, 4, 6, 7):
        (container,) = lmpack.describe(io.BytesIO(lmpack.compress(content, level=level)))
        lanes[level] = container.blocks[0].lanes
    assert lanes == {1: 1, 4: 1, 6: 2, 7: 1}


def test_a_file_without_a_model_needs_none(fake_models: FakeModels) -> None:
    packed = lmpack.compress(WORDS, level=1)
    assert packed[4:6] == b"\x01\x00"
    fake_models.bundles.clear()
    assert lmpack.decompress(packed) == WORDS
    assert fake_models.opened == []


def test_a_block_that_needs_a_model_where_none_is_named_is_damaged() -> None:
    sink = io.BytesIO()
    writer = ContainerWriter(sink, Header())
    writer.write(encode_block(OrderZeroExecutor(1000), WORDS))
    writer.finish()
    with pytest.raises(lmpack.DamagedError, match=r"block 0.*needs a model, and the header names"):
        lmpack.decompress(sink.getvalue())


@pytest.mark.parametrize("junk", [b"", b"PK\3\4 something else", b"\xc0LM", b"\xc0LM\n\1"])
def test_other_bytes_are_refused(junk: bytes) -> None:
    expected = lmpack.NotLmpackError if junk.startswith(b"PK") else lmpack.TruncatedError
    with pytest.raises(expected):
        lmpack.decompress(junk)


@pytest.mark.parametrize("wrong", [-1, 10**9, "x"])
def test_a_sink_that_says_it_took_what_it_cannot_have(wrong: Any) -> None:
    class Sink:
        def write(self, data: Any) -> Any:
            return wrong

    with pytest.raises(lmpack.UsageError, match="it must say how many of the"):
        lmpack.compress_stream(io.BytesIO(b"abc"), Sink(), level=1)


def test_a_source_that_gives_more_than_it_was_asked_for() -> None:
    class Source:
        def read(self, size: int) -> bytes:
            return bytes(size + 1)

    with pytest.raises(lmpack.UsageError, match="must give no more"):
        lmpack.compress_stream(Source(), io.BytesIO(), level=1)

"""LmpackFile and open, compared with ordinary files of the same content."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Generator
from pathlib import Path

import pytest
from block_sizes import set_block_size
from fake_models import FakeModels
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lmpack
from lmpack._blocks import coders
from lmpack._blocks.codec import decode_block
from lmpack._blocks.coding import ShareDone
from lmpack._blocks.patches import PatchPrefix
from lmpack._container import Block
from lmpack._executors import Executor
from lmpack._files.piece_reader import PieceReader

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")

BLOCK_SIZE = 100
NOISE = random.Random(2).randbytes(50)
CONTENT = b"".join(b"line %d of the file\n" % number for number in range(60))

one_fixture_for_all = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    set_block_size(monkeypatch, BLOCK_SIZE)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lengths of the blocks that are decoded during the test."""
    lengths: list[int] = []

    def watched(
        executor: Executor | None, block: Block, share_done: ShareDone, prefix: PatchPrefix | None
    ) -> bytes:
        lengths.append(block.plain_length)
        return decode_block(executor, block, share_done, prefix)

    monkeypatch.setattr(coders, "decode_block", watched)
    return lengths


def packed(content: bytes = CONTENT) -> io.BytesIO:
    sink = io.BytesIO()
    with lmpack.open(sink, "wb") as file:
        file.write(content)
    sink.seek(0)
    return sink


def test_writing_in_pieces_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    with lmpack.open(path, "wb") as file:
        for start in range(0, len(CONTENT), 37):
            assert file.write(CONTENT[start : start + 37]) == len(CONTENT[start : start + 37])
            assert file.tell() == min(start + 37, len(CONTENT))
    assert path.read_bytes() == packed().getvalue()
    assert lmpack.decompress(path.read_bytes()) == CONTENT


def test_lines_and_text(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    with lmpack.open(path, "wt", encoding="latin-1", newline="\n") as text:
        text.write("één\ntwee\n")
    with lmpack.open(path, "rt", encoding="latin-1") as text:
        assert list(text) == ["één\n", "twee\n"]
    with lmpack.open(packed()) as file:
        assert list(file) == CONTENT.splitlines(keepends=True)


operations = st.one_of(
    st.tuples(st.just("read"), st.integers(-1, 3 * BLOCK_SIZE)),
    st.tuples(st.just("read1"), st.integers(0, 3 * BLOCK_SIZE)),
    st.tuples(st.just("readline"), st.integers(-1, 50)),
    st.tuples(st.just("seek"), st.integers(0, len(CONTENT) + 50)),
    st.tuples(st.just("tell"), st.none()),
)


@pytest.mark.slow
@one_fixture_for_all
@given(st.lists(operations, max_size=20))
def test_any_sequence_of_calls_does_what_it_does_on_a_plain_file(
    calls: list[tuple[str, int | None]],
) -> None:
    plain = io.BufferedReader(io.BytesIO(CONTENT))
    with lmpack.open(packed()) as file:
        for name, argument in calls:
            arguments = () if argument is None else (argument,)
            expected = getattr(plain, name)(*arguments)
            found = getattr(file, name)(*arguments)
            if name == "read1":  # how much comes at once is left to the file
                assert expected.startswith(found[: len(expected)])
                assert bool(found) == bool(expected)
                plain.seek(file.tell())
            else:
                assert found == expected


def test_seeking_from_the_current_place_and_the_end() -> None:
    with lmpack.open(packed()) as file:
        file.seek(-5, os.SEEK_END)
        assert file.read() == CONTENT[-5:]
        file.seek(10)
        file.seek(5, os.SEEK_CUR)
        assert file.read(7) == CONTENT[15:22]
        with pytest.raises(lmpack.UsageError, match="before the start"):
            file.seek(-1 - len(CONTENT), os.SEEK_END)


def test_a_slice_decodes_only_the_blocks_it_touches(decoded: list[int]) -> None:
    with lmpack.open(packed()) as file:
        assert decoded == []
        file.seek(5 * BLOCK_SIZE + 10)
        assert file.read(20) == CONTENT[5 * BLOCK_SIZE + 10 :][:20]
        assert decoded == [BLOCK_SIZE]
        file.seek(5 * BLOCK_SIZE + 90)
        file.read(10)
        assert decoded == [BLOCK_SIZE]


def test_several_containers_are_one_content() -> None:
    joined = io.BytesIO(packed(CONTENT[:250]).getvalue() + packed(b"").getvalue())
    joined.seek(0, os.SEEK_END)
    joined.write(packed(CONTENT[250:]).getvalue())
    with lmpack.open(joined) as file:
        file.seek(240)
        assert file.read(20) == CONTENT[240:260]
        file.seek(0)
        assert file.read() == CONTENT


def test_reading_from_what_cannot_seek() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *arguments: int) -> int:
            raise io.UnsupportedOperation("seek")

    with lmpack.open(Pipe(packed().getvalue())) as file:
        assert not file.seekable()
        assert file.readline() == b"line 0 of the file\n"
        assert file.read() == CONTENT[19:]
        assert file.read() == b""
        with pytest.raises(io.UnsupportedOperation):
            file.seek(0)


def test_after_an_error_there_is_no_end_of_what_cannot_seek() -> None:
    class Pipe:  # less than a BinaryIO, but enough to read forward
        def __init__(self, content: bytes) -> None:
            self.read = io.BytesIO(content).read

    whole = packed().getvalue()
    damaged = whole[:50] + bytes([whole[50] ^ 1]) + whole[51:]
    for content, error in ((whole[:-9], lmpack.TruncatedError), (damaged, lmpack.DamagedError)):
        file = lmpack.open(Pipe(content))
        for _ in range(3):
            with pytest.raises(error):
                while file.read(1 << 16):
                    pass


def test_paths_may_be_bytes_and_other_things_are_refused(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path / "file")
    with lmpack.open(path, "wb") as file:
        file.write(CONTENT)
    with lmpack.open(path) as file:
        assert file.read() == CONTENT
    for mode in ("rb", "wb"):
        for thing in (None, 5, object()):
            with pytest.raises(lmpack.UsageError, match="neither a path nor a file"):
                lmpack.open(thing, mode)  # type: ignore[call-overload]


def test_a_given_file_stays_open_and_an_opened_one_does_not(tmp_path: Path) -> None:
    sink = io.BytesIO()
    file = lmpack.open(sink, "wb")
    file.close()
    file.close()
    assert not sink.closed
    path = tmp_path / "x.lmp"
    path.write_bytes(sink.getvalue())
    file = lmpack.open(path)
    assert file.read() == b""
    file.close()
    assert file.closed
    with pytest.raises(ValueError, match="closed"):
        file.read()


def test_capabilities_follow_the_mode() -> None:
    with lmpack.open(packed()) as file:
        assert file.mode == "rb"
        assert (file.readable(), file.writable(), file.seekable()) == (True, False, True)
        with pytest.raises(io.UnsupportedOperation):
            file.write(b"x")
    with lmpack.open(io.BytesIO(), "wb") as file:
        assert (file.readable(), file.writable(), file.seekable()) == (False, True, False)
        for call in (file.read, file.readline, file.peek, lambda: file.seek(0)):
            with pytest.raises(io.UnsupportedOperation):
                call()


@pytest.mark.parametrize("mode", ["a+", "rb+", "", "w+b", "tr"])
def test_other_modes_are_refused(mode: str) -> None:
    with pytest.raises(lmpack.UsageError, match="the mode is"):
        lmpack.open(io.BytesIO(), mode)
    with pytest.raises(lmpack.UsageError, match="the mode is"):
        lmpack.LmpackFile(io.BytesIO(), mode)  # type: ignore[arg-type]


def test_text_arguments_need_a_text_mode() -> None:
    with pytest.raises(lmpack.UsageError, match="text mode"):
        lmpack.open(io.BytesIO(), "wb", encoding="utf-8")


def test_x_creates_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    lmpack.open(path, "xb").close()
    with pytest.raises(FileExistsError):
        lmpack.open(path, "xb")


def test_a_missing_model_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    path.write_bytes(b"precious")
    with pytest.raises(lmpack.ModelError):
        lmpack.open(path, "wb", model="nowhere")
    assert path.read_bytes() == b"precious"


def test_what_is_no_lmpack_file_is_refused_when_opened(tmp_path: Path) -> None:
    path = tmp_path / "x.lmp"
    path.write_bytes(b"something else altogether")
    with pytest.raises(lmpack.NotLmpackError):
        lmpack.open(path)
    path.write_bytes(packed().getvalue()[:-3] + b"???")
    with pytest.raises(lmpack.FormatError):
        lmpack.open(path)


def test_a_damaged_block_harms_only_itself() -> None:
    damaged = bytearray(packed(random.Random(1).randbytes(300)).getvalue())
    info = lmpack.describe(io.BytesIO(damaged))[0]
    damaged[info.blocks[1].offset + 50] ^= 1
    with lmpack.open(io.BytesIO(damaged)) as file:
        assert len(file.read(100)) == 100
        with pytest.raises(lmpack.DamagedError, match="block 1 at byte"):
            file.read(1)
        file.seek(200)
        assert len(file.read()) == 100


def test_the_model_is_checked(fake_models: FakeModels) -> None:
    with (
        lmpack.open(packed(), model="base") as file,
        pytest.raises(lmpack.ModelError, match="but the given model base"),
    ):
        file.read()


def test_describe_tells_what_is_there() -> None:
    sink = packed(CONTENT[:100] + bytes(100) + NOISE)
    (container,) = lmpack.describe(sink)
    assert (container.version, container.models, container.offset) == (1, ("small",), 0)
    assert container.fingerprints == (b"small---",)
    assert (container.content_length, container.compressed_length) == (250, len(sink.getvalue()))
    assert [block.kind for block in container.blocks] == ["mixed", "adaptive", "raw"]
    assert [block.plain_length for block in container.blocks] == [100, 100, 50]
    assert [block.lanes for block in container.blocks] == [1, 1, 1]
    assert container.blocks[0].offset == 18


def test_describe_needs_no_model_but_a_file_that_can_seek(fake_models: FakeModels) -> None:
    sink = packed()
    fake_models.bundles.clear()
    assert lmpack.describe(sink)[0].models == (None,)
    with open(os.pipe()[0], "rb") as pipe, pytest.raises(lmpack.UsageError, match="pipe"):
        lmpack.describe(pipe)


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
def test_after_an_interruption_a_stream_does_not_look_like_one_that_ended(
    error: type[BaseException],
) -> None:
    def pieces() -> Generator[bytes, None, None]:
        yield b"first"
        raise error

    reader = PieceReader(pieces())
    assert reader.read(5) == b"first"
    with pytest.raises(error):
        reader.read(1)
    with pytest.raises(lmpack.UsageError, match="interrupted before: open the file again"):
        reader.read(1)

"""Sources and sinks that do not block: all bytes go through, whoever is slow."""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import os
import random
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, BinaryIO

import pytest
from interrupting import background

import lmpack
from lmpack._files.sinks import CountingSink

pytestmark = [
    pytest.mark.usefixtures("fake_models"),
    pytest.mark.skipif(not hasattr(os, "set_blocking"), reason="no pipe can be told not to block"),
]

CONTENT = random.Random(3).randbytes(120_000)
"""Twice what a pipe holds, and not worth a model."""
FAST = lmpack.Options(mixing=False)
PIECE = 32768


@functools.cache
def packed_content() -> bytes:
    return lmpack.compress(CONTENT, options=FAST)


@contextlib.contextmanager
def pipe_that_does_not_block(end: int) -> Iterator[list[BinaryIO]]:
    """The reading and the writing end, raw; one of them does not block."""
    descriptors = os.pipe()
    os.set_blocking(descriptors[end], False)
    with (
        open(descriptors[0], "rb", buffering=0) as reading,
        open(descriptors[1], "wb", buffering=0) as writing,
    ):
        yield [reading, writing]


def read_slowly(file: Any) -> bytes:
    pieces = []
    while piece := file.read(PIECE):
        pieces.append(piece)
        time.sleep(0.002)
    return b"".join(pieces)


def write_slowly(file: BinaryIO, content: bytes) -> None:
    with file:
        for start in range(0, len(content), PIECE):
            rest = memoryview(content)[start : start + PIECE]
            while rest:
                rest = rest[file.write(rest) :]
            time.sleep(0.002)


def as_raw(file: BinaryIO) -> Any:
    return file


def as_buffered(file: Any) -> Any:
    return io.BufferedWriter(file)


WRITERS: list[Callable[[BinaryIO], Any]] = [as_raw, as_buffered]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_slow_reader_gets_all_that_is_decompressed(kind: Callable[[BinaryIO], Any]) -> None:
    packed = packed_content()
    with pipe_that_does_not_block(1) as (reading, writing):
        found: Future[bytes] = background(lambda: read_slowly(reading))
        sink = kind(writing)
        sizes = lmpack.decompress_stream(io.BytesIO(packed), sink)
        sink.close()
        assert found.result(60) == CONTENT
        assert sizes == (len(packed), len(CONTENT))


@pytest.mark.parametrize("kind", WRITERS)
def test_a_slow_reader_gets_all_that_is_compressed(kind: Callable[[BinaryIO], Any]) -> None:
    with pipe_that_does_not_block(1) as (reading, writing):
        found = background(lambda: read_slowly(reading))
        sink = kind(writing)
        with lmpack.open(sink, "wb", options=FAST) as file:
            file.write(CONTENT)
        sink.close()
        assert found.result(60) == packed_content()


@pytest.mark.parametrize("kind", [as_raw, io.BufferedReader])
def test_a_slow_writer_is_waited_for(kind: Callable[[Any], Any]) -> None:
    with pipe_that_does_not_block(0) as (reading, writing):
        written = background(lambda: write_slowly(writing, CONTENT))
        source, sink = kind(reading), io.BytesIO()
        lmpack.compress_stream(source, sink, options=FAST)
        written.result(60)
        assert sink.getvalue() == packed_content()


def test_a_file_object_waits_for_a_slow_writer() -> None:
    with pipe_that_does_not_block(0) as (reading, writing):
        written = background(lambda: write_slowly(writing, packed_content()))
        with lmpack.open(reading) as file:
            assert file.read() == CONTENT
        written.result(60)


def test_sockets_that_do_not_block_are_waited_for() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        with left.makefile("wb", buffering=0) as sink, right.makefile("rb", buffering=0) as source:
            found = background(lambda: read_slowly(source))
            lmpack.compress_stream(io.BytesIO(CONTENT), sink, options=FAST)
            left.shutdown(socket.SHUT_WR)
            assert found.result(60) == packed_content()


def test_a_reader_that_goes_away_ends_the_waiting() -> None:
    with pipe_that_does_not_block(1) as (reading, writing):
        threading.Timer(0.1, reading.close).start()
        with pytest.raises(BrokenPipeError):
            lmpack.compress_stream(io.BytesIO(CONTENT), writing, options=FAST)


class Busy(io.RawIOBase):
    """Never has or takes a byte, and has no descriptor."""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def read(self, size: int = -1) -> None:
        return None

    def write(self, data: object) -> None:
        return None


def test_what_has_no_descriptor_cannot_be_waited_for() -> None:
    with pytest.raises(lmpack.UsageError, match="the sink does not take the bytes now, and it has"):
        lmpack.compress_stream(io.BytesIO(b"x"), Busy())
    with pytest.raises(lmpack.UsageError, match="the source has no bytes now, and it has no desc"):
        lmpack.compress_stream(Busy(), io.BytesIO())


class Silent:
    """Writes to a file and does not say how much of it was taken."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.fileno = file.fileno

    def write(self, data: bytes) -> None:
        self._file.write(data)


def test_a_sink_of_ones_own_that_says_nothing_has_taken_all_or_is_refused() -> None:
    with pipe_that_does_not_block(0) as (reading, writing):
        CountingSink(Silent(writing)).write(b"all of it")
        assert reading.read(100) == b"all of it"
    with (
        pipe_that_does_not_block(1) as (reading, writing),
        pytest.raises(lmpack.UsageError, match="does not say how many bytes it took"),
    ):
        CountingSink(Silent(writing)).write(b"maybe")


def test_what_another_writer_has_left_half_done_is_not_repeated() -> None:
    """What it counts may be other bytes than those that it was given, as in a compressor."""

    class Packing:
        def write(self, data: bytes) -> int:
            raise BlockingIOError(errno.EAGAIN, "not now", 5)

    with pytest.raises(BlockingIOError):
        CountingSink(Packing()).write(CONTENT)


def test_a_source_of_ones_own_may_not_give_none() -> None:
    class Ends:
        def read(self, size: int) -> None:
            return None

    with pytest.raises(
        lmpack.UsageError, match=r"gave None, not bytes: its read\(\) must give b''"
    ):
        lmpack.compress_stream(Ends(), io.BytesIO())


@pytest.mark.parametrize("problem", ["no poll", "cannot wait"])
def test_systems_that_cannot_wait_for_pipes_try_again(
    monkeypatch: pytest.MonkeyPatch, problem: str
) -> None:
    class CannotWait(selectors.SelectSelector):
        def select(self, timeout: float | None = None) -> Any:
            raise OSError("not a socket")

    replaced = CannotWait if problem == "cannot wait" else selectors.SelectSelector
    monkeypatch.setattr(selectors, "PollSelector", replaced, raising=False)
    with pipe_that_does_not_block(1) as (reading, writing):
        found = background(lambda: read_slowly(reading))
        lmpack.decompress_stream(io.BytesIO(packed_content()), writing)
        writing.close()
        assert found.result(60) == CONTENT

"""Compression and decompression of byte strings and streams."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lmpack._models import Codec
from lmpack._streams import CountingSink, CountingSource, Readable, Writable
from lmpack._writer import BlockWriter
from lmpack.codec import DEFAULT_BLOCK_SIZE
from lmpack.container import read_blocks
from lmpack.errors import UsageError

Model = str | os.PathLike[str] | None
Progress = Callable[[int, int], None]
"""Called now and then with the bytes done of the source and the bytes written so far."""

BytesLike = bytes | bytearray | memoryview


class Sizes(NamedTuple):
    """What went through a stream.

    Attributes:
        read: bytes read from the source.
        written: bytes written to the sink.
    """

    read: int
    written: int


def compress(
    data: BytesLike,
    *,
    model: Model = None,
    executor: str = "auto",
    threads: int | None = None,
) -> bytes:
    """One container with `data`. For more than fits in memory use :func:`compress_stream`.

    Args:
        data: bytes, or anything with the buffer protocol (its bytes in C order).
        model: name of a built-in model or folder of a bundle; None for the default.
        executor: what runs the model; the result is the same with any.
        threads: worker threads, at least 1; None for the executor's own choice.

    Raises:
        UsageError: an argument is out of range or no buffer.
        ModelError: the model cannot be used.
    """
    sink = io.BytesIO()
    compress_stream(_as_file(data), sink, model=model, executor=executor, threads=threads)
    return sink.getvalue()


def decompress(
    data: BytesLike,
    *,
    model: Model = None,
    executor: str = "auto",
    threads: int | None = None,
) -> bytes:
    """The content of one or more containers. For large ones use :func:`decompress_stream`.

    Args:
        data: the containers, one after another.
        model: the model they were made with; None to look for it among the built-in ones.
        executor: what runs the model; the result is the same with any.
        threads: worker threads, at least 1; None for the executor's own choice.

    Raises:
        FormatError: `data` is not a container, of a newer version, truncated or damaged.
        ModelError: the model that is needed is not there, or another one was given.
        UsageError: an argument is out of range or no buffer.
    """
    sink = io.BytesIO()
    decompress_stream(_as_file(data), sink, model=model, executor=executor, threads=threads)
    return sink.getvalue()


def compress_stream(
    source: Readable,
    sink: Writable,
    *,
    model: Model = None,
    executor: str = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Sizes:
    """Read `source` to its end and write one container; needs the memory of one block.

    Args:
        source: has `read(size)`: a file in binary mode, a pipe.
        sink: has `write(data)`. Neither is closed.
        model: name of a built-in model or folder of a bundle; None for the default.
        executor: what runs the model; the result is the same with any.
        threads: worker threads, at least 1; None for the executor's own choice.
        progress: called now and then with the bytes done and the bytes written so far.

    Raises:
        UsageError: an argument is out of range, source or sink are in text mode.
        ModelError: the model cannot be used.
    """
    counted_source, counted_sink = CountingSource(source), CountingSink(sink)

    def report(coded: int) -> None:
        if progress is not None:
            progress(coded, counted_sink.count)

    writer = BlockWriter(counted_sink, Codec(model, executor, threads), report)
    while plain := counted_source.read_fully(DEFAULT_BLOCK_SIZE):
        writer.write(plain)
    writer.finish()
    return Sizes(counted_source.count, counted_sink.count)


def decompress_stream(
    source: Readable,
    sink: Writable,
    *,
    model: Model = None,
    executor: str = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Sizes:
    """Write the content of all containers in `source`; needs the memory of one block.

    Every block is checked before it is written, but damage further on shows only later: what has
    been written counts only when the function returns.

    Args:
        source: has `read(size)`: a file in binary mode, a pipe.
        sink: has `write(data)`. Neither is closed.
        model: the model they were made with; None to look for it among the built-in ones.
        executor: what runs the model; the result is the same with any.
        threads: worker threads, at least 1; None for the executor's own choice.
        progress: called now and then with the bytes done and the bytes written so far.

    Raises:
        FormatError: the source is not a container, of a newer version, truncated or damaged.
        ModelError: the model that is needed is not there, or another one was given.
        UsageError: an argument is out of range, source or sink are in text mode.
    """
    counted_source, counted_sink = CountingSource(source), CountingSink(sink)

    def report(read: int) -> None:
        if progress is not None:
            progress(read, counted_sink.count)

    for plain in _decoded_blocks(counted_source, Codec(model, executor, threads), report):
        counted_sink.write(plain)
        report(counted_source.count)
    return Sizes(counted_source.count, counted_sink.count)


def verify_stream(
    source: Readable,
    *,
    model: Model = None,
    executor: str = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Sizes:
    """Decompress `source` and keep nothing, to see whether it is whole.

    Arguments and errors are those of :func:`decompress_stream`.

    Returns:
        Bytes read, and bytes that :func:`decompress_stream` would write.
    """
    return decompress_stream(
        source, _Nowhere(), model=model, executor=executor, threads=threads, progress=progress
    )


class _Nowhere:
    """A sink that drops everything."""

    def write(self, data: memoryview, /) -> int:
        return len(data)


def _decoded_blocks(
    source: CountingSource, codec: Codec, report: Callable[[int], None]
) -> Iterator[bytes]:
    for number, (header, block) in enumerate(read_blocks(source)):
        where = f"block {number}, which ends at byte {source.count}"
        start, size = source.count - len(block.payload), len(block.payload)

        def advance(share: float, start: int = start, size: int = size) -> None:
            report(start + int(share * size))

        yield codec.decode(block, header.fingerprint, where, advance)


def _as_file(data: BytesLike) -> io.BytesIO:
    try:
        return io.BytesIO(memoryview(data))
    except (TypeError, BufferError) as error:
        raise UsageError(
            f"the data must be bytes or a buffer, not {type(data).__name__}: encode text first"
        ) from error

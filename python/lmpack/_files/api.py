"""Compression and decompression of byte strings and streams."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lmpack._blocks.coders import Decoder, Encoder, EncoderOptions, Model
from lmpack._blocks.levels import DEFAULT_LEVEL
from lmpack._container import Block, read_blocks
from lmpack._files.in_order import InOrder, Tally
from lmpack._files.streams import CountingSink, CountingSource, Readable, Writable, flat
from lmpack._files.writer import BlockWriter
from lmpack.errors import FormatError

BytesLike = bytes | bytearray | memoryview


class Sizes(NamedTuple):
    """What went through a stream.

    Attributes:
        read: bytes read from the source.
        written: bytes written to the sink.
    """

    read: int
    written: int


class Progress(NamedTuple):
    """How far a stream is.

    Attributes:
        read: bytes of the source that are done, counting the parts of blocks still at work.
        settled: bytes of the source whose result is written.
        written: bytes written to the sink.
        total: bytes that there are to read, if that is known.
    """

    read: int
    settled: int
    written: int
    total: int | None = None


ProgressCallback = Callable[[Progress], None]


def compress(
    data: BytesLike,
    *,
    level: int = DEFAULT_LEVEL,
    model: Model = None,
    mixing: bool = True,
    executor: str = "auto",
    threads: int | None = None,
) -> bytes:
    """One container with `data`. For more than fits in memory use :func:`compress_stream`.

    Args:
        data: bytes, or anything with the buffer protocol (its bytes in C order).
        level: 1 (fastest) to 9 (smallest).
        model: name of a built-in model or folder of a bundle in place of the level's.
        mixing: whether the statistics of the data itself take part; without, the model is alone.
        executor: what runs the model; the result is the same with any.
        threads: worker threads, at least 1; None for the executor's own choice.

    Raises:
        UsageError: an argument is out of range or no buffer.
        ModelError: the model cannot be used.
    """
    sink = io.BytesIO()
    compress_stream(
        io.BytesIO(flat(data)),
        sink,
        level=level,
        model=model,
        mixing=mixing,
        executor=executor,
        threads=threads,
    )
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
    decompress_stream(io.BytesIO(flat(data)), sink, model=model, executor=executor, threads=threads)
    return sink.getvalue()


def compress_stream(
    source: Readable,
    sink: Writable,
    *,
    level: int = DEFAULT_LEVEL,
    model: Model = None,
    mixing: bool = True,
    executor: str = "auto",
    threads: int | None = None,
    progress: ProgressCallback | None = None,
) -> Sizes:
    """Read `source` to its end and write one container; needs the memory of one block a thread.

    Args:
        source: has `read(size)`: a file in binary mode, a pipe.
        sink: has `write(data)`. Neither is closed.
        level: 1 (fastest) to 9 (smallest).
        model: name of a built-in model or folder of a bundle in place of the level's.
        mixing: whether the statistics of the data itself take part; without, the model is alone.
        executor: what runs the model; the result is the same with any.
        threads: worker threads, at least 1; None for the executor's own choice.
        progress: called now and then with a :class:`Progress`, maybe from another thread, but by
            one at a time.

    Raises:
        UsageError: an argument is out of range, source or sink are in text mode.
        ModelError: the model cannot be used.
    """
    counted_source, counted_sink = CountingSource(source), CountingSink(sink)

    def report(coded: int, settled: int) -> None:
        if progress is not None:
            progress(Progress(coded, settled, counted_sink.count))

    encoder = Encoder(EncoderOptions(level, model, mixing), executor, threads)
    writer = BlockWriter(counted_sink, encoder, report)
    while plain := counted_source.read_fully(encoder.block_size):
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
    progress: ProgressCallback | None = None,
) -> Sizes:
    """Write the content of all containers in `source`; needs the memory of one block a thread.

    Every block is checked before it is written, but damage further on shows only later: what has
    been written counts only when the function returns.

    Args:
        source: has `read(size)`: a file in binary mode, a pipe.
        sink: has `write(data)`. Neither is closed.
        model: the model they were made with; None to look for it among the built-in ones.
        executor: what runs the model; the result is the same with any.
        threads: worker threads, at least 1; None for the executor's own choice.
        progress: called now and then with a :class:`Progress`, maybe from another thread, but by
            one at a time.

    Raises:
        FormatError: the source is not a container, of a newer version, truncated or damaged.
        ModelError: the model that is needed is not there, or another one was given.
        UsageError: an argument is out of range, source or sink are in text mode.
    """
    counted_source, counted_sink = CountingSource(source), CountingSink(sink)

    def report(read: int, settled: int) -> None:
        if progress is not None:
            progress(Progress(read, settled, counted_sink.count))

    tally = Tally(report)
    for decoded in _decoded_blocks(counted_source, Decoder(model, executor, threads), tally):
        counted_sink.write(decoded.plain)
        tally.settle(decoded.size)
    report(counted_source.count, counted_source.count)
    return Sizes(counted_source.count, counted_sink.count)


def verify_stream(
    source: Readable,
    *,
    model: Model = None,
    executor: str = "auto",
    threads: int | None = None,
    progress: ProgressCallback | None = None,
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


class _Decoded(NamedTuple):
    """The content of a block, and the bytes of its payload."""

    plain: bytes
    size: int


def _decoded_blocks(source: CountingSource, decoder: Decoder, tally: Tally) -> Iterator[_Decoded]:
    calls: InOrder[_Decoded] = InOrder(decoder.side_by_side)

    def decoding(block: Block, fingerprint: bytes, where: str) -> Callable[[], _Decoded]:
        tell = tally.piece(len(block.payload))

        def advance(share: float) -> None:
            calls.check()
            tell(share)

        def decode() -> _Decoded:
            plain = decoder.decode(block, fingerprint, where, advance)
            tell(1.0)
            return _Decoded(plain, len(block.payload))

        return decode

    try:
        for number, (header, block) in enumerate(read_blocks(source)):
            where = f"block {number}, which ends at byte {source.count}"
            yield from calls.start(decoding(block, header.fingerprint, where))
    except FormatError:
        yield from calls.finish()  # what stands before the damage is whole
        raise
    else:
        yield from calls.finish()
    finally:
        calls.stop()

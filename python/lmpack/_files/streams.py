"""Compression and decompression of byte strings and streams."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from lmpack._blocks.coders import Coder, Decoder, Encoder
from lmpack._blocks.options import FurtherFields, OptionFields, Options, given_options
from lmpack._buffers import Array, flat
from lmpack._container import ByteReader, Source
from lmpack._files.conversion import Compression, Conversion, Decompression, Result
from lmpack._files.pipeline import Pipeline
from lmpack._files.progress import Progress, ProgressCallback, Sizes
from lmpack._files.sinks import CountingSink, Nowhere, Writable

if TYPE_CHECKING:
    from typing_extensions import Buffer, Unpack


def compress(
    data: Buffer | Array,
    level: int | None = None,
    *,
    options: Options | None = None,
    **keywords: Unpack[FurtherFields],
) -> bytes:
    """One container with `data`. For more than fits in memory use :func:`compress_stream`.

    Args:
        data: bytes, or anything with the buffer protocol (its bytes in C order).
        level: 1 (fastest) to 9 (smallest); None for that of the options, which is 6 by default.
        options: see :class:`Options`.
        keywords: other fields of :class:`Options`.

    Raises:
        UsageError: an option is out of range, or the data is no buffer.
        ModelError: the model cannot be used.
        LimitError: a block needs more memory than `max_memory` allows.
    """
    sink = io.BytesIO()
    chosen = given_options(options, keywords, level)
    compress_stream(io.BytesIO(flat(data)), sink, options=chosen)
    return sink.getvalue()


def decompress(
    data: Buffer | Array,
    *,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> bytes:
    """The content of one or more containers. For large ones use :func:`decompress_stream`.

    Args:
        data: the containers, one after another.
        options: see :class:`Options`.
        keywords: fields of :class:`Options`.

    Raises:
        FormatError: `data` is not a container, of a newer version, truncated or damaged.
        ModelError: the model that is needed is not there, or another one was given.
        LimitError: it would take more than `max_size` or `max_memory` allow.
        UsageError: an option is out of range, or the data is no buffer.
    """
    sink = io.BytesIO()
    decompress_stream(io.BytesIO(flat(data)), sink, options=options, **keywords)
    return sink.getvalue()


def compress_stream(
    source: Source,
    sink: Writable,
    *,
    progress: ProgressCallback | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> Sizes:
    """Read `source` to its end and write one container; needs the memory of one block a thread.

    Args:
        source: has `read(size)`: a file in binary mode, a pipe.
        sink: has `write(data)`. Neither is closed.
        progress: called now and then with a :class:`Progress`, maybe from another thread, but
            never by two at the same time.
        options: see :class:`Options`.
        keywords: fields of :class:`Options`.

    Raises:
        UsageError: an option is out of range, source or sink are in text mode.
        ModelError: the model cannot be used.
        LimitError: a block needs more memory than `max_memory` allows.
    """
    encoder = Encoder(given_options(options, keywords))
    return _convert(Compression(encoder), encoder, source, sink, progress)


def decompress_stream(
    source: Source,
    sink: Writable,
    *,
    progress: ProgressCallback | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> Sizes:
    """Write the content of all containers in `source`; needs the memory of one block a thread.

    Every block is checked before it is written, but damage further on shows only later: what has
    been written counts only when the function returns.

    Args:
        source: has `read(size)`: a file in binary mode, a pipe.
        sink: has `write(data)`. Neither is closed.
        progress: called now and then with a :class:`Progress`, maybe from another thread, but
            never by two at the same time.
        options: see :class:`Options`.
        keywords: fields of :class:`Options`.

    Raises:
        FormatError: the source is not a container, of a newer version, truncated or damaged.
        ModelError: the model that is needed is not there, or another one was given.
        LimitError: it would take more than `max_size` or `max_memory` allow.
        UsageError: an option is out of range, source or sink are in text mode.
    """
    decoder = Decoder(given_options(options, keywords))
    return _convert(Decompression(decoder), decoder, source, sink, progress)


def verify_stream(
    source: Source,
    *,
    progress: ProgressCallback | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> Sizes:
    """Decompress `source` and keep nothing, to see whether it is whole.

    Arguments and errors are those of :func:`decompress_stream`.

    Returns:
        Bytes read, and bytes that :func:`decompress_stream` would write.
    """
    return decompress_stream(source, Nowhere(), progress=progress, options=options, **keywords)


def _convert(
    conversion: Conversion[Result],
    coder: Coder,
    source: Source,
    sink: Writable,
    progress: ProgressCallback | None,
) -> Sizes:
    reader, counted = ByteReader(source), CountingSink(sink)

    def tell(read: int, settled: int) -> None:
        if progress is not None:
            progress(Progress(read, settled, counted.count))

    with Pipeline[Result](coder.side_by_side, tell, max_memory=coder.max_memory) as pipeline:
        for result in pipeline.run(conversion.pieces(reader)):
            conversion.write(counted, result)
    conversion.finish(counted)
    tell(reader.offset, reader.offset)
    return Sizes(reader.offset, counted.count)

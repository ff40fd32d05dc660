"""Many files: one queue of blocks from all of them, results in order, each file whole or not there.

Blocks of all files share the workers, so that many small files cost no more than a large one. What
is read ahead is bounded by a budget of bytes.
"""

from __future__ import annotations

import functools
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

from lmpack._blocks.coders import Decoder, Encoder, EncoderOptions, Model
from lmpack._blocks.levels import DEFAULT_LEVEL
from lmpack._files.api import Progress, ProgressCallback
from lmpack._files.batch_file import BatchFile, BatchOptions, FileResult, Outcome
from lmpack._files.conversion import Compression, Conversion, Decompression, Piece
from lmpack._files.in_order import InOrder, Tally
from lmpack._files.plan import Planned, Rename, plan_files
from lmpack._files.replacement import remove_leftovers
from lmpack._files.same_content import is_compressed_form
from lmpack.errors import LmpackError, UsageError

SUFFIX = ".lmp"

DEFAULT_MEMORY = 1 << 28
"""Bytes of content and payloads that may be under way, of all files together."""

Paths = Iterable[str | os.PathLike[str]]


def compress_files(
    paths: Paths,
    output: str | os.PathLike[str] | None = None,
    *,
    recursive: bool = False,
    resume: bool = False,
    force: bool = False,
    remove: bool = False,
    level: int = DEFAULT_LEVEL,
    model: Model = None,
    mixing: bool = True,
    executor: str = "auto",
    threads: int | None = None,
    memory: int = DEFAULT_MEMORY,
    progress: ProgressCallback | None = None,
) -> Generator[FileResult, None, None]:
    """Compress each file to one with .lmp behind its name; the bytes are those of :func:`compress`.

    Files are done while the results are taken; a bad one does not end the batch. An output appears
    under its name only when it is whole and on the disk. Closing the iterator ends the batch.

    Args:
        paths: files, and folders if `recursive`. Symbolic links inside folders are skipped.
        output: folder of the outputs, made if needed, in which the tree below each folder is made
            anew; None to put each output beside its file.
        recursive: go through folders.
        resume: skip files whose output holds just their content, by the checksums in it.
        force: replace outputs that exist, and compress files that end in .lmp.
        remove: delete each file when its output is complete.
        level: 1 (fastest) to 9 (smallest).
        model: name of a built-in model or folder of a bundle in place of the level's.
        mixing: whether the statistics of the data itself take part.
        executor: what runs the model; the results are the same with any.
        threads: worker threads, at least 1; None for the executor's own choice.
        memory: bytes of content and payloads that may be under way; one block always may be.
        progress: called now and then with the :class:`Progress` of all files together, maybe from
            another thread, but by one at a time.

    Returns:
        An iterator of what became of each file, in their order.

    Raises:
        UsageError: an argument is out of range.
        ModelError: the model cannot be used.
    """
    encoder = Encoder(EncoderOptions(level, model, mixing), executor, threads)
    # A model that cannot be used is said once, not for each file.
    fingerprint = encoder.fingerprint

    def rename(name: str) -> str:
        if name.endswith(SUFFIX) and not force:
            raise UsageError(
                f"it ends in {SUFFIX} already: nothing was done; -f compresses it again"
            )
        return name + SUFFIX

    return _started(
        BatchOptions(output, recursive, resume, force, remove, memory, progress),
        paths,
        rename,
        lambda: Compression(encoder, fingerprint),
        encoder.side_by_side,
        lambda source, target: is_compressed_form(target, source),
    )


def decompress_files(
    paths: Paths,
    output: str | os.PathLike[str] | None = None,
    *,
    recursive: bool = False,
    resume: bool = False,
    force: bool = False,
    remove: bool = False,
    model: Model = None,
    executor: str = "auto",
    threads: int | None = None,
    memory: int = DEFAULT_MEMORY,
    progress: ProgressCallback | None = None,
) -> Generator[FileResult, None, None]:
    """Decompress each file whose name ends in .lmp to one without; see :func:`compress_files`.

    Args:
        paths: files, and folders if `recursive`; in folders, files with other names are skipped.
        output: as for :func:`compress_files`.
        recursive: go through folders.
        resume: skip files whose output holds just their content, by the checksums in them.
        force: replace outputs that exist.
        remove: delete each file when its output is complete.
        model: the model they were made with; None to look for it among the built-in ones.
        executor: what runs the model; the results are the same with any.
        threads: worker threads, at least 1; None for the executor's own choice.
        memory: as for :func:`compress_files`.
        progress: as for :func:`compress_files`.

    Returns:
        An iterator of what became of each file, in their order.

    Raises:
        UsageError: an argument is out of range.
    """
    decoder = Decoder(model, executor, threads)

    def rename(name: str) -> str:
        if not name.endswith(SUFFIX) or name == SUFFIX:
            raise UsageError(f"it does not end in {SUFFIX}: name the output with -o, or use -c")
        return name.removesuffix(SUFFIX)

    return _started(
        BatchOptions(output, recursive, resume, force, remove, memory, progress),
        paths,
        rename,
        lambda: Decompression(decoder),
        decoder.side_by_side,
        is_compressed_form,
    )


def _started(
    options: BatchOptions,
    paths: Paths,
    rename: Rename,
    conversion: Callable[[], Conversion],
    workers: int,
    is_done: Callable[[str, str], bool],
) -> Generator[FileResult, None, None]:
    """Check what can be checked before the first result is asked for."""
    if options.memory < 1:
        raise UsageError(f"the memory must be at least 1 byte, not {options.memory}")
    if isinstance(paths, str | bytes | os.PathLike):
        raise UsageError("the paths must be several, in a list: [path]")
    planned = plan_files(paths, options.output, options.recursive, rename)
    return _run(options, planned, conversion, workers, is_done)


def _run(
    options: BatchOptions,
    planned: list[Planned],
    conversion: Callable[[], Conversion],
    workers: int,
    is_done: Callable[[str, str], bool],
) -> Generator[FileResult, None, None]:
    calls: InOrder[Outcome] = InOrder(workers, options.memory)
    total = sum(item.size for item in planned)
    written = 0

    def tell(read: int, settled: int) -> None:
        if options.progress is not None:
            options.progress(Progress(read, settled, written, total))

    tally = Tally(tell)
    waiting: deque[BatchFile] = deque()
    cleaned: set[Path] = set()

    def settled(outcomes: Iterator[Outcome]) -> Iterator[FileResult]:
        nonlocal written
        for outcome in outcomes:
            written += outcome.file.take(outcome)
            tally.settle(outcome.size)
            yield from _complete(waiting)

    try:
        for item in planned:
            if options.resume and item.output is not None:
                _clean(Path(item.output).parent, cleaned)
            done = options.resume and _is_done(item, is_done)
            if done:
                tally.piece(item.size)(1.0)
                tally.settle(item.size)
            file = BatchFile(item, conversion(), options, done)
            waiting.append(file)
            for piece in file.pieces():
                file.expect()
                attempt = functools.partial(
                    _attempt, file, piece, calls.check, tally.piece(piece.size)
                )
                yield from settled(calls.start(attempt, piece.cost))
            yield from _complete(waiting)
        yield from settled(calls.finish())
    finally:
        calls.stop()
        for file in waiting:
            file.abandon()


def _attempt(
    file: BatchFile, piece: Piece, check: Callable[[], None], tell: Callable[[float], None]
) -> Outcome:
    """Code a piece; an error is of its file alone."""

    def advance(share: float) -> None:
        check()
        tell(share)

    try:
        if file.is_over:  # by an earlier piece
            return Outcome(file, piece.size, None, None)
        result = piece.code(advance)
    except (LmpackError, OSError) as error:
        return Outcome(file, piece.size, None, error)
    tell(1.0)
    return Outcome(file, piece.size, result, None)


def _complete(waiting: deque[BatchFile]) -> Iterator[FileResult]:
    while waiting and waiting[0].is_complete:
        yield waiting.popleft().result()


def _clean(folder: Path, cleaned: set[Path]) -> None:
    """Remove what killed batches have left in a folder, once."""
    if folder not in cleaned:
        cleaned.add(folder)
        remove_leftovers(folder)


def _is_done(item: Planned, is_done: Callable[[str, str], bool]) -> bool:
    try:
        return (
            item.output is not None
            and os.path.isfile(item.output)
            and is_done(item.source, item.output)
        )
    except OSError:
        return False  # reading it will say what is wrong

"""One queue of blocks from all files of a batch, with results in order.

Blocks of all files share the workers, so that many small files cost no more than a large one. What
is read ahead is bounded by a budget of bytes.
"""

from __future__ import annotations

import dataclasses
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any

from lmpack._blocks.coders import Coder
from lmpack._blocks.coding import ShareDone
from lmpack._files.batch_file import (
    FILE_ERRORS,
    BatchFile,
    FileResult,
    Handling,
    Outcome,
    error_of_file,
)
from lmpack._files.conversion import Conversion
from lmpack._files.output_folders import OutputFolders
from lmpack._files.pipeline import Piece, Pipeline
from lmpack._files.planned import Planned
from lmpack._files.progress import Progress
from lmpack._files.remote.source import Place
from lmpack._files.remote.url import is_url
from lmpack._files.same_content import is_compressed_form, names_another_prefix
from lmpack._files.same_times import has_size_and_time
from lmpack.errors import LimitError, UsageError


def run_queue(
    planned: list[Planned],
    handling: Handling,
    coder: Coder,
    conversion: Callable[[], Conversion[Any]],
    *,
    is_compression: bool,
    is_shared: bool,
) -> Generator[FileResult, None, None]:
    """Convert files; closing the generator ends it.

    Args:
        planned: the files.
        handling: how they are handled.
        coder: says how many blocks are coded side by side.
        conversion: makes what converts one file.
        is_compression: whether the outputs are the compressed form of the files.
        is_shared: as for :class:`OutputFolders`.

    Returns:
        What became of each file, in their order.
    """
    total = sum(item.size for item in planned)
    written = 0
    at_work: str | None = None
    waiting: deque[BatchFile] = deque()
    folders = OutputFolders(planned, may_make=handling.output is not None, is_shared=is_shared)

    def tell(read: int, settled: int) -> None:
        if handling.progress is not None:
            handling.progress(Progress(read, settled, written, total, at_work))

    def complete() -> Iterator[FileResult]:
        nonlocal written
        while waiting and waiting[0].is_complete:
            file = waiting.popleft()
            written += file.newly_written()
            yield dataclasses.replace(file.result(), device=coder.device)

    def results(outcomes: Iterator[Outcome]) -> Iterator[FileResult]:
        nonlocal written, at_work
        for outcome in outcomes:
            outcome.file.take(outcome)
            written += outcome.file.newly_written()
            yield from complete()
            at_work = waiting[0].source if waiting else None

    try:
        with Pipeline[Outcome](
            coder.side_by_side, tell, handling.memory, coder.max_memory
        ) as pipeline:
            for item in planned:
                done = handling.resume and is_resumed(
                    item, handling, folders, is_compression, coder.max_memory
                )
                if done:
                    pipeline.skip(item.size)
                file = BatchFile(item, conversion(), handling, folders, done)
                waiting.append(file)
                at_work = waiting[0].source
                for piece in file.pieces(is_next=len(waiting) == 1):
                    yield from results(pipeline.start(_attempted(file, piece)))
                yield from complete()
            yield from results(pipeline.finish())
            pipeline.skip(0)  # tells what was written after the last result
    finally:
        for file in waiting:
            file.abandon()


def _attempted(file: BatchFile, piece: Piece[Any]) -> Piece[Outcome]:
    """A piece whose error is of its file alone."""
    file.expect()

    def code(share_done: ShareDone) -> Outcome:
        if file.is_over:  # by an earlier piece
            return Outcome(file, None, None)
        try:
            return Outcome(file, piece.code(share_done), None)
        except FILE_ERRORS as error:
            return Outcome(file, None, error_of_file(error))

    return Piece(code, piece.cost, piece.size, piece.memory)


def is_resumed(
    item: Planned,
    handling: Handling,
    folders: OutputFolders,
    is_compression: bool,
    max_memory: int | None,
) -> bool:
    """Whether an earlier batch has done a file; removes what killed ones have left next to it.

    Args:
        item: the file.
        handling: says how that is told.
        folders: of the outputs.
        is_compression: whether the output is the compressed form of the file.
        max_memory: bytes that indexes may need in memory; None for any number.
    """
    if item.output is None:
        return False
    folders.sweep(item)
    try:
        if not is_url(item.output) and not os.path.isfile(item.output):
            return False
        source, output = item.source_location, item.output_location
        container, plain = (output, source) if is_compression else (source, output)
        if is_compression and names_another_prefix(
            container, handling.needed.prefix_digest, max_memory
        ):
            return False  # whoever has this prefix could not open it
        return _is_form(handling, container, plain, output, max_memory)
    except (UsageError, LimitError, OSError, MemoryError):
        return False  # reading it will say what is wrong


def _is_form(
    handling: Handling, container: Place, plain: Place, output: Place, max_memory: int | None
) -> bool:
    """Whether one file is the compressed form of the other, by the rule of resume."""
    if handling.resume == "meta" and has_size_and_time(
        container, plain, output=output, max_memory=max_memory
    ):
        return True
    return is_compressed_form(container, plain, max_memory)

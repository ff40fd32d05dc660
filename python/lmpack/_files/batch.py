"""Many files: one queue of blocks from all of them, results in order, each file whole or not there.

Blocks of all files share the workers, so that many small files cost no more than a large one. What
is read ahead is bounded by a budget of bytes. One file is a batch, too.
"""

from __future__ import annotations

import dataclasses
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lmpack._blocks.coders import Coder, Decoder, Encoder, lanes_of_block
from lmpack._blocks.coding import ShareDone
from lmpack._blocks.levels import find_level
from lmpack._blocks.options import OptionFields, Options, given_options
from lmpack._files.batch_file import (
    FILE_ERRORS,
    BatchFile,
    FileResult,
    Handling,
    Outcome,
    error_of_file,
)
from lmpack._files.conversion import Compression, Conversion, Decompression
from lmpack._files.disk.location import Location
from lmpack._files.exclusion import left_out
from lmpack._files.lanes import lanes_of_containers, lanes_of_contents
from lmpack._files.names import SUFFIX, checked_suffix, compressed_name, plain_name
from lmpack._files.output_folders import OutputFolders
from lmpack._files.pipeline import Piece, Pipeline
from lmpack._files.plan import Planned, Refusal, Rename, plan_file, plan_files
from lmpack._files.progress import Progress, ProgressCallback
from lmpack._files.same_content import is_compressed_form
from lmpack.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

DEFAULT_MEMORY = 1 << 28
"""Bytes of content and payloads that may be under way, of all files together."""

PathLike = str | os.PathLike[str]


def compress_files(
    paths: Iterable[PathLike],
    output: PathLike | None = None,
    *,
    output_file: PathLike | None = None,
    recursive: bool = False,
    suffix: str = SUFFIX,
    exclude: Iterable[str] = (),
    exclude_compressed: bool = False,
    resume: bool = False,
    force: bool = False,
    remove: bool = False,
    memory: int = DEFAULT_MEMORY,
    progress: ProgressCallback | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> Generator[FileResult, None, None]:
    """Compress each file to one with .lmp behind its name; the bytes are those of :func:`compress`.

    Files are done while the results are taken; a bad one does not end the batch. An output appears
    under its name only when it is whole and on the disk; it has the attributes of its file, and
    a folder that is made those of the one it stands for (docs/files.md). Closing the iterator ends
    the batch.

    Args:
        paths: files, and folders if `recursive`. Symbolic links inside folders are skipped.
        output: folder of the outputs, made if needed, in which the tree below each folder is made
            again; None to put each output next to its file.
        output_file: path of the output, if there is one file; in place of `output`.
        recursive: go through folders.
        suffix: what the name of an output has behind that of its file, in place of .lmp.
        exclude: patterns as of :mod:`fnmatch`; what matches one is left out of folders. One without
            a slash is for names of files and folders, one with a slash for their paths below the
            folder that was given.
        exclude_compressed: leave out of folders what is compressed already, going by its name and
            its first bytes, such as archives, pictures and recordings.
        resume: skip files whose output holds exactly their content, by the checksums in it.
        force: replace outputs that exist, compress files that end in .lmp, and remove links.
        remove: delete each file when its output is complete and on the disk, and verify it unless
            the options say otherwise. Only regular files are deleted; links, and files with several
            names, only with `force`.
        memory: bytes of content and payloads that may be under way; one block always may be.
        progress: called now and then with the :class:`Progress` of all files together, maybe from
            another thread, but never by two at the same time.
        options: see :class:`Options`.
        keywords: fields of :class:`Options`.

    Returns:
        An iterator of what became of each file, in their order.

    Raises:
        UsageError: an argument is out of range.
        ModelError: the model cannot be used.
    """
    chosen = given_options(options, keywords)
    if chosen.verify is None:
        chosen = dataclasses.replace(chosen, verify=remove)
    handling = Handling(output, resume, force, remove, memory, progress)
    ending = checked_suffix(suffix)
    planned = _plan(
        paths,
        handling,
        output_file,
        recursive,
        lambda name: compressed_name(name, force, ending),
        left_out(exclude, compressed=exclude_compressed),
    )
    block_size = find_level(chosen.level).block_size
    lanes = lanes_of_contents(
        planned, memory, block_size, lambda length: lanes_of_block(chosen, length)
    )
    encoder = Encoder(chosen, lanes)
    encoder.bundles  # noqa: B018  a model that cannot be used is said once, not for each file
    return _run(
        planned,
        handling,
        encoder,
        lambda: Compression(encoder),
        lambda source, target: is_compressed_form(target, source),
    )


def decompress_files(
    paths: Iterable[PathLike],
    output: PathLike | None = None,
    *,
    output_file: PathLike | None = None,
    recursive: bool = False,
    suffix: str = SUFFIX,
    exclude: Iterable[str] = (),
    resume: bool = False,
    force: bool = False,
    remove: bool = False,
    memory: int = DEFAULT_MEMORY,
    progress: ProgressCallback | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> Generator[FileResult, None, None]:
    """Decompress each file whose name ends in .lmp to one without.

    With `recursive` files in folders that have other names are skipped; with `output_file` the file
    may have any name. Arguments, results and errors are those of :func:`compress_files`, except
    that `resume` goes by the checksums in the files, `force` does not go by names, and a model
    that cannot be used is an error of each file that needs it.
    """
    chosen = given_options(options, keywords)
    handling = Handling(output, resume, force, remove, memory, progress)
    ending = checked_suffix(suffix)
    planned = _plan(
        paths,
        handling,
        output_file,
        recursive,
        lambda name: plain_name(name, ending),
        left_out(exclude, compressed=False),
    )
    decoder = Decoder(chosen, lanes_of_containers(planned, memory))
    return _run(planned, handling, decoder, lambda: Decompression(decoder), is_compressed_form)


def _plan(
    paths: Iterable[PathLike],
    handling: Handling,
    output_file: PathLike | None,
    recursive: bool,
    rename: Rename,
    refusal: Refusal,
) -> list[Planned]:
    if not isinstance(handling.memory, int) or handling.memory < 1:
        raise UsageError(f"the memory must be an integer, at least 1 byte, not {handling.memory!r}")
    if isinstance(paths, str | bytes | os.PathLike) or not isinstance(paths, Iterable):
        raise UsageError("the paths must be several, in a list: [path]")
    if output_file is None:
        return plan_files(paths, handling.output, recursive, rename, refusal)
    if handling.output is not None:
        raise UsageError("output and output_file exclude each other: give one of them")
    return plan_file(list(paths), output_file)


def _run(
    planned: list[Planned],
    handling: Handling,
    coder: Coder,
    conversion: Callable[[], Conversion[Any]],
    is_done: Callable[[Location, Location], bool],
) -> Generator[FileResult, None, None]:
    total = sum(item.size for item in planned)
    written = 0
    at_work: str | None = None
    waiting: deque[BatchFile] = deque()
    folders = OutputFolders(planned, may_make=handling.output is not None)

    def tell(read: int, settled: int) -> None:
        if handling.progress is not None:
            handling.progress(Progress(read, settled, written, total, at_work))

    def results(outcomes: Iterator[Outcome]) -> Iterator[FileResult]:
        nonlocal written, at_work
        for outcome in outcomes:
            written += outcome.file.take(outcome)
            yield from _complete(waiting)
            at_work = waiting[0].source if waiting else None

    try:
        with Pipeline[Outcome](
            coder.side_by_side, tell, handling.memory, coder.max_memory
        ) as pipeline:
            for item in planned:
                done = handling.resume and _is_resumed(item, is_done, folders)
                if done:
                    pipeline.skip(item.size)
                file = BatchFile(item, conversion(), handling, folders, done)
                waiting.append(file)
                at_work = waiting[0].source
                for piece in file.pieces(is_next=len(waiting) == 1):
                    yield from results(pipeline.start(_attempted(file, piece)))
                yield from _complete(waiting)
            yield from results(pipeline.finish())
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


def _complete(waiting: deque[BatchFile]) -> Iterator[FileResult]:
    while waiting and waiting[0].is_complete:
        yield waiting.popleft().result()


def _is_resumed(
    item: Planned, is_done: Callable[[Location, Location], bool], folders: OutputFolders
) -> bool:
    """Whether an earlier batch has done a file; removes what killed ones have left next to it."""
    if item.output is None:
        return False
    folders.sweep(item)
    try:
        return os.path.isfile(item.output) and is_done(item.source_location, item.output_location)
    except (UsageError, OSError):
        return False  # reading it will say what is wrong

"""Many files: one queue of blocks from all of them, results in order, each file whole or not there.

Blocks of all files share the workers, so that many small files cost no more than a large one. What
is read ahead is bounded by a budget of bytes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from lmpack._api import Progress, ProgressCallback, Sizes
from lmpack._in_order import InOrder, Tally
from lmpack._models import Decoder, Encoder, EncoderOptions, Model
from lmpack._plan import Planned, Rename, plan_files
from lmpack._replacement import Replacement, refuse_existing, remove_leftovers
from lmpack._same_content import is_compressed_form
from lmpack._streams import CountingSink, CountingSource
from lmpack.coding import Advance
from lmpack.container import Block, ContainerWriter, read_blocks
from lmpack.errors import LmpackError, UsageError
from lmpack.levels import DEFAULT_LEVEL

SUFFIX = ".lmp"

DEFAULT_MEMORY = 1 << 28
"""Bytes of content and payloads that may be under way, of all files together."""

Paths = Iterable[str | os.PathLike[str]]

ALREADY_THERE = "its output is there already"


@dataclasses.dataclass(frozen=True)
class FileResult:
    """What became of one file of a batch.

    Attributes:
        source: its path.
        output: the path of what was made of it; None if it has none.
        sizes: bytes read and written; None if nothing was done.
        skipped: why nothing had to be done; None if something was.
        error: what went wrong; None if nothing did.
    """

    source: str
    output: str | None
    sizes: Sizes | None = None
    skipped: str | None = None
    error: LmpackError | OSError | None = None


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
        _Options(output, recursive, resume, force, remove, memory, progress),
        paths,
        rename,
        lambda: _Compression(encoder, fingerprint),
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
        _Options(output, recursive, resume, force, remove, memory, progress),
        paths,
        rename,
        lambda: _Decompression(decoder),
        decoder.side_by_side,
        is_compressed_form,
    )


class _Options(NamedTuple):
    """What both directions have in common."""

    output: str | os.PathLike[str] | None
    recursive: bool
    resume: bool
    force: bool
    remove: bool
    memory: int
    progress: ProgressCallback | None


class _Piece(NamedTuple):
    """A part of a file that is coded by itself.

    Attributes:
        code: does it; takes what is told of the progress.
        cost: bytes that it holds in memory.
        size: bytes of the source that it stands for.
    """

    code: Callable[[Advance], Any]
    cost: int
    size: int


class _Conversion(Protocol):
    """How a file is read and written."""

    def pieces(self, source: CountingSource) -> Iterator[_Piece]:
        """The parts of the source, in order."""

    def write(self, sink: CountingSink, result: Any) -> None:
        """Write what the next piece gave."""

    def finish(self, sink: CountingSink) -> None:
        """Write what comes after the last piece."""


class _Compression:
    """Content to a container."""

    def __init__(self, encoder: Encoder, fingerprint: bytes) -> None:
        self._encoder = encoder
        self._fingerprint = fingerprint
        self._container: ContainerWriter | None = None

    def pieces(self, source: CountingSource) -> Iterator[_Piece]:
        """See :class:`_Conversion`."""
        while plain := source.read_fully(self._encoder.block_size):
            code = functools.partial(self._encoder.encode, plain)
            yield _Piece(code, 2 * len(plain), len(plain))

    def write(self, sink: CountingSink, result: Block) -> None:
        """See :class:`_Conversion`."""
        self._writer(sink).write(result)

    def finish(self, sink: CountingSink) -> None:
        """See :class:`_Conversion`."""
        self._writer(sink).finish()

    def _writer(self, sink: CountingSink) -> ContainerWriter:
        if self._container is None:
            self._container = ContainerWriter(sink, self._fingerprint)
        return self._container


class _Decompression:
    """Containers to their content."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def pieces(self, source: CountingSource) -> Iterator[_Piece]:
        """See :class:`_Conversion`."""
        for number, (header, block) in enumerate(read_blocks(source)):
            where = f"block {number}, which ends at byte {source.count}"
            code = functools.partial(self._decoder.decode, block, header.fingerprint, where)
            size = len(block.payload)
            yield _Piece(code, size + block.plain_length, size)

    def write(self, sink: CountingSink, result: bytes) -> None:
        """See :class:`_Conversion`."""
        sink.write(result)

    def finish(self, sink: CountingSink) -> None:
        """See :class:`_Conversion`."""


class _Outcome(NamedTuple):
    """What a piece gave: its result, or an error."""

    file: _File
    size: int
    result: Any
    error: LmpackError | OSError | None


class _File:
    """A file on its way. All of it happens on one thread but for the coding of its pieces."""

    def __init__(
        self, planned: Planned, conversion: _Conversion, options: _Options, is_done: bool
    ) -> None:
        self.planned = planned
        self._conversion = conversion
        self._options = options
        self._skipped = ALREADY_THERE if is_done else planned.skipped
        self._error: LmpackError | OSError | None = planned.error
        self._new: Replacement | None = None
        self._sink: CountingSink | None = None
        self._like: os.stat_result | None = None
        self._sizes: Sizes | None = None
        self._read = 0
        self._missing = 0
        self._is_fed = False

    @property
    def is_over(self) -> bool:
        """Whether nothing has to be done for it any more."""
        return self._skipped is not None or self._error is not None

    @property
    def is_complete(self) -> bool:
        """Whether its result is known."""
        return self._is_fed and self._missing == 0

    def pieces(self) -> Iterator[_Piece]:
        """The pieces that have to be coded; none for a file that is over."""
        with self._errors_kept():
            if not self.is_over:
                yield from self._read_pieces()
        self._is_fed = True
        self._finish_if_complete()

    def expect(self) -> None:
        """A piece has been given away: its outcome will come."""
        self._missing += 1

    def take(self, outcome: _Outcome) -> int:
        """Write what a piece gave; the number of bytes written."""
        self._missing -= 1
        self._error = self._error or outcome.error
        before = self._sink.count if self._sink else 0
        with self._errors_kept():
            if not self.is_over:
                self._conversion.write(self._opened(), outcome.result)
        self._finish_if_complete()
        return self._sink.count - before if self._sink else 0

    def result(self) -> FileResult:
        """What became of it."""
        return FileResult(
            self.planned.source, self.planned.output, self._sizes, self._skipped, self._error
        )

    def abandon(self) -> None:
        """Give it up: nothing of it stays."""
        if self._new is not None:
            self._new.abandon()

    def _read_pieces(self) -> Iterator[_Piece]:
        target = Path(self._output)
        refuse_existing(target, self._options.force)
        with open(self.planned.source, "rb") as file:
            self._like = os.fstat(file.fileno())
            _refuse_same(self._like, target)
            source = CountingSource(file)
            for piece in self._conversion.pieces(source):
                yield piece
                if self.is_over:
                    return
            self._read = source.count

    @property
    def _output(self) -> str:
        assert self.planned.output is not None
        return self.planned.output

    def _opened(self) -> CountingSink:
        """The sink, made when the first result comes: not all files that wait have one open."""
        if self._sink is None:
            target = Path(self._output)
            if self._options.output is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
            self._new = Replacement(target, force=self._options.force, like=self._like)
            self._sink = CountingSink(self._new.sink)
        return self._sink

    def _finish_if_complete(self) -> None:
        if not self.is_complete:
            return
        with self._errors_kept():
            if not self.is_over:
                sink = self._opened()
                self._conversion.finish(sink)
                assert self._new is not None
                self._new.commit()
                self._sizes = Sizes(self._read, sink.count)
                if self._options.remove:
                    os.unlink(self.planned.source)
        self.abandon()

    @contextlib.contextmanager
    def _errors_kept(self) -> Iterator[None]:
        try:
            yield
        except (LmpackError, OSError) as error:
            self._error = error


def _started(
    options: _Options,
    paths: Paths,
    rename: Rename,
    conversion: Callable[[], _Conversion],
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
    options: _Options,
    planned: list[Planned],
    conversion: Callable[[], _Conversion],
    workers: int,
    is_done: Callable[[str, str], bool],
) -> Generator[FileResult, None, None]:
    calls: InOrder[_Outcome] = InOrder(workers, options.memory)
    total = sum(item.size for item in planned)
    written = 0

    def tell(read: int, settled: int) -> None:
        if options.progress is not None:
            options.progress(Progress(read, settled, written, total))

    tally = Tally(tell)
    waiting: deque[_File] = deque()
    cleaned: set[Path] = set()

    def settled(outcomes: Iterator[_Outcome]) -> Iterator[FileResult]:
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
            file = _File(item, conversion(), options, done)
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
    file: _File, piece: _Piece, check: Callable[[], None], tell: Callable[[float], None]
) -> _Outcome:
    """Code a piece; an error is of its file alone."""

    def advance(share: float) -> None:
        check()
        tell(share)

    try:
        if file.is_over:  # by an earlier piece
            return _Outcome(file, piece.size, None, None)
        result = piece.code(advance)
    except (LmpackError, OSError) as error:
        return _Outcome(file, piece.size, None, error)
    tell(1.0)
    return _Outcome(file, piece.size, result, None)


def _complete(waiting: deque[_File]) -> Iterator[FileResult]:
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


def _refuse_same(status: os.stat_result, target: Path) -> None:
    if target.exists() and os.path.samestat(status, target.stat()):
        raise UsageError("input and output are the same file: name another folder with -o")

"""One file of a batch, from its first piece to its place on the disk."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import time
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from lmpack._container import ByteReader
from lmpack._executors import CPU
from lmpack._files.conversion import Conversion
from lmpack._files.disk.deletion import delete_source, has_changed, refuse_undeletable
from lmpack._files.disk.location import Location
from lmpack._files.needed import Needed
from lmpack._files.output_folders import OutputFolders
from lmpack._files.outputs import check_place, new_output
from lmpack._files.pipeline import Piece
from lmpack._files.planned import Planned
from lmpack._files.progress import ProgressCallback, Sizes
from lmpack._files.remote.source import RemoteLocation, remote_source
from lmpack._files.remote.target import RemoteTarget
from lmpack._files.replacement import Replacement, refuse_same, regular_status
from lmpack._files.sinks import CountingSink
from lmpack.errors import LmpackError, UsageError

FILE_ERRORS = (LmpackError, OSError, MemoryError)
"""What is the fault of a file, so that the others of its batch go on."""

ALREADY_THERE = "its output is there already"
CHANGED = "it was changed while it was read: the output may hold old and new content"


@dataclasses.dataclass(frozen=True)
class FileResult:
    """What became of one file of a batch.

    Attributes:
        source: its path.
        output: the path of what was made of it; None if it has none.
        sizes: bytes read and written; None if nothing was done.
        skipped: why nothing had to be done; None if something was.
        error: what went wrong; None if nothing did.
        warnings: sentences about what to know of its output and of folders that were made for it:
            attributes that were lost, or that the file was changed while it was read.
        seconds: from its first byte that was read to its output under its name. Files of a batch
            overlap. None if nothing was done.
        fingerprints: the first 8 bytes of the fingerprint of each model in its compressed form.
        device: where models run in this batch: that of the options, or what "auto" stands for.
    """

    source: str
    output: str | None
    sizes: Sizes | None = None
    skipped: str | None = None
    error: LmpackError | OSError | None = None
    warnings: tuple[str, ...] = ()
    seconds: float | None = None
    fingerprints: tuple[bytes, ...] = ()
    device: str = CPU


class Handling(NamedTuple):
    """How the files of a batch are handled; see :func:`lmpack.compress_files`.

    `needed` is what outputs may need, when compressing.
    """

    output: str | os.PathLike[str] | None
    resume: bool | Literal["meta"]
    force: bool
    remove: bool
    memory: int
    progress: ProgressCallback | None
    needed: Needed = Needed()


class Outcome(NamedTuple):
    """What a piece gave: its result, or an error."""

    file: BatchFile
    result: Any
    error: LmpackError | OSError | None


def error_of_file(error: LmpackError | OSError | MemoryError) -> LmpackError | OSError:
    """The error as a result has it: too little memory as the system says it."""
    if not isinstance(error, MemoryError):
        return error
    lack = OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    lack.__cause__ = error
    return lack


class BatchFile:
    """A file on its way. All of it happens on one thread, except the coding of its pieces."""

    def __init__(
        self,
        planned: Planned,
        conversion: Conversion[Any],
        handling: Handling,
        folders: OutputFolders,
        is_done: bool,
    ) -> None:
        self._planned = planned
        self._conversion = conversion
        self._handling = handling
        self._folders = folders
        self._skipped = ALREADY_THERE if is_done else planned.skipped
        self._error: LmpackError | OSError | None = planned.error
        self._warnings: list[str] = []
        self._has_changed = False
        self._new: Replacement | RemoteTarget | None = None
        self._sink: CountingSink | None = None
        self._like: os.stat_result | None = None
        self._sizes: Sizes | None = None
        self._read = 0
        self._told = 0
        self._missing = 0
        self._is_fed = False
        self._started = 0.0
        self._seconds: float | None = None

    @property
    def source(self) -> str:
        """Its path."""
        return self._planned.source

    @property
    def is_over(self) -> bool:
        """Whether nothing has to be done for it any more."""
        return self._skipped is not None or self._error is not None

    @property
    def is_complete(self) -> bool:
        """Whether its result is known."""
        return self._is_fed and self._missing == 0

    def pieces(self, *, is_next: bool) -> Iterator[Piece[Any]]:
        """The pieces that have to be coded; none for a file that is over.

        Args:
            is_next: whether all files before it are complete. Then its output is opened at once, so
                that one that cannot be written is noticed before the work is done.
        """
        with self._errors_kept():
            if not self.is_over:
                yield from self._read_pieces(is_next)
        self._is_fed = True
        self._finish_if_complete()

    def expect(self) -> None:
        """A piece has been given away: its outcome will come."""
        self._missing += 1

    def newly_written(self) -> int:
        """Bytes of its output that were written since this was asked before."""
        before, self._told = self._told, self._sink.count if self._sink else 0
        return self._told - before

    def take(self, outcome: Outcome) -> None:
        """Write what a piece gave."""
        self._missing -= 1
        self._error = self._error or outcome.error
        with self._errors_kept():
            if not self.is_over:
                self._conversion.write(self._opened(), outcome.result)
        self._finish_if_complete()

    def result(self) -> FileResult:
        """What became of it."""
        return FileResult(
            self._planned.source,
            self._planned.output,
            self._sizes,
            self._skipped,
            self._error,
            tuple(self._warnings),
            self._seconds,
            () if self._sizes is None else self._conversion.fingerprints,
        )

    def abandon(self) -> None:
        """Give it up: nothing of it stays."""
        if self._new is not None:
            self._new.abandon()

    def _read_pieces(self, is_next: bool) -> Iterator[Piece[Any]]:
        self._started = time.monotonic()
        source_location, target = self._planned.source_location, self._planned.output_location
        check_place(target, self._handling.force)
        if self._handling.remove:
            if isinstance(source_location, RemoteLocation):
                raise UsageError("only files of this machine are deleted, and it is not one")
            refuse_undeletable(source_location, self._handling.force)
            self._handling.needed.refuse_to_delete(source_location)
        with source_location.open() as file:
            self._like = regular_status(file)
            if isinstance(target, Location):
                refuse_same(self._like, target.path)
                self._handling.needed.refuse_to_replace(target)
            elif source_location == target:
                raise UsageError("input and output are the same file: name another output")
            if is_next:
                self._opened()
            source = ByteReader(file)
            for piece in self._conversion.pieces(source):
                yield piece
                if self.is_over:
                    return
            self._read = source.offset
            if (remote := remote_source(file)) is not None:
                self._has_changed = remote.has_changed()
            elif self._like is not None:
                self._has_changed = has_changed(self._like, os.fstat(file.fileno()))

    def _opened(self) -> CountingSink:
        """The sink, made when the first result comes: not all files that wait have one open."""
        if self._sink is None:
            self._warnings += self._folders.prepare(self._planned)
            self._new = new_output(
                self._planned.output_location, force=self._handling.force, like=self._like
            )
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
                self._warnings += self._new.commit()
                if self._has_changed:
                    self._warnings.append(CHANGED)
                self._sizes = Sizes(self._read, sink.count)
                self._seconds = time.monotonic() - self._started
                source = self._planned.source_location
                if self._handling.remove and self._like is not None:
                    assert isinstance(source, Location)
                    delete_source(source, self._like)
        with self._errors_kept():
            self.abandon()
        self._warnings += self._folders.done(self._planned)

    @contextlib.contextmanager
    def _errors_kept(self) -> Iterator[None]:
        try:
            yield
        except FILE_ERRORS as error:
            self._error = error_of_file(error)

"""How a file is divided, and what all processes that do a range of it hold on to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import BinaryIO, Concatenate, NamedTuple, ParamSpec, TypeVar

from lmpack._files.batch_file import (
    ALREADY_THERE,
    FILE_ERRORS,
    FileResult,
    Handling,
    error_of_file,
)
from lmpack._files.disk.location import Location
from lmpack._files.disk.parts import Parts, remove_parts
from lmpack._files.disk.system import WITHOUT_WAITING
from lmpack._files.output_folders import OutputFolders
from lmpack._files.outputs import check_place
from lmpack._files.planned import Planned
from lmpack._files.queue import is_resumed
from lmpack._files.replacement import refuse_same, regular_status
from lmpack.errors import UsageError

DEFAULT_RANGE_SIZE = 1 << 28
"""Bytes of content in a range: minutes of work, and many times what starting it costs."""

Self = TypeVar("Self")
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Division(NamedTuple):
    """A file that is done in ranges.

    Attributes:
        key: tells its parts from those of another state of the file, or of another way to do it.
        size: bytes of the file.
        changed: when it was changed last, in nanoseconds.
        length: bytes of content.
        ranges: how many there are.
        warnings: as in :class:`FileResult`, about folders that were made.
    """

    key: str
    size: int
    changed: int
    length: int
    ranges: int
    warnings: tuple[str, ...] = ()

    def require_unchanged(self, file: BinaryIO) -> None:
        """Refuse a file that is another one than was divided, as far as size and time tell.

        Raises:
            UsageError: it is.
        """
        status = regular_status(file)
        if status is None or (status.st_size, status.st_mtime_ns) != (self.size, self.changed):
            raise UsageError(
                "it was changed while its ranges were read: nothing was written; do it again "
                "when nobody changes it"
            )


def begun(
    item: Planned,
    handling: Handling,
    divide: Callable[[BinaryIO], Division | None],
    *,
    is_compression: bool,
    max_memory: int | None,
) -> Division | FileResult | None:
    """Look at a file, delete parts of it that do not fit any more, and have its folder there.

    Args:
        item: the file; it and its output are of this machine.
        handling: how it is handled.
        divide: the division of the open file; None if it is to be done as a whole.
        is_compression: whether its output is its compressed form.
        max_memory: bytes that indexes may need in memory; None for any number.

    Returns:
        How it is divided; or that nothing has to be done; or None, if it is to be done as a whole.

    Raises:
        LmpackError, OSError: it cannot be done.
    """
    target = output_of(item)
    may_make = handling.output is not None
    folders = OutputFolders((item,), may_make=may_make, is_shared=True)
    if is_resumed(item, handling, folders, is_compression, max_memory):
        remove_parts([target])
        return FileResult(item.source, item.output, skipped=ALREADY_THERE)
    check_place(target, handling.force)
    with item.source_location.open(WITHOUT_WAITING) as file:
        like = regular_status(file)
        if like is None:
            return None
        refuse_same(like, target.path)
        division = divide(file)
    remove_parts([target], keep="" if division is None else division.key)
    if division is None:
        return None
    return division._replace(warnings=tuple(folders.prepare(item)))


def finished_before(
    item: Planned, handling: Handling, *, is_compression: bool, max_memory: int | None
) -> FileResult | None:
    """The result of a file whose output is there; None if it is not.

    A worker may die after it has given the output its name, and before anybody hears of it.
    """
    target = output_of(item)
    folders = OutputFolders((item,), may_make=False, is_shared=True)
    if handling.force or not is_resumed(item, handling, folders, is_compression, max_memory):
        return None
    remove_parts([target])
    return FileResult(item.source, item.output, skipped=ALREADY_THERE)


def output_of(item: Planned) -> Location:
    """Where the output of a file of this machine goes."""
    location = item.output_location
    assert isinstance(location, Location)
    return location


def parts_of(item: Planned, division: Division) -> Parts:
    """Where its ranges go."""
    return Parts(output_of(item), division.key)


def with_errors_of_file(
    method: Callable[Concatenate[Self, Planned, Arguments], Answer],
) -> Callable[Concatenate[Self, Planned, Arguments], Answer | FileResult]:
    """A method for a file that gives what is the fault of the file as its result."""

    @functools.wraps(method)
    def wrapped(
        self: Self, item: Planned, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Answer | FileResult:
        try:
            return method(self, item, *args, **kwargs)
        except FILE_ERRORS as error:
            return FileResult(item.source, item.output, error=error_of_file(error))

    return wrapped

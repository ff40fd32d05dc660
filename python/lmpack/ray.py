"""Many files on a cluster of Ray: paths travel to the workers, content does not.

Workers are actors, which keep the model. Each needs lmpack installed, and sees the files by the
same paths or URLs. Huge files are done in ranges, by several workers. What a killed worker has not
finished is given out again.
"""

from __future__ import annotations

import dataclasses
import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lmpack._blocks.options import OptionFields, Options, given_options
from lmpack._extras import import_extra
from lmpack._files.batch import (
    DEFAULT_MEMORY,
    PathLike,
    compress_planned,
    decompress_planned,
    plan_compression,
    plan_decompression,
)
from lmpack._files.batch_file import FileResult, Handling
from lmpack._files.disk.location import Location
from lmpack._files.disk.parts import remove_parts
from lmpack._files.names import SUFFIX
from lmpack._files.needed import Needed
from lmpack._files.output_folders import OutputFolders
from lmpack._files.planned import Planned
from lmpack._files.ranges.compression import RangeCompression
from lmpack._files.ranges.decompression import RangeDecompression
from lmpack._files.ranges.division import DEFAULT_RANGE_SIZE, Division
from lmpack._files.ranges.schedule import Schedule, Task
from lmpack._files.remote.url import is_url
from lmpack.errors import LmpackError, UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["compress", "decompress"]

_GROUP_BYTES = 1 << 25
"""Bytes of files that go to a worker in one call, unless one file is larger."""

_GROUP_FILES = 64

_SHARES_OF_WORKER = 3
"""A worker gets, at most, this part of what would be its share of the files that are left: large
groups first, single files at the end, so that all workers end at about the same time."""

_HIGHEST_RATIO = 16
"""Containers of content that is longer are not divided if they themselves are below a range: to
look into each small one would take long, and what packs so well is decoded fast."""

_RETRIES = 3
"""How often a group is given out again whose worker died, as one of its files may be to blame."""


def compress(
    paths: Iterable[PathLike],
    output: PathLike | None = None,
    *,
    recursive: bool = False,
    suffix: str = SUFFIX,
    exclude: Iterable[str] = (),
    exclude_compressed: bool = False,
    workers: int | None = None,
    range_size: int | None = DEFAULT_RANGE_SIZE,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> Generator[FileResult, None, None]:
    """Compress files as :func:`lmpack.compress_files` does, on the workers of a cluster.

    Outputs that are there and fit by size and time are skipped, as with `resume="meta"`: called
    again after any end, it does what is left. Closing the iterator ends the workers. Folders that
    are made have no attributes of others.

    Args:
        paths: files, and folders if `recursive`; URLs, too (docs/cluster.md).
        output: folder of the outputs, or its URL; None to put each output next to its file.
        recursive: go through folders.
        suffix: as for :func:`lmpack.compress_files`.
        exclude: as for :func:`lmpack.compress_files`.
        exclude_compressed: as for :func:`lmpack.compress_files`.
        workers: how many there are; None for one on each GPU, or, without any, for one for each
            `threads` cores of the cluster.
        range_size: a longer file is divided into ranges of so many bytes, in whole blocks, which
            several workers do at the same time; its output is the same, byte by byte. None for no
            file. Files and outputs behind URLs are never divided.
        options: see :class:`Options`. `threads` are those of a worker, 1 if nothing is said. A
            `model` that is a folder has to be there on each machine.
        keywords: fields of :class:`Options`.

    Returns:
        An iterator of what became of each file, in any order. Paths are absolute.

    Raises:
        UsageError: Ray is not installed, or an argument is out of range.
        ModelError: the model cannot be used on a worker.
    """
    handling = _handling(output)
    planned = plan_compression(
        _absolute(paths),
        handling,
        recursive=recursive,
        suffix=suffix,
        exclude=exclude,
        exclude_compressed=exclude_compressed,
    )
    chosen = given_options(options, keywords, function=compress)
    handling = handling._replace(needed=Needed.of(chosen))
    return _convert(planned, handling, chosen, workers, range_size, is_compression=True)


def decompress(
    paths: Iterable[PathLike],
    output: PathLike | None = None,
    *,
    recursive: bool = False,
    suffix: str = SUFFIX,
    exclude: Iterable[str] = (),
    workers: int | None = None,
    range_size: int | None = DEFAULT_RANGE_SIZE,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> Generator[FileResult, None, None]:
    """The same for :func:`lmpack.decompress_files`; `range_size` is for bytes of content."""
    handling = _handling(output)
    planned = plan_decompression(
        _absolute(paths), handling, recursive=recursive, suffix=suffix, exclude=exclude
    )
    chosen = given_options(options, keywords, function=decompress)
    return _convert(planned, handling, chosen, workers, range_size, is_compression=False)


class _Worker:
    """What runs on a machine of the cluster."""

    def __init__(
        self, handling: Handling, options: Options, range_size: int, is_compression: bool
    ) -> None:
        self._handling, self._options = handling, options
        self._convert = compress_planned if is_compression else decompress_planned
        kind = RangeCompression if is_compression else RangeDecompression
        self._ranges = kind(handling, options, range_size)

    def convert(self, planned: list[Planned]) -> list[FileResult]:
        """Do some files."""
        return list(self._convert(planned, self._handling, self._options, is_shared=True))

    def look(self, item: Planned) -> Division | FileResult | None:
        """Begin a file that may be done in ranges."""
        return self._ranges.look(item)

    def convert_range(self, item: Planned, division: Division, number: int) -> FileResult | None:
        """Do a range of it."""
        return self._ranges.convert_range(item, division, number)

    def finish(self, item: Planned, division: Division) -> FileResult:
        """End it."""
        return self._ranges.finish(item, division)


def _convert(
    planned: list[Planned],
    handling: Handling,
    options: Options,
    workers: int | None,
    range_size: int | None,
    *,
    is_compression: bool,
) -> Generator[FileResult, None, None]:
    ray = import_extra("ray", "ray", extra="ray", error=UsageError)
    for name, value in (("workers", workers), ("range_size", range_size)):
        if value is not None and (not isinstance(value, int) or value < 1):
            raise UsageError(f"{name} is {value!r}: give a number from 1 on, or None")
    return _results(ray, planned, handling, options, workers, range_size, is_compression)


def _results(
    ray: Any,
    planned: list[Planned],
    handling: Handling,
    options: Options,
    workers: int | None,
    range_size: int | None,
    is_compression: bool,
) -> Generator[FileResult, None, None]:
    if not ray.is_initialized():
        ray.init()
    resources = ray.cluster_resources()
    gpus = 0 if options.device.startswith("cpu") else int(resources.get("GPU", 0))
    threads = options.threads or 1
    count = workers or gpus or max(1, int(resources.get("CPU", 1)) // threads)
    huge = [item for item in planned if _is_huge(item, range_size, is_compression)]
    whole = [item for item in planned if not _is_huge(item, range_size, is_compression)]
    groups = list(_groups(whole, count))
    remote_worker = ray.remote(
        num_cpus=threads,
        num_gpus=1 if gpus else 0,
        max_restarts=-1,
        max_task_retries=_RETRIES,
    )(_Worker)
    chosen = dataclasses.replace(options, threads=threads)
    actors = [
        remote_worker.remote(handling, chosen, range_size or 0, is_compression)
        for _ in range(count if huge else min(count, len(groups)))
    ]
    try:
        yield from _outcomes(ray, actors, Schedule(huge, groups))
    finally:
        for actor in actors:
            ray.kill(actor)
    folders = OutputFolders((), may_make=False)
    for item in planned:
        folders.sweep(item)  # what killed workers have left
    outputs = (item.output_location for item in whole if item.output is not None)
    remove_parts(output for output in outputs if isinstance(output, Location))


def _outcomes(ray: Any, actors: list[Any], schedule: Schedule) -> Iterator[FileResult]:
    # An actor for which there is no room yet answers late, or never: it gets no task before.
    pending: dict[Any, tuple[Any, Task | None]] = {
        actor.convert.remote([]): (actor, None) for actor in actors
    }
    idle: deque[Any] = deque()
    while not schedule.is_over:
        (done,), _ = ray.wait(list(pending), num_returns=1)
        actor, task = pending.pop(done)
        results = _results_of(ray, done, task, schedule)
        idle.append(actor)
        while idle and (following := schedule.next()) is not None:
            actor = idle.popleft()
            answer = getattr(actor, following.method).remote(*following.arguments)
            pending[answer] = (actor, following)
        yield from results


def _results_of(ray: Any, answer: Any, task: Task | None, schedule: Schedule) -> list[FileResult]:
    try:
        found = ray.get(answer)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, LmpackError):
            raise error.cause from error
        raise
    except ray.exceptions.RayActorError as error:
        cause = " ".join(str(error).split())
        message = f"its worker died {_RETRIES + 1} times: do it by itself ({cause})"
        return [] if task is None else schedule.lose(task, OSError(message))
    return [] if task is None else schedule.take(task, found)


def _is_huge(item: Planned, range_size: int | None, is_compression: bool) -> bool:
    """Whether a file may be longer than a range; its container alone can say how long it is."""
    if range_size is None or item.output is None or is_url(item.source) or is_url(item.output):
        return False
    return item.size * (1 if is_compression else _HIGHEST_RATIO) > range_size


def _groups(planned: list[Planned], workers: int) -> Iterator[list[Planned]]:
    """Files that go to a worker together, in their order."""
    shares = _SHARES_OF_WORKER * workers
    bytes_left, files_left = sum(item.size for item in planned), len(planned)
    group: list[Planned] = []
    size = 0
    for item in planned:
        most_bytes = min(_GROUP_BYTES, bytes_left // shares)
        most_files = min(_GROUP_FILES, -(-files_left // shares))
        if group and (size + item.size > most_bytes or len(group) >= most_files):
            yield group
            bytes_left, files_left = bytes_left - size, files_left - len(group)
            group, size = [], 0
        group.append(item)
        size += item.size
    if group:
        yield group


def _handling(output: PathLike | None) -> Handling:
    target = None if output is None else next(iter(_absolute([output])))
    return Handling(target, "meta", False, False, DEFAULT_MEMORY, None)


def _absolute(paths: Iterable[PathLike]) -> list[PathLike]:
    """Paths that mean the same in the working folder of a worker."""
    if isinstance(paths, str | bytes | os.PathLike):
        raise UsageError("the paths must be several, in a list: [path]")
    return [path if is_url(path) else os.path.abspath(path) for path in paths]

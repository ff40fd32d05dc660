"""Whether a container holds what is in a file, as far as sizes and times tell."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from lmpack._container import read_indexes
from lmpack._files.disk.system import WITHOUT_WAITING
from lmpack._files.remote.source import Place, remote_source
from lmpack._files.replacement import regular_status
from lmpack.errors import FormatError


class _State(NamedTuple):
    """Size in bytes and time of change; `seconds` of a storage, `nanoseconds` of a disk."""

    size: int
    nanoseconds: int | None
    seconds: float


def has_size_and_time(
    container: Place, plain: Place, *, output: Place, max_memory: int | None = None
) -> bool:
    """Whether a file is whole containers of the size of another file, and their times fit.

    An output on this machine gets the time of change of its input, so both have the same one as
    long as nobody changes one of them. Where one of them is elsewhere, the output must be younger.
    Of the containers only the indexes are read.

    Args:
        container: the containers.
        plain: the content.
        output: that one of them which is made of the other.
        max_memory: bytes that the indexes may need in memory; None for any number.

    Raises:
        UsageError: one that was met in a folder was replaced.
        LimitError: the indexes need more memory.
        OSError: one of them cannot be read.
    """
    with container.open(WITHOUT_WAITING) as packed, plain.open(WITHOUT_WAITING) as content:
        packed_state, plain_state = _state(packed), _state(content)
        if packed_state is None or plain_state is None:
            return False
        made, source = packed_state, plain_state
        if output is plain:
            made, source = source, made
        if not _times_fit(made, source):
            return False
        try:
            held = sum(index.content_length for index in read_indexes(packed, max_memory))
        except FormatError:
            return False
    return held == plain_state.size


def _state(file: BinaryIO) -> _State | None:
    """None for what is no regular file, and where a storage does not know."""
    if (remote := remote_source(file)) is not None:
        changed = remote.changed
        if remote.size is None or changed is None:
            return None
        return _State(remote.size, None, changed)
    status = regular_status(file)
    return status and _State(status.st_size, status.st_mtime_ns, status.st_mtime)


def _times_fit(made: _State, source: _State) -> bool:
    if made.nanoseconds is not None and source.nanoseconds is not None:
        return made.nanoseconds == source.nanoseconds
    return made.seconds > source.seconds

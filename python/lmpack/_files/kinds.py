"""What a path or a descriptor is: a regular file, a folder, or a stream of some kind."""

from __future__ import annotations

import contextlib
import enum
import os
import re
import stat
from typing import NamedTuple

from lmpack.errors import UsageError

PathLike = str | os.PathLike[str]

_MOST_LINKS = 40
_PROCESS_DESCRIPTORS = re.compile(r"/proc/(\d+)(?:/task/\d+)?/fd")
_OWN_DESCRIPTORS = "/dev/fd"


class Kind(enum.Enum):
    """What bytes come from or go to; the value is its name in messages."""

    REGULAR = "regular file"
    FOLDER = "folder"
    PIPE = "pipe"
    SOCKET = "socket"
    DEVICE = "device"
    DESCRIPTOR = "link to an open descriptor"

    @property
    def is_stream(self) -> bool:
        """Whether it is opened where it is: never replaced, never deleted, maybe without end."""
        return self not in (Kind.REGULAR, Kind.FOLDER)


class Descriptor(NamedTuple):
    """An open descriptor that has a name in the file system.

    Attributes:
        process: number of the process that has it open.
        number: of the descriptor there.
    """

    process: int
    number: int

    @property
    def is_own(self) -> bool:
        """Whether this process has it open."""
        return self.process == os.getpid()


def kind_of(path: PathLike) -> Kind | None:
    """What a path leads to, through links; None if there is nothing, or it cannot be seen.

    A link to an open descriptor is one whatever is open there, even if nothing is.
    """
    try:
        status = os.lstat(path)
        if stat.S_ISREG(status.st_mode):
            return Kind.REGULAR
        if descriptor_of(path):
            return Kind.DESCRIPTOR
        return kind_of_status(os.stat(path))
    except (OSError, ValueError):
        return Kind.DESCRIPTOR if descriptor_of(path) else None


def kind_of_status(status: os.stat_result) -> Kind:
    """The kind of what has this status: that of a path that was followed, or of a descriptor."""
    kinds = {
        stat.S_IFREG: Kind.REGULAR,
        stat.S_IFDIR: Kind.FOLDER,
        stat.S_IFIFO: Kind.PIPE,
        stat.S_IFSOCK: Kind.SOCKET,
    }
    return kinds.get(stat.S_IFMT(status.st_mode), Kind.DEVICE)


def descriptor_of(path: PathLike) -> Descriptor | None:
    """The descriptor that a path names: /dev/stdout, /dev/fd/N, /proc/self/fd/N, a link to those.

    What is open there may be anything. The system gives the name of a file to such a link, which
    others may have renamed or replaced; only the descriptor is surely what was meant.
    """
    name = os.fspath(path)
    with contextlib.suppress(OSError, ValueError):  # not a link, or no name of the system
        for _ in range(_MOST_LINKS):
            folder = os.path.realpath(os.path.dirname(name) or os.curdir)
            number = os.path.basename(name)
            if number.isdecimal() and folder == _OWN_DESCRIPTORS:
                return Descriptor(os.getpid(), int(number))
            if number.isdecimal() and (of_process := _PROCESS_DESCRIPTORS.fullmatch(folder)):
                return Descriptor(int(of_process[1]), int(number))
            name = os.path.join(folder, os.readlink(name))
    return None


def require_regular(path: PathLike) -> None:
    """Refuse a stream where a whole file is read: opening a pipe could wait for ever.

    What is not there is for the opening to say, and a descriptor is open already.

    Raises:
        UsageError: it is a stream.
    """
    kind = kind_of(path)
    if kind is not None and kind.is_stream and kind is not Kind.DESCRIPTOR:
        raise UsageError(f"{path} is a {kind.value}: give a regular file")

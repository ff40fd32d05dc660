"""What the header of a member says of a file."""

from __future__ import annotations

import functools
import os
import re
import stat
import tarfile

from lmpack._files.archive.entries import Entry
from lmpack.errors import UsageError

_TYPES = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
    stat.S_IFIFO: tarfile.FIFOTYPE,
    stat.S_IFCHR: tarfile.CHRTYPE,
    stat.S_IFBLK: tarfile.BLKTYPE,
}
_NANOSECONDS = 10**9


class Headers:
    """Makes headers in the format pax of POSIX.

    Args:
        reproducible: leave out what differs between machines that have the same files: owners,
            times (all are SOURCE_DATE_EPOCH of the environment, or 0), and of the permissions all
            but whether a file can be run.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is no time.
    """

    def __init__(self, *, reproducible: bool) -> None:
        self._mtime = _chosen_time() if reproducible else None

    def header(self, entry: Entry, status: os.stat_result, hard_link: str | None = None) -> bytes:
        """The blocks of a header.

        Args:
            entry: the member.
            status: of the file, as it is when its content is read.
            hard_link: the name of the member of which it is another name; None for the first one.
        """
        member = tarfile.TarInfo(entry.name)
        member.type = _TYPES[stat.S_IFMT(status.st_mode)]
        member.mode = stat.S_IMODE(status.st_mode)
        # Finer times would need another header for each member.
        member.mtime = status.st_mtime_ns // _NANOSECONDS
        member.uid, member.gid = status.st_uid, status.st_gid
        if hard_link is not None:
            member.type, member.linkname = tarfile.LNKTYPE, hard_link
        elif member.isreg():
            member.size = status.st_size
        elif member.issym():
            member.mode, member.linkname = 0o777, os.readlink(entry.path)
        elif member.isdev():
            member.devmajor, member.devminor = os.major(status.st_rdev), os.minor(status.st_rdev)
        if self._mtime is None:
            member.uname, member.gname = _user_name(member.uid), _group_name(member.gid)
        else:
            member.uid = member.gid = 0
            member.mtime = self._mtime
            can_run = member.isdir() or member.mode & stat.S_IXUSR
            member.mode = 0o777 if member.issym() else 0o755 if can_run else 0o644
        return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _chosen_time() -> int:
    value = os.environ.get("SOURCE_DATE_EPOCH", "0")
    if not re.fullmatch(r"\d{1,11}", value, re.ASCII):
        raise UsageError(f"SOURCE_DATE_EPOCH is {value!r}: it must be a number of seconds")
    return int(value)


@functools.cache
def _user_name(number: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return ""


@functools.cache
def _group_name(number: int) -> str:
    try:
        import grp

        return grp.getgrgid(number).gr_name
    except (ImportError, KeyError):
        return ""

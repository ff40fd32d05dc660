"""What `lmpack extract --list` prints: a line for each member, as tar -tv does it."""

from __future__ import annotations

import datetime
import stat
import tarfile
from typing import Any

from lmpack._files.archive.reading import Archive
from lmpack._files.archive.selection import Selection
from lmpack.cli.printing import say

_KINDS = {
    tarfile.DIRTYPE: ("folder", stat.S_IFDIR),
    tarfile.SYMTYPE: ("symbolic link", stat.S_IFLNK),
    tarfile.LNKTYPE: ("hard link", stat.S_IFREG),
    tarfile.FIFOTYPE: ("pipe", stat.S_IFIFO),
    tarfile.CHRTYPE: ("device", stat.S_IFCHR),
    tarfile.BLKTYPE: ("device", stat.S_IFBLK),
}
_FILE = ("file", stat.S_IFREG)


def list_members(archive: Archive, selection: Selection, *, as_json: bool) -> list[dict[str, Any]]:
    """Print the members that are wanted, as they are met.

    Args:
        archive: whose members they are.
        selection: which are wanted.
        as_json: print nothing.

    Returns:
        For JSON, a record of each.
    """
    records = []
    for member in filter(selection.takes, archive.members()):
        if as_json:
            records.append(_record(member))
        else:
            say(_line(member))
    return records


def _record(member: tarfile.TarInfo) -> dict[str, Any]:
    return {
        "name": member.name,
        "kind": _KINDS.get(member.type, _FILE)[0],
        "size": member.size,
        "mode": f"{member.mode & 0o7777:o}",
        "mtime": member.mtime,
        "owner": member.uname or member.uid,
        "group": member.gname or member.gid,
        "link": member.linkname or None,
    }


def _line(member: tarfile.TarInfo) -> str:
    mode = stat.filemode(_KINDS.get(member.type, _FILE)[1] | member.mode & 0o7777)
    owner = f"{member.uname or member.uid}/{member.gname or member.gid}"
    line = f"{mode} {owner:<15} {member.size:>13,} {_readable_time(member.mtime)} {member.name}"
    if member.issym():
        return f"{line} -> {member.linkname}"
    return f"h{line[1:]} link to {member.linkname}" if member.islnk() else line


def _readable_time(seconds: float) -> str:
    """Local, to the minute."""
    try:
        time = datetime.datetime.fromtimestamp(seconds)
    except (ValueError, OverflowError, OSError):  # out of the range of the calendar
        return f"{seconds:>16}"
    return f"{time:%Y-%m-%d %H:%M}"

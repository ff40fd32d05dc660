"""Tar archives packed by lmpack, for the modules tarfile and shutil."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path
from typing import Any, Literal

from lmpack._blocks.options import OptionFields
from lmpack._files.archive.extraction import require_filters
from lmpack._files.beside import written_beside
from lmpack._files.file import LmpackFile
from lmpack.errors import FormatError, UsageError

SUFFIX = ".tar.lmp"
SHUTIL_FORMAT = "lmptar"
"""Named as shutil names gztar and xztar."""


def open_tar(
    cls: type[tarfile.TarFile],
    name: Any,
    mode: Literal["r", "w", "x"] = "r",
    fileobj: Any = None,
    **keywords: Any,
) -> tarfile.TarFile:
    """A tar archive in a `.lmp` file, as `TarFile.gzopen` is for gzip.

    Args:
        cls: the class of the result.
        name: path of the file.
        mode: "r", "w" or "x".
        fileobj: an open binary file in its place.
        keywords: `options` and the fields of :class:`lmpack.Options`; all others go to `cls`.

    Raises:
        UsageError: an unknown mode, or an option is out of range.
        tarfile.ReadError: the file is no lmpack file, damaged, or holds no tar archive.
        OSError, LimitError, ModelError: as for :class:`lmpack.LmpackFile`.
    """
    if mode not in ("r", "w", "x"):
        raise UsageError(f"the mode is {mode!r}, allowed are r:lmp, w:lmp and x:lmp")
    if mode == "r" and fileobj is not None and fileobj.tell() != 0:
        raise tarfile.ReadError("a .lmp file is read from its start")
    options = {
        field: keywords.pop(field)
        for field in ("options", *OptionFields.__annotations__)
        if field in keywords
    }
    file = None
    try:
        file = LmpackFile(fileobj or name, mode, **options)
        archive = cls.taropen(name, mode, file, **keywords)
    except BaseException as error:
        if file is not None:
            file.close()
        if isinstance(error, FormatError):
            raise tarfile.ReadError(str(error)) from error
        raise
    archive._extfileobj = False  # type: ignore[attr-defined]  # closed with the archive
    return archive


def register_tarfile() -> None:
    """Teach `tarfile.open` the modes r:lmp, w:lmp and x:lmp, and r to know `.lmp` files.

    The table of kinds of compression is what tarfile's source offers to subclasses for that; here
    it is the class itself that gets a further one.
    """
    tarfile.TarFile.lmpopen = classmethod(open_tar)  # type: ignore[attr-defined, arg-type]
    tarfile.TarFile.OPEN_METH = {**tarfile.TarFile.OPEN_METH, "lmp": "lmpopen"}


def register_shutil() -> None:
    """Teach `shutil.make_archive` the format `lmptar` and `unpack_archive` the suffix."""
    shutil.register_archive_format(SHUTIL_FORMAT, make_archive, description="lmpack'ed tar-file")
    if SHUTIL_FORMAT not in {name for name, *_ in shutil.get_unpack_formats()}:
        shutil.register_unpack_format(
            SHUTIL_FORMAT, [SUFFIX], unpack_archive, description="lmpack'ed tar-file"
        )


def make_archive(
    base_name: str,
    base_dir: str,
    *,
    root_dir: str | None = None,
    owner: str | None = None,
    group: str | None = None,
    dry_run: bool = False,
    logger: Any = None,
) -> str:
    """What `shutil.make_archive` calls; there is no archive under its name before it is whole.

    Raises:
        UsageError: there is no such owner or group.
        OSError: a file cannot be read, or the archive not written.
    """
    path = Path(base_name + SUFFIX)
    if root_dir is not None:
        path = path.absolute()
    if logger is not None:
        logger.info("creating %s", path)
    if dry_run:
        return str(path)
    ids = _owner_ids(owner, group)
    top = os.path.join(root_dir or "", base_dir)

    def owned(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        place = os.path.relpath(member.name, base_dir.lstrip(os.sep) or os.curdir)
        if os.path.abspath(os.path.join(top, place)) == os.path.abspath(path):
            return None  # what this archive replaces
        for field, value in ids.items():
            setattr(member, field, value)
        return member

    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        written_beside(path) as beside,
        open_tar(tarfile.TarFile, str(beside), "w") as archive,
    ):
        archive.add(top, base_dir, filter=owned)
    return str(path)


make_archive.supports_root_dir = True  # type: ignore[attr-defined]  # asked for from Python 3.12 on


def unpack_archive(filename: str, extract_dir: str, *, filter: Any = "data") -> None:
    """What `shutil.unpack_archive` calls. Other than there, the default filter is "data".

    Raises:
        shutil.ReadError: the file is no lmpack file, or holds no tar archive.
        FormatError: it is damaged further on; what stood before that is there.
        UsageError: this Python has no filters.
    """
    require_filters()
    try:
        archive = open_tar(tarfile.TarFile, filename)
    except tarfile.ReadError as error:
        raise shutil.ReadError(f"{filename}: {error}") from error
    with archive:
        archive.extractall(extract_dir, filter=filter)


def _owner_ids(owner: str | None, group: str | None) -> dict[str, str | int]:
    """Fields of members of an archive that belong to somebody else."""
    fields: dict[str, str | int] = {}
    try:
        if owner is not None:
            import pwd

            fields.update(uname=owner, uid=pwd.getpwnam(owner).pw_uid)
        if group is not None:
            import grp

            fields.update(gname=group, gid=grp.getgrnam(group).gr_gid)
    except (ImportError, KeyError) as error:
        raise UsageError(f"this machine knows no owner {owner!r} or group {group!r}") from error
    return fields

"""A folder that is held open: what is done in it is done there, whatever becomes of its path."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from types import TracebackType

from lmpack._files.disk import system


class Folder:
    """The files in a folder, by their names.

    Names are never followed if they are links. Where a system has no descriptors of folders, or
    the folder cannot be opened, paths are used.

    Attributes:
        path: as it was given.
        descriptor: of the folder; None if paths are used.

    Args:
        path: of the folder.
        flags: for opening, besides those that folders need.
        top: the folder itself, or one above it, below which no link is followed; None if links are
            followed all the way.

    Raises:
        OSError: it is no folder, is not there, cannot be entered, or a link is on the way to it.
    """

    def __init__(self, path: Path, flags: int = 0, top: Path | None = None) -> None:
        self.path = path
        self.descriptor = (
            _open_folder(path, flags) if top is None else _open_below(top, path, flags)
        )

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it. A second time this does nothing."""
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def names(self) -> list[str]:
        """The names in it.

        Raises:
            OSError: it must not be listed.
        """
        return os.listdir(self.path if self.descriptor is None else self.descriptor)

    def status(self, name: str) -> os.stat_result:
        """Of a name; of the link itself if it is one."""
        return os.stat(self._place(name), dir_fd=self.descriptor, follow_symlinks=False)

    def find(self, name: str) -> os.stat_result | None:
        """The same; None if there is nothing of this name."""
        try:
            return self.status(name)
        except FileNotFoundError:
            return None

    def has(self, name: str, file: os.stat_result) -> bool:
        """Whether a name is that of a file, by device and number, and no link to it."""
        found = self.find(name)
        return found is not None and os.path.samestat(found, file)

    def open(self, name: str, flags: int, mode: int = 0o600) -> int:
        """A descriptor of a name."""
        return os.open(self._place(name), flags | system.CAREFULLY, mode, dir_fd=self.descriptor)

    def open_regular(self, name: str, flags: int) -> tuple[int, os.stat_result] | None:
        """A descriptor of a regular file and its status; None for everything else.

        The name is looked at before it is opened: to open a device may already do something.
        """
        if not stat.S_ISREG(self.status(name).st_mode):
            return None
        descriptor = self.open(name, flags)
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            return descriptor, status
        os.close(descriptor)
        return None

    def make(self, name: str, mode: int) -> None:
        """Make a folder, and have its name on the disk.

        Args:
            name: of the folder.
            mode: its permissions, less the umask.

        Raises:
            FileExistsError: the name is taken.
        """
        os.mkdir(self._place(name), mode, dir_fd=self.descriptor)
        self.sync()

    def link(self, name: str, new: str, other: Folder | None = None) -> None:
        """Give a file a second name.

        Args:
            name: of the file.
            new: its second name.
            other: the folder in which that is; None for this one.

        Raises:
            FileExistsError: that is taken.
            OSError: the file system has no hard links.
        """
        target = other or self
        follow = not system.CAN_LINK_LINKS
        os.link(
            self._place(name),
            target._place(new),
            src_dir_fd=self.descriptor,
            dst_dir_fd=target.descriptor,
            follow_symlinks=follow,
        )

    def make_symbolic_link(self, to: str, name: str) -> None:
        """Make a symbolic link.

        Args:
            to: where it leads; whatever it holds, nothing is looked at.
            name: of the link.

        Raises:
            FileExistsError: that is taken.
        """
        os.symlink(to, self._place(name), dir_fd=self.descriptor)

    def rename(self, name: str, new: str) -> None:
        """Rename a file, in the place of one that may be there."""
        at = self.descriptor
        os.replace(self._place(name), self._place(new), src_dir_fd=at, dst_dir_fd=at)

    def delete(self, name: str) -> None:
        """Delete a name."""
        os.unlink(self._place(name), dir_fd=self.descriptor)

    def sync(self) -> None:
        """Have its names on the disk, where the system can do that."""
        if self.descriptor is not None:
            system.sync(self.descriptor)

    def _place(self, name: str) -> str:
        return str(self.path / name) if self.descriptor is None else name


def make_folders(path: Path, mode: int, top: Path | None) -> dict[Path, os.stat_result]:
    """Make a folder, and those above it, as far as they are not there.

    Args:
        path: of the folder.
        mode: its permissions, less the umask; those above it get 0o777, less the umask.
        top: a folder above it below which no link is followed on the way to it; None if all are.

    Returns:
        The status of each that was made, outermost first.

    Raises:
        OSError: it cannot be made.
    """
    missing = []
    while not path.is_dir() and path != path.parent:
        missing.append(path)
        path = path.parent
    made: dict[Path, os.stat_result] = {}
    for folder in reversed(missing):
        below = top if top is not None and folder.parent.is_relative_to(top) else None
        with system.errors_name(folder), Folder(folder.parent, top=below) as parent:
            try:
                parent.make(folder.name, mode if folder == missing[0] else 0o777)
            except FileExistsError:  # somebody was quicker
                continue
            made[folder] = parent.status(folder.name)
    return made


def _open_folder(path: str | Path, flags: int, above: int | None = None) -> int | None:
    if not system.HAS_FOLDER_DESCRIPTORS:
        return None
    try:
        return os.open(path, os.O_RDONLY | system.FOLDER | flags, dir_fd=above)
    except PermissionError:
        # One may be allowed to write into a folder, but not to list it.
        if system.FOLDER_TO_PASS is None:
            return None
        return os.open(path, system.FOLDER_TO_PASS | system.FOLDER | flags, dir_fd=above)


def _open_below(top: Path, path: Path, flags: int) -> int | None:
    """One step at a time, each from the folder before: none of them can be led elsewhere."""
    names = path.relative_to(top).parts
    opened = _open_folder(top, 0 if names else flags)
    here = top
    for name in names:
        here /= name
        if opened is None:
            _refuse_link(top, here)
            continue
        above = opened
        try:
            opened = _open_folder(name, system.CAREFULLY, above)
            if opened is None:  # it must not be listed, and there is no other way to open it
                _refuse_link(top, here)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                raise _no_folder(top, here) from error
            raise
        finally:
            os.close(above)
    return opened


def _refuse_link(top: Path, path: Path) -> None:
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        raise _no_folder(top, path)


def _no_folder(top: Path, path: Path) -> OSError:
    return OSError(
        f"{path} is a link or no folder, and below {top} no link is followed: nothing was done "
        "there; name what it leads to, if that is what you want"
    )

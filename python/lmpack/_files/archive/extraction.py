"""Members of an archive become files: below a folder, whole, not in the place of others."""

from __future__ import annotations

import contextlib
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from lmpack._files.archive.listener import Listener
from lmpack._files.archive.reading import Archive
from lmpack._files.archive.selection import Selection, normal_name
from lmpack._files.disk import system
from lmpack._files.disk.attributes import Opened, Recorded, restore_attributes
from lmpack._files.disk.folder import Folder, make_folders
from lmpack._files.disk.temporary import remove_leftovers, temporary_name
from lmpack._files.names import usable_path
from lmpack._files.replacement import Replacement, refuse_existing
from lmpack._files.sinks import CountingSink
from lmpack.errors import FormatError, LimitError, UsageError

_NANOSECONDS = 10**9

_PRIVATE = 0o700
"""Permissions of a folder while it is filled; its owner may always go on to use it."""

_OF_OTHERS = 0o755
"""What a folder may allow others at most, as tarfile's filter "data" has it for files."""


def require_filters() -> None:
    """Refuse a Python whose tarfile does not know which members are harmless.

    Raises:
        UsageError: it does not.
    """
    if not hasattr(tarfile, "data_filter"):
        raise UsageError("unpacking archives safely needs Python 3.11.4 or a newer one")


class Extraction:
    """Unpacks members below a folder.

    No link is followed below it, whoever has put it there. Files appear under their names when they
    are whole; folders get their permissions and times at the end. Owners are not restored, and of
    the permissions only what tarfile's filter "data" leaves: nobody else may write.

    Attributes:
        count: members that are unpacked.

    Args:
        archive: whose members they are.
        folder: made if it is not there.
        force: whether files that are there are replaced.
        max_size: bytes that all files together may have; None for any number.
        listener: hears of every member.

    Raises:
        UsageError: this Python's tarfile has no filters.
    """

    def __init__(
        self,
        archive: Archive,
        folder: Path,
        *,
        force: bool,
        max_size: int | None,
        listener: Listener,
    ) -> None:
        require_filters()
        self.count = 0
        self._archive = archive
        self._top = folder
        self._force = force
        self._max_size = max_size
        self._size = 0
        self._listener = listener
        self._files: dict[str, tarfile.TarInfo] = {}
        self._own: set[str] = set()
        self._links: dict[str, str] = {}
        self._made: dict[Path, Recorded] = {}
        self._swept: set[Path] = set()
        make_folders(folder, 0o777, None)

    @property
    def has_more(self) -> bool:
        """Whether something comes behind the end of the archive; known when all was unpacked."""
        return self._archive.has_more

    def run(self, selection: Selection) -> None:
        """Unpack the wanted members.

        Raises:
            FormatError, LimitError, ModelError: the archive cannot be read any further.
        """
        try:
            for member in self._archive.members():
                if member.isreg():
                    self._files[normal_name(member.name)] = member
                if selection.takes(member):
                    with self._failures_of(member):
                        self._extract(member)
        finally:
            self._restore_folders()

    @contextlib.contextmanager
    def _failures_of(self, member: tarfile.TarInfo) -> Iterator[None]:
        """An error of a member, behind which the others can still be read, does not end it all."""
        try:
            yield
        except tarfile.FilterError as error:
            self._listener.failed(member.name, FormatError(f"{_reason(error)}: it is left out"))
        except (UsageError, OSError) as error:
            self._listener.failed(member.name, error)
        except FormatError as error:
            if not self._archive.can_seek:
                raise
            self._listener.failed(member.name, error)
        else:
            self.count += 1
            self._listener.done(member.name, member.size if member.isreg() else 0)

    def _extract(self, member: tarfile.TarInfo) -> None:
        for text in (member.name, member.linkname):
            usable_path(text)
        harmless = tarfile.data_filter(member, str(self._top))
        name = normal_name(harmless.name)
        if name.split("/")[0] == os.pardir:
            raise UsageError("it leads out of the folder: it is left out")
        if name == os.curdir and not member.isdir():
            raise UsageError("it has no name in the folder: it is left out")
        path = self._top / name
        if member.isdir():
            self._make_folder(path, member)
            return
        make_folders(path.parent, 0o777, self._top)
        self._sweep(path.parent)
        if member.issym():
            self._symbolic_link(path, harmless.linkname)
        elif member.islnk():
            self._hard_link(path, normal_name(harmless.linkname))
        else:
            self._regular(path, member, harmless.mode)

    def _make_folder(self, path: Path, member: tarfile.TarInfo) -> None:
        made = make_folders(path, _PRIVATE, self._top)
        with system.errors_name(path), Folder(path, system.CAREFULLY, self._top):
            pass  # it is one, and no link to one
        if path in made:
            mode = member.mode & _OF_OTHERS | _PRIVATE
            self._made[path] = Recorded(mode, _time(member))

    def _regular(self, path: Path, member: tarfile.TarInfo, mode: int | None) -> None:
        self._require_size(member)
        recorded = Recorded(0o644 if mode is None else mode, _time(member))
        new = Replacement(path, force=self._replaces(path), like=recorded, top=self._top)
        try:
            sink = CountingSink(new.sink)
            for piece in self._archive.content(member):
                sink.write(piece)
            for sentence in new.commit():
                self._listener.warned(member.name, sentence)
        finally:
            new.abandon()
        self._remember(path)

    def _symbolic_link(self, path: Path, target: str) -> None:
        # Which other links will lie on its way, tarfile cannot know: only steps up that come first
        # go through real folders.
        target = os.path.normpath(target)
        reached = os.path.normpath(path.parent.relative_to(self._top) / target)
        if os.path.isabs(target) or reached.split(os.sep)[0] == os.pardir:
            raise UsageError(f"it is a link to {target}, out of the folder: it is left out")
        with self._new_name(path) as (folder, name):
            folder.make_symbolic_link(target, name)
        self._remember(path, target)

    def _hard_link(self, path: Path, target: str) -> None:
        """Another name of a file of this run; a copy where that was not wanted."""
        if target in self._links:  # in another folder it would lead elsewhere
            self._symbolic_link(path, self._links[target])
        elif target in self._own:
            first = self._top / target
            with (
                system.errors_name(path),
                Folder(first.parent, top=self._top) as source,
                self._new_name(path) as (folder, name),
            ):
                source.link(first.name, name, folder)
            self._remember(path)
        else:
            member = self._files.get(target)
            if member is None or not self._archive.can_seek:
                raise UsageError(
                    f"it is another name of {target}, which was not unpacked: unpack that, too"
                )
            self._regular(path, member, tarfile.data_filter(member, str(self._top)).mode)

    @contextlib.contextmanager
    def _new_name(self, path: Path) -> Iterator[tuple[Folder, str]]:
        """A name that is free, in the place of which comes that of the path if all goes well."""
        replaces = self._replaces(path)
        refuse_existing(path, replaces)
        with system.errors_name(path), Folder(path.parent, top=self._top) as folder:
            name = temporary_name() if replaces else path.name
            yield folder, name
            if not replaces:
                return
            try:
                folder.rename(name, path.name)
            finally:
                # To rename a second name of the same file does nothing.
                if folder.find(name) is not None:
                    folder.delete(name)

    def _remember(self, path: Path, link: str | None = None) -> None:
        """A member is there now: a symbolic link that leads to `link`, or a file."""
        name = _below(path, self._top)
        self._own.add(name)
        self._links.pop(name, None)
        if link is not None:
            self._links[name] = link

    def _replaces(self, path: Path) -> bool:
        """Whether a file of this name may go: a member may come again, and the last one counts."""
        return self._force or _below(path, self._top) in self._own

    def _require_size(self, member: tarfile.TarInfo) -> None:
        """Holes of sparse files stand for any number of bytes.

        Raises:
            LimitError: there are more than allowed.
        """
        self._size += member.size
        if self._max_size is not None and self._size > self._max_size:
            raise LimitError(
                f"the files up to {member.name} have {self._size:,} bytes, more than "
                "the option max_size allows"
            )

    def _sweep(self, folder: Path) -> None:
        """Delete what killed processes have left there; looks there once."""
        if folder not in self._swept:
            self._swept.add(folder)
            remove_leftovers(folder)

    def _restore_folders(self) -> None:
        for path, recorded in self._made.items():
            # Who has replaced a folder meanwhile has other worries than its time.
            with (
                contextlib.suppress(OSError),
                Folder(path, system.CAREFULLY, self._top) as folder,
            ):
                lost = restore_attributes(Opened(folder.descriptor, str(path)), recorded)
                for sentence in lost:
                    self._listener.warned(_below(path, self._top), sentence)


def _reason(error: tarfile.FilterError) -> str:
    """What the filter found, without the name, which stands before it."""
    if isinstance(error, tarfile.SpecialFileError):
        return "it is a pipe or a device"
    if isinstance(error, tarfile.AbsoluteLinkError):
        return f"it is a link to {error.tarinfo.linkname}, an absolute path"
    if isinstance(error, tarfile.LinkOutsideDestinationError):
        return f"it is a link to {error.tarinfo.linkname}, out of the folder"
    return "it leads out of the folder, or a link on the way does"


def _below(path: Path, top: Path) -> str:
    return path.relative_to(top).as_posix()


def _time(member: tarfile.TarInfo) -> int:
    """Nanoseconds; 0 for what is no time."""
    try:
        return int(member.mtime * _NANOSECONDS)
    except (ValueError, OverflowError):  # it is infinite, or no number
        return 0

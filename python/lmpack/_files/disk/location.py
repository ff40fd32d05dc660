"""Where a file is, and how far links may lead to it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple

from lmpack._files.disk.folder import Folder
from lmpack._files.disk.system import errors_name
from lmpack.errors import UsageError


class Location(NamedTuple):
    """The place of a file.

    Attributes:
        path: of the file.
        top: the folder in which it was met. Below it no link is followed, as whoever may write
            there can put one in the place of the file, or of a folder above it, at any time. None
            for a file that was named: links to it are followed.
    """

    path: Path
    top: Path | None = None

    def folder(self) -> Folder:
        """The folder in which it is.

        Raises:
            OSError: it cannot be entered.
        """
        return Folder(self.path.parent, top=self.top)

    def open(self, flags: int = 0) -> BinaryIO:
        """For reading. No pipe or device is waited for in the place of a file that was met.

        Args:
            flags: for opening a file that was named, besides those for reading.

        Raises:
            UsageError: a file that was met is no regular one any more.
            OSError: it cannot be opened.
        """
        if self.top is None:
            return open(self.path, "rb", opener=lambda path, given: os.open(path, given | flags))
        with errors_name(self.path), self.folder() as folder:
            opened = folder.open_regular(self.path.name, os.O_RDONLY)
        if opened is None:
            raise _is_replaced()
        return os.fdopen(opened[0], "rb")

    def entry(self) -> os.stat_result:
        """Its status; of the link itself if it is one.

        Raises:
            UsageError: a file that was met is no regular one any more.
            OSError: there is none.
        """
        with errors_name(self.path), self.folder() as folder:
            status = folder.status(self.path.name)
        if self.top is not None and not stat.S_ISREG(status.st_mode):
            raise _is_replaced()
        return status


def _is_replaced() -> UsageError:
    return UsageError("it was replaced while the batch ran: it is left alone")

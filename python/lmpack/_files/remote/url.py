"""URLs of files, with as much of a path's interface as naming outputs takes."""

from __future__ import annotations

import os
import re
from pathlib import PurePath
from typing import NamedTuple

from lmpack._files.names import usable_path
from lmpack.errors import UsageError

_START = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_WEB = ("http", "https")


def is_url(path: object) -> bool:
    """Whether a text stands for a file that fsspec reaches; ./a://b is a file of this machine."""
    return isinstance(path, str) and _START.match(path) is not None


class Url(NamedTuple):
    """A URL.

    Attributes:
        text: as it was given.
    """

    text: str

    @property
    def scheme(self) -> str:
        """What stands before the colon, in lower case."""
        return self.text.partition(":")[0].lower()

    @property
    def is_web(self) -> bool:
        """Whether a web server is asked, which neither lists folders nor takes files."""
        return self.scheme in _WEB

    @property
    def name(self) -> str:
        """The last part, as a file would be called; of a web address without its query."""
        if self.is_web:
            from urllib.parse import unquote, urlsplit  # only few need what takes long to load

            return usable_path(unquote(urlsplit(self.text).path).rpartition("/")[2])
        return self.text.rpartition("/")[2]

    @property
    def parent(self) -> Url:
        """The folder in which it is."""
        head, path = self._split()
        above = path.rpartition("/")[0]
        return Url(head + (above or "/" * path.startswith("/")))

    def with_name(self, name: str) -> Url:
        """Another file beside it."""
        return self.parent / name

    def __truediv__(self, below: str | PurePath) -> Url:
        """A file below it."""
        head, path = self._split()
        folder = path.rstrip("/")
        # The root of a storage keeps its slash, or has none: file:///x, memory://x.
        between = "/" if folder or path else ""
        name = below.as_posix() if isinstance(below, PurePath) else below
        return Url(f"{head}{folder}{between}{name}")

    def _split(self) -> tuple[str, str]:
        """The scheme with its slashes, if it has one, and the rest."""
        start = _START.match(self.text)
        end = 0 if start is None else start.end()
        return self.text[:end], self.text[end:]

    def __str__(self) -> str:
        return self.text


def refuse_chain(url: object) -> None:
    """Refuse what fsspec takes for several URLs, of which only a part would be the name.

    Raises:
        UsageError: it is one.
    """
    if is_url(url) and "::" in str(url):
        raise UsageError("fsspec takes :: in a name for several URLs: give the file another name")


def checked_below(below: str) -> PurePath:
    """The path below a folder as a storage gave it, if it stays there on every system.

    Raises:
        UsageError: it does not, or no file can have this name.
    """
    separators = {os.sep, os.altsep, "/"} - {None}
    parts = re.split("|".join(re.escape(str(one)) for one in separators), below)
    if any(part in ("", ".", "..") for part in parts) or PurePath(below).is_absolute():
        raise UsageError("its name would lead out of the folder: name it by itself")
    return PurePath(usable_path(below))

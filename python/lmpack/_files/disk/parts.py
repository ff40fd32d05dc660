"""Parts of an output that several processes make, beside its place until they are put together."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from lmpack._files.disk import system
from lmpack._files.disk.folder import Folder
from lmpack._files.disk.location import Location
from lmpack._files.disk.temporary import TemporaryFile

_NAME = re.compile(r"\.lmpack-([0-9a-f]{16})-([0-9a-f]{16})-[0-9]+\.part")
_DIGITS = 16


def is_part(name: str) -> bool:
    """Whether a name is exactly like those of parts."""
    return _NAME.fullmatch(name) is not None


def digits_of(*facts: object) -> str:
    """What tells parts that are made of these facts from others: 16 hexadecimal digits."""
    return sha256(repr(facts).encode(errors="surrogatepass")).hexdigest()[:_DIGITS]


class Parts:
    """The parts of one output. Nobody else than their owner may read them.

    Args:
        output: where it will be.
        key: from :func:`digits_of`.
    """

    def __init__(self, output: Location, key: str) -> None:
        self._output = output
        self._start = f".lmpack-{_output_digits(output)}-{key}"

    def name(self, number: int) -> str:
        """Of a part, in the folder of the output."""
        return f"{self._start}-{number}.part"

    def path(self, number: int) -> Path:
        """Of a part, for errors."""
        return self._output.path.with_name(self.name(number))

    def open(self, number: int, flags: int = os.O_RDONLY) -> BinaryIO | None:
        """A part; None if there is none, or another user's.

        Args:
            number: of the part.
            flags: for opening; for anything but reading there is no buffer.

        Raises:
            OSError: it cannot be opened.
        """
        name = self.name(number)
        with system.errors_name(self.path(number)), self._output.folder() as folder:
            if folder.find(name) is None:
                return None
            opened = folder.open_regular(name, flags)
        if opened is None:
            return None
        descriptor, status = opened
        if not _is_own(status):
            os.close(descriptor)
            return None
        if flags == os.O_RDONLY:
            return os.fdopen(descriptor, "rb")
        return os.fdopen(descriptor, "r+b", buffering=0)

    @contextlib.contextmanager
    def new(self, number: int) -> Iterator[int]:
        """The descriptor of a new part, which gets its name if the block ends without an error.

        Raises:
            OSError: it cannot be written.
        """
        with system.errors_name(self.path(number)), self._output.folder() as folder:
            file = TemporaryFile(folder, 0o600)
            try:
                assert file.descriptor is not None
                yield file.descriptor
                system.sync(file.descriptor)
                if system.OPEN_FILES_ARE_FIXED:
                    file.close()
                folder.rename(file.name, self.name(number))
                folder.sync()
            finally:
                file.discard()


class AdoptedPart(TemporaryFile):
    """A part that is the whole output, and stays where it is if it gets no other name.

    Args:
        folder: in which it is.
        name: from :meth:`Parts.name`.

    Raises:
        OSError: it is not there.
    """

    def __init__(self, folder: Folder, name: str) -> None:
        self.folder, self.name = folder, name
        opened = folder.open_regular(name, os.O_RDWR)
        if opened is None or not _is_own(opened[1]):
            raise OSError(f"{folder.path / name} is no file of this user any more: do it again")
        self.descriptor, self._status = opened

    def discard(self) -> None:
        """Close it: what is in it took long to make."""
        self.close()


def remove_parts(outputs: Iterable[Location], keep: str = "") -> None:
    """Delete the parts of outputs. What cannot be deleted stays.

    Args:
        outputs: where they are, or will be.
        keep: key of those that stay.
    """
    folders: dict[Path, tuple[Location, set[str]]] = {}
    for output in outputs:
        folders.setdefault(output.path.parent, (output, set()))[1].add(_output_digits(output))
    for output, digits in folders.values():
        with contextlib.suppress(OSError), output.folder() as folder:
            for name in folder.names():
                match = _NAME.fullmatch(name)
                if match is not None and match[1] in digits and match[2] != keep:
                    with contextlib.suppress(OSError):
                        if _is_own(folder.status(name)):
                            folder.delete(name)


def _output_digits(output: Location) -> str:
    return digits_of(output.path.name)


def _is_own(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()

"""Bytes that stand before everything that is compressed, and that a file does not hold."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lmpack._buffers import flat
from lmpack._container import FINGERPRINT_SIZE
from lmpack.errors import PrefixError, UsageError

if TYPE_CHECKING:
    from lmpack._blocks.patches import PatchPrefix
    from lmpack._container import Names

_HOW_TO_GIVE = "give the very bytes that it was made with by the option prefix"


class Prefix:
    """Bytes that whoever decompresses has, too: a dictionary, or the earlier version of a file.

    What is compressed with a prefix may copy from it, and begins with what was learned of it. So
    small files of one kind become much smaller, and a file that differs little from the prefix
    becomes next to nothing. Decompressing takes the same prefix; a file names it by its digest.

    One object serves any number of calls and threads, and should: what was learned of the prefix,
    of its last 128 KiB, is kept in it.

    Args:
        data: at least one byte, of any object that holds bytes; they are copied.

    Raises:
        UsageError: there is no byte, or what is given holds no bytes, or references to objects.
    """

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        # Loaded at first use: most callers have no prefix, and --help needs no C++ core.
        import hashlib

        from lmpack._blocks.patches import PatchPrefix

        self._data = bytes(flat(data))
        if not self._data:
            raise UsageError("a prefix has at least one byte: leave it out if there is none")
        self._digest = hashlib.sha256(self._data).digest()[:FINGERPRINT_SIZE]
        self._native = PatchPrefix(self._data)
        self._process = os.getpid()

    @property
    def digest(self) -> bytes:
        """The first 8 bytes of the SHA-256 of the prefix, by which files name it."""
        return self._digest

    @property
    def native(self) -> PatchPrefix:
        """The prefix as the C++ core knows it, in this process.

        One that was forked has its own: another thread may have held the locks of the first one.
        """
        if self._process != os.getpid():
            self._native = type(self._native)(self._data)
            self._process = os.getpid()
        return self._native

    def __bytes__(self) -> bytes:
        return self._data

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"<lmpack.Prefix of {len(self):,} bytes, {self._digest.hex()}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._data,)


def prefix_to_decode(names: Names, given: Prefix | None) -> Prefix | None:
    """The prefix of a container that names these things; None if it names none.

    Args:
        names: from the container's header.
        given: what the caller has; a container that names none is decoded without.

    Raises:
        PrefixError: it is missing, or another one.
    """
    if names.prefix is None:
        return None
    if given is None:
        raise PrefixError(
            f"the file was made with the prefix {names.prefix.hex()}, which it does not hold: "
            f"{_HOW_TO_GIVE}"
        )
    if given.digest != names.prefix:
        raise PrefixError(
            f"the file was made with the prefix {names.prefix.hex()}, and the one that was given, "
            f"of {len(given):,} bytes, is {given.digest.hex()}: {_HOW_TO_GIVE}"
        )
    return given

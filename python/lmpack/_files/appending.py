"""Making a file of containers ready for one more."""

from __future__ import annotations

import os
from typing import BinaryIO

from lmpack._container import read_indexes
from lmpack.errors import FormatError, UsageError


def prepare_to_append(file: BinaryIO, max_memory: int | None, prefix: bytes | None) -> int | None:
    """Go to the place in a file at which another container may start.

    Padding is cut off, as none may stand before a container. Payloads are not decoded.

    Args:
        file: seekable; all of it is taken, whatever its position.
        max_memory: bytes that the indexes may need in memory; None for any number.
        prefix: digest of the prefix that the new container may name; None for none.

    Returns:
        Bytes of content that the file has; None if it is empty.

    Raises:
        UsageError: it can do no more than be written, or was made with another prefix.
        FormatError: it holds something else than whole containers.
        LimitError: the indexes need more memory than allowed.
    """
    if not (_can(file, "seekable") and _can(file, "readable") and _can(file, "writable")):
        raise UsageError(
            "only a file that can read, write and seek can be appended to: give its path, or open "
            'it in mode "r+b" or "a+b"'
        )
    if file.seek(0, os.SEEK_END) == 0:
        return None
    try:
        indexes = read_indexes(file, max_memory)
    except FormatError as error:
        raise type(error)(f"{error}; nothing was appended: write another file") from error
    named = {index.header.prefix for index in indexes}
    others = [each for each in named if each not in (None, prefix)]
    if prefix is not None and others:
        raise UsageError(
            f"the file was made with the prefix {others.pop().hex()}, and what is appended would "
            f"need {prefix.hex()}: nothing was appended, as one file takes one prefix; write "
            "another file"
        )
    end = indexes[-1].start + indexes[-1].size
    if end < file.seek(0, os.SEEK_END):
        file.truncate(end)
        file.seek(end)
    return sum(index.content_length for index in indexes)


def _can(file: object, ability: str) -> bool:
    asked = getattr(file, ability, None)
    return callable(asked) and bool(asked())

"""Which of several processes does a file: told by its path alone, so that all of them agree."""

from __future__ import annotations

import os
from typing import NamedTuple

from lmpack.errors import UsageError

_DIGEST_BYTES = 8


class Shard(NamedTuple):
    """One of several parts of the same files.

    Attributes:
        number: of the part; 1 is the first.
        total: how many parts there are.
    """

    number: int
    total: int

    def holds(self, path: str) -> bool:
        """Whether a file is in this part.

        The first 8 bytes of the SHA-256 of the path are taken as a number, modulo the total. It
        depends on nothing else: neither on which other files there are, nor on the machine.

        Args:
            path: relative, with / between folders.
        """
        from hashlib import sha256  # takes longer to load than a small file to be coded

        digest = sha256(os.fsencode(path)).digest()
        return int.from_bytes(digest[:_DIGEST_BYTES], "big") % self.total == self.number - 1


def checked_shard(shard: object) -> Shard:
    """A shard, given as its number and the count of all.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(shard, tuple | list) or [type(part) for part in shard] != [int, int]:
        raise UsageError(f"{shard!r} is no shard: give its number and the count of all, as (3, 64)")
    found = Shard(*shard)
    if not 1 <= found.number <= found.total:
        raise UsageError(
            f"there is no shard {found.number} of {found.total}: number them from 1 to their count"
        )
    return found

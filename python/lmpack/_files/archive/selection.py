"""Which members of an archive are wanted."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Collection


class Selection:
    """Which members are wanted.

    Args:
        names: of members and of folders, with all that is in them; all members if there are none.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._wanted = {normal_name(name): name for name in names}
        self._missing = dict(self._wanted)

    @property
    def missing(self) -> list[str]:
        """The names that were given and have not been met."""
        return list(self._missing.values())

    def takes(self, member: tarfile.TarInfo) -> bool:
        """Whether a member is wanted."""
        if not self._wanted:
            return True
        name = normal_name(member.name)
        parts = name.split("/")
        met = [above for above in _with_those_above(parts) if above in self._wanted]
        for above in met:
            self._missing.pop(above, None)
        return bool(met)


def normal_name(name: str) -> str:
    """The name of a member in one spelling."""
    return os.path.normpath(name.lstrip("/")).replace(os.sep, "/")


def _with_those_above(parts: list[str]) -> list[str]:
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]

"""Where an output goes: to a disk of this machine, or to a storage that a URL leads to."""

from __future__ import annotations

import os

from lmpack._files.remote.source import Place, RemoteLocation
from lmpack._files.remote.target import RemoteTarget, check_remote_target
from lmpack._files.replacement import Replacement, check_target


def check_place(place: Place, force: bool) -> None:
    """Refuse what would fail when all is done, as far as it can be known before.

    Raises:
        UsageError, OSError: as for :func:`check_target` or :func:`check_remote_target`.
    """
    if isinstance(place, RemoteLocation):
        check_remote_target(place.url, force)
    else:
        check_target(place.path, force)


def new_output(
    place: Place, *, force: bool, like: os.stat_result | None
) -> Replacement | RemoteTarget:
    """What takes the content of an output until that is complete.

    Args:
        place: of the output.
        force: whether an existing file is replaced.
        like: the file whose attributes it gets, where a disk keeps them.

    Raises:
        UsageError, OSError: as for :class:`Replacement` or :class:`RemoteTarget`.
    """
    if isinstance(place, RemoteLocation):
        return RemoteTarget(place.url, force=force)
    return Replacement(place.path, force=force, like=like, top=place.top)

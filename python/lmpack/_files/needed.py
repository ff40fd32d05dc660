"""What decompressing needs beside a file: it is neither deleted nor replaced by what needs it."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable

from lmpack._blocks.options import Options
from lmpack._blocks.prefix import Prefix
from lmpack._files.disk.location import Location
from lmpack._files.disk.system import WITHOUT_WAITING
from lmpack._models.bundle import path_of_bundle
from lmpack.errors import ModelError, UsageError

_PIECE = 1 << 20


class Needed:
    """The prefix, and the folders of models, that a compression uses.

    Args:
        prefix: None for none.
        models: names and folders; one that is not there is for others to say.
    """

    def __init__(
        self, prefix: Prefix | None = None, models: Iterable[str | os.PathLike[str]] = ()
    ) -> None:
        self._prefix = prefix
        self._folders = []
        for model in models:
            with contextlib.suppress(ModelError):
                self._folders.append(path_of_bundle(model).resolve())

    @classmethod
    def of(cls, options: Options) -> Needed:
        """What files need that are made with these options."""
        return cls(options.prefix, options.models)

    @property
    def prefix_digest(self) -> bytes | None:
        """By which files name their prefix; None without one."""
        return None if self._prefix is None else self._prefix.digest

    def refuse_to_delete(self, source: Location) -> None:
        """Refuse a source without which its own output could not be decompressed.

        Raises:
            UsageError: it is the prefix, or a copy of it, or a part of a model.
            OSError: it cannot be read.
        """
        if (what := self._found(source)) is not None:
            raise UsageError(
                f"it is {what}, without which nothing that was made with it can be decompressed: "
                "nothing was done; leave it out, or do without the option remove"
            )

    def refuse_to_replace(self, target: Location) -> None:
        """Refuse an output that takes the place of what it needs.

        Raises:
            UsageError: so it is.
            OSError: the file that is there cannot be read.
        """
        if target.path.is_file() and (what := self._found(target)) is not None:
            raise UsageError(
                f"the output is {what}, which decompressing it needs: name another output"
            )

    def _found(self, place: Location) -> str | None:
        if any(place.path.resolve().is_relative_to(folder) for folder in self._folders):
            return "a part of the model"
        return "the prefix" if self._is_prefix(place) else None

    def _is_prefix(self, place: Location) -> bool:
        if self._prefix is None:
            return False
        with place.open(WITHOUT_WAITING) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size != len(self._prefix):
                return False
            rest = memoryview(bytes(self._prefix))
            while piece := file.read(_PIECE):
                if rest[: len(piece)] != piece:
                    return False
                rest = rest[len(piece) :]
        return not rest

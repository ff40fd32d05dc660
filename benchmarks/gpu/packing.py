"""Files in parts that fill uploads of limited size."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from benchmarks.gpu.parts import MIB, pieces_of, split

PART = MIB
"""Small, so that uploads are filled nearly to their ends."""


def uploads(files: list[Path], room: int) -> list[list[Path]]:
    """The files in their order, cut into uploads of at most `room` bytes.

    Raises:
        ValueError: a file is larger than that.
    """
    groups: list[list[Path]] = [[]]
    left = room
    for path in files:
        size = path.stat().st_size
        if size > room:
            raise ValueError(f"{path.name} does not fit beside the checkout: {size} > {room} bytes")
        if size > left:
            groups.append([])
            left = room
        groups[-1].append(path)
        left -= size
    return groups


class Packing:
    """Files in parts, in the order in which they fill the uploads.

    Args:
        folder: for the parts.
        room: bytes that an upload holds beside the checkout.
        most: number of uploads.
    """

    def __init__(self, folder: Path, room: int, most: int) -> None:
        self._folder, self._room, self._most = folder, room, most
        self._parts: list[Path] = []

    @property
    def groups(self) -> list[list[Path]]:
        """The parts of each upload."""
        return uploads(self._parts, self._room)

    def add(self, name: str, path: Path) -> bool:
        """Add a file under a name, if the uploads hold it; whether they do."""
        with tempfile.TemporaryDirectory() as temporary:
            named = Path(shutil.copyfile(path, Path(temporary) / name))
            return self._add_parts(split(named, self._folder, PART))

    def replace(self, path: Path) -> None:
        """Put a file that is not larger into the place of one that was added under its name."""
        old = pieces_of(self._folder, path.name)
        place = next(number for number, part in enumerate(self._parts) if part in old)
        rest = [part for part in self._parts if part not in old]
        self._parts = [*rest[:place], *split(path, self._folder, PART), *rest[place:]]

    def need(self, name: str, path: Path) -> None:
        """Add a file that has to be there.

        Raises:
            ValueError: the uploads do not hold it.
        """
        self._check(self.add(name, path), str(path))

    def need_parts(self, parts: list[Path], what: str) -> None:
        """The same for parts, of something that the error names."""
        self._check(self._add_parts(parts), what)

    def _add_parts(self, parts: list[Path]) -> bool:
        fits = len(uploads([*self._parts, *parts], self._room)) <= self._most
        self._parts += parts * fits
        return fits

    def _check(self, fits: bool, what: str) -> None:
        if not fits:
            raise ValueError(f"{what} does not fit into {self._most} uploads: allow more")

"""What is wrong with a damaged file, and how what is whole of it is put together again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

from lmpack._container import Sink
from lmpack._container.remnant import Remnant
from lmpack._files.progress import Sizes

_HOLE_PIECE = 1 << 20
"""Zeros that are written in one go."""


@dataclasses.dataclass(frozen=True)
class Damage:
    """Something that is wrong with a file.

    Attributes:
        offset: of it, in the file.
        block: number of the block in its container; where several may be lost, of the first; None
            if it is no block.
        start: where the content was to be that is lost, in what was written.
        length: bytes of content that are lost: 0 if none are, None if nothing tells how many.
        reason: what is wrong, in words.
    """

    offset: int
    block: int | None
    start: int
    length: int | None
    reason: str

    def __str__(self) -> str:
        if self.length == 0:
            return f"{self.reason}; no content is lost"
        if self.length is None:
            return f"{self.reason}; from byte {self.start} of the content on, more may be lost"
        end = self.start + self.length
        return f"{self.reason}; bytes {self.start} to {end} of the content are lost"


@dataclasses.dataclass(frozen=True)
class Salvaged:
    """What came of salvaging a file.

    Attributes:
        sizes: bytes read and written.
        damage: all that is wrong with the file, in file order.
    """

    sizes: Sizes
    damage: tuple[Damage, ...]

    @property
    def is_complete(self) -> bool:
        """Whether all content was there, whatever else is damaged."""
        return all(damage.length == 0 for damage in self.damage)


class Loss(NamedTuple):
    """A fault that was found, and where; the fields are those of :class:`Remnant`."""

    offset: int
    container: int
    number: int | None
    plain_length: int | None
    is_indexed: bool
    fault: str


class Attempt(NamedTuple):
    """What came of decoding a remnant.

    Attributes:
        container: offset of its container.
        plain: its content; None if it is not whole.
        loss: what is wrong, which may be no more than the block's head; None if nothing is.
    """

    container: int
    plain: bytes | None
    loss: Loss | None

    @classmethod
    def of(cls, remnant: Remnant, plain: bytes | None, fault: str | None) -> Attempt:
        """The attempt at a remnant; it keeps no payload."""
        loss = None
        if fault is not None:
            lost = 0 if plain is not None else remnant.plain_length
            loss = Loss(
                remnant.offset,
                remnant.container,
                remnant.number,
                lost,
                remnant.is_indexed,
                fault,
            )
        return cls(remnant.container, plain, loss)


class Restoration:
    """Writes what is whole and holes for what is lost, and keeps account.

    The length in the head of a lost block may be part of the damage. It is believed if an index
    says so, too, or if a block behind it in its container is whole: losses wait until then.

    Attributes:
        has_whole_blocks: whether one has come.

    Args:
        sink: takes the content.
        holes: whether what is lost becomes zeros.
        require_size: called before anything is written, with the bytes of content up to there and
            what they end with; refuses too many.
    """

    def __init__(
        self, sink: Sink, *, holes: bool, require_size: Callable[[int, str], None]
    ) -> None:
        self._sink = sink
        self._require_size = require_size
        self._holes = holes
        self._written = 0
        self._waiting: list[Loss] = []
        self._damage: list[Damage] = []
        self.has_whole_blocks = False

    def take(self, attempt: Attempt) -> None:
        """The next remnant of the file."""
        if attempt.plain is None:
            if attempt.loss is not None:
                self._waiting.append(attempt.loss)
            return
        self.has_whole_blocks = True
        self._settle(attempt.container)
        if attempt.loss is not None:
            self._add(attempt.loss, 0)
        self._grow(len(attempt.plain), "a block that is whole")
        self._sink.write(attempt.plain)

    def finish(self) -> tuple[Damage, ...]:
        """All damage, when the last remnant has been taken."""
        self._settle(None)
        return tuple(self._damage)

    def _settle(self, whole: int | None) -> None:
        """Write the holes of all losses that wait; `whole` is a container with a whole block."""
        doubted: int | None = None
        for loss in self._waiting:
            is_believed = loss.is_indexed or loss.plain_length == 0 or loss.container == whole
            if is_believed:
                self._add(loss, loss.plain_length)
            elif loss.container != doubted:
                self._add(loss, None)
                doubted = loss.container
        self._waiting.clear()

    def _add(self, loss: Loss, length: int | None) -> None:
        self._damage.append(Damage(loss.offset, loss.number, self._written, length, loss.fault))
        missing = length if length and self._holes else 0
        self._grow(missing, f"what is lost at byte {loss.offset}")
        while missing:
            piece = min(missing, _HOLE_PIECE)
            self._sink.write(bytes(piece))
            missing -= piece

    def _grow(self, length: int, what: str) -> None:
        self._require_size(self._written + length, what)
        self._written += length

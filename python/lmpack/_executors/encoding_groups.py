"""Blocks that are encoded at the same time share the prefills of one model.

A thread takes what waits and feeds many positions of all its lanes in one call. Each block gets
what was found for it, and codes it on its own thread, beside the others.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from lmpack._executors.stepping import ENCODER_PIECE, fed_symbols, pieces
from lmpack._models.architecture import Architecture

THREADS = 2
"""While the answers of one group are on their way, the device works for the other."""

LONGEST_TIMES = 2
"""How many times as long as another lane one may be: shorter ones are fed zeros to the end."""

_AHEAD = 2
"""Pieces that a block has not coded yet, at most."""
_PATIENCE = 0.1
"""Seconds between two looks at whether a block has been given up."""

Answers: TypeAlias = "npt.NDArray[Any]"
Ask: TypeAlias = Callable[[Any, Answers, Answers], Answers]
"""From the state of some lanes, the symbols fed [L, T] and those that follow, [L, T], to what the
coder needs of them, [L, T, ...]."""


class _Feeding:
    """The bytes [L, T] of a block, and what was found for them so far."""

    def __init__(self, symbols: npt.NDArray[np.uint8], ask: Ask) -> None:
        self.symbols, self.ask = symbols, ask
        self.is_given_up = False
        self.found: queue.Queue[Answers | BaseException] = queue.Queue(_AHEAD)

    def give(self, found: Answers | BaseException) -> None:
        """Hand out a piece, as soon as there is room for it or nobody wants it."""
        while not self.is_given_up:
            try:
                return self.found.put(found, timeout=_PATIENCE)
            except queue.Full:
                continue


class EncodingGroups:
    """Blocks that share prefills.

    Args:
        architecture: of the model.
        start: gives a state of so many lanes.
        lanes: of a group, at most, unless one block has more.
    """

    def __init__(self, architecture: Architecture, start: Callable[[int], Any], lanes: int) -> None:
        self._architecture, self._start, self._lanes = architecture, start, lanes
        self._makers = ThreadPoolExecutor(THREADS, thread_name_prefix="lmpack-prefill")
        self._lock = threading.Lock()
        self._queue: deque[_Feeding] = deque()

    def answers(self, symbols: npt.NDArray[np.uint8], ask: Ask) -> Iterator[Answers]:
        """What is found for pieces of the bytes [L, T] of a block, one after another.

        Blocks with equal `ask` share its calls.
        """
        mine = _Feeding(symbols, ask)
        with self._lock:
            self._queue.append(mine)
        self._makers.submit(self._feed_group)
        try:
            for _ in pieces(symbols.shape[1], ENCODER_PIECE):
                found = mine.found.get()
                if isinstance(found, BaseException):
                    raise found
                yield found
        finally:
            mine.is_given_up = True

    def _feed_group(self) -> None:
        group = self._next_group()
        try:
            if group:
                self._feed(group)
        except BaseException as error:
            for block in group:
                block.give(error)

    def _next_group(self) -> list[_Feeding]:
        """The block that has waited longest, and those that go well with it."""
        group: list[_Feeding] = []
        left: deque[_Feeding] = deque()
        with self._lock:
            waiting = [block for block in self._queue if not block.is_given_up]
            lanes = 0
            shortest = longest = waiting[0].symbols.shape[1] if waiting else 0
            for block in waiting:
                count, length = block.symbols.shape
                ends = min(shortest, length), max(longest, length)
                fits = not group or (
                    lanes + count <= self._lanes
                    and ends[1] <= LONGEST_TIMES * ends[0]
                    and block.ask == group[0].ask
                )
                if fits:
                    group.append(block)
                    lanes += count
                    shortest, longest = ends
                else:
                    left.append(block)
            self._queue = left
        return group

    def _feed(self, group: Sequence[_Feeding]) -> None:
        length = max(block.symbols.shape[1] for block in group)
        symbols = np.zeros((sum(len(block.symbols) for block in group), length), np.uint8)
        places, first = [], 0
        for block in group:
            place = slice(first, first + len(block.symbols))
            symbols[place, : block.symbols.shape[1]] = block.symbols
            places.append(place)
            first = place.stop
        state = self._start(len(symbols))
        for piece in pieces(length, ENCODER_PIECE):
            fed = fed_symbols(symbols, piece, self._architecture)
            found = group[0].ask(state, fed, symbols[:, piece])
            for block, place in zip(group, places, strict=True):
                left = block.symbols.shape[1] - piece.start
                if left > 0:
                    block.give(np.ascontiguousarray(found[place, :left]))
            if all(block.is_given_up for block in group):
                return

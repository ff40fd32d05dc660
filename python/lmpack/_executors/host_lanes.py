"""Lanes of a model on a device, whose symbols are found on the host.

One thread makes the steps of all blocks of a batch; in each of them one call of the C++ coder, on
all cores, decodes a symbol of every lane.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._executors.continuous_batch import LaneModel
from lmpack._executors.packed_block import PackedBlock
from lmpack._native import BlockDecoder, LaneDecoders, MixedDecoder, ThreadTeam
from lmpack.errors import DamagedError


@dataclasses.dataclass
class _OnHost:
    """A block on its way.

    Attributes:
        decoder: of the block.
        symbols: those of blocks without mixing, int32 [L, lane_length]; mixing keeps its own.
        steps: done so far.
        error: of its decoder.
    """

    block: PackedBlock
    decoder: BlockDecoder | MixedDecoder
    symbols: npt.NDArray[np.int32] | None
    steps: int = 0
    error: Exception | None = None


class HostLanes:
    """See :class:`..block_batch.DecodingLanes`.

    Args:
        model: makes the steps.
        lanes: number of lanes.
        team: its threads decode the blocks of a step.
    """

    def __init__(self, model: LaneModel, lanes: int, team: ThreadTeam) -> None:
        self.lanes = lanes
        self._model, self._team = model, team
        self._state: Any = model.start(lanes)
        self._symbols = np.full(lanes, model.architecture.start_symbol, np.int32)
        self.clear()

    def warm_up(self) -> None:
        """Do what only the first step of a state does."""
        self._model.warm_up(self._state)

    def clear(self) -> None:
        """Drop all blocks."""
        self._decoders = LaneDecoders(self._team, self.lanes)
        self._blocks: dict[int, _OnHost] = {}

    def begin(self, first: int, block: PackedBlock) -> None:
        """Give a block the lanes from `first` on.

        Raises:
            DamagedError: the payload starts like none.
        """
        decoder: BlockDecoder | MixedDecoder
        symbols = None
        if block.mixing is None:
            vocabulary = self._model.architecture.vocabulary
            decoder = BlockDecoder(block.payload, block.length, block.lane_length, vocabulary)
            symbols = np.zeros((block.lanes, block.lane_length), np.int32)
        else:
            decoder = MixedDecoder(block.payload, block.length, block.lane_length, block.mixing)
        lanes = range(first, first + block.lanes)
        self._decoders.add(first, decoder)
        self._model.restart(self._state, lanes)
        self._symbols[lanes] = self._model.architecture.start_symbol
        self._blocks[first] = _OnHost(block, decoder, symbols)

    def run(self, steps: int) -> None:
        """Make some steps of all blocks. One that fails says so when it is finished."""
        found = np.empty((steps, self.lanes), np.int32)
        for step in range(steps):
            odds = self._model.step(self._state, self._symbols)
            for first, error in self._decoders.decode(odds, self._symbols):
                self._blocks[first].error = error
            found[step] = self._symbols
        for first, own in self._blocks.items():
            if own.symbols is not None:
                lanes = slice(first, first + own.block.lanes)
                own.symbols[:, own.steps : own.steps + steps] = found[:, lanes].T
            own.steps += steps

    def finish(self, first: int) -> bytes:
        """The content of a block that has made all its steps.

        Raises:
            DamagedError: the payload is not that of any bytes.
        """
        own = self._blocks[first]
        if own.error is not None:
            raise own.error
        if isinstance(own.decoder, MixedDecoder):
            return own.decoder.finish()
        assert own.symbols is not None
        own.decoder.finish()
        if own.symbols.max() > 255:
            raise DamagedError("the block decodes to symbols that are no bytes")
        return own.symbols.astype(np.uint8).tobytes()[: own.block.length]

    def drop(self, first: int) -> None:
        """Take its lanes from a block."""
        self._decoders.remove(first)
        del self._blocks[first]

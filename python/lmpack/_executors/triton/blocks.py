"""Lanes whose symbols are decoded on the device: a step asks the host for nothing.

Payloads go to the device when their block begins, and content comes back when it ends. Each lane
has a position of its own, so that blocks can begin and end at any step.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import torch

from lmpack._executors.capture_gate import GATE
from lmpack._executors.coding_constants import INITIAL_RANGE
from lmpack._executors.packed_block import PackedBlock
from lmpack._executors.triton.device import used
from lmpack._executors.triton.forward import OPTIONS, ForwardPass, LaneState
from lmpack._executors.triton.frequencies import ends_kernel
from lmpack._executors.triton.graph import captured
from lmpack._executors.triton.range_decoder import STREAM, decode_kernel
from lmpack.errors import DamagedError

_ROWS, _SYMBOLS = 4, 256
"""Rows of a program of cumulative frequencies, and symbols that are looked at together."""

FEWEST_LANES = 256
"""Of a step. Fewer would not make it shorter."""


class DecodingStep:
    """One step of all lanes: the forward pass, the cumulative frequencies, the range decoder.

    Attributes:
        forward: whose symbols are those of the step before.
        streams: int64 [L, len(STREAM)]; see :func:`..range_decoder.decode_kernel`.
    """

    def __init__(self, forward: ForwardPass) -> None:
        lanes, _, vocabulary = forward.odds.shape
        device = forward.odds.device
        self.forward = forward
        self.streams = torch.zeros(lanes, len(STREAM), dtype=torch.int64, device=device)
        self._ends = torch.zeros(lanes, vocabulary, dtype=torch.int32, device=device)

    def first(self, lanes: int) -> DecodingStep:
        """A step of the first lanes alone, in the same memory."""
        part = copy.copy(self)
        part.forward = self.forward.first(lanes)
        part.streams, part._ends = self.streams[:lanes], self._ends[:lanes]
        return part

    @property
    def launches(self) -> int:
        """Kernels of a step."""
        return self.forward.launches + 2

    def run(self) -> None:
        """Launch all kernels."""
        self.forward.run()
        lanes, vocabulary = self._ends.shape
        ends_kernel[(-(-lanes // _ROWS),)](
            self.forward.odds, self._ends, lanes,
            VOCABULARY=vocabulary, ROWS=_ROWS, CHUNK=_SYMBOLS, **OPTIONS,
        )  # fmt: skip
        # One warp: a stream is decoded lane by lane, and a warp needs no barriers.
        decode_kernel[(lanes,)](
            self._ends, self.streams, self.forward.symbols,
            VOCABULARY=vocabulary, CHUNK=_SYMBOLS, num_warps=1, **OPTIONS,
        )  # fmt: skip


class _OnDevice(NamedTuple):
    """What the addresses of a stream point to, uint8 each."""

    block: PackedBlock
    payload: torch.Tensor
    content: torch.Tensor


class TritonLanes:
    """Lanes on a device that decode blocks; see :class:`..block_batch.DecodingLanes`.

    Args:
        step: of the lanes.
        state: of the same lanes.
        start_symbol: precedes the first symbol of a lane.
        capture: whether the step is captured as a CUDA graph.
    """

    def __init__(
        self, step: DecodingStep, state: LaneState, start_symbol: int, *, capture: bool
    ) -> None:
        self.lanes = state.lanes
        self._step, self._state, self._start_symbol = step, state, start_symbol
        self._device = state.positions.device
        self._blocks: dict[int, _OnDevice] = {}
        self._capture = capture
        self._replays: dict[int, Callable[[], None]] = {}
        self._last_run: torch.cuda.Event | None = None

    def warm_up(self) -> None:
        """Make a first step of each number of lanes; if they are captured, later ones replay them.

        A step of few lanes takes less time than one of all.
        """
        with used(self._device), GATE.capture():
            self._step.forward.symbols.fill_(self._start_symbol)
            for lanes in step_sizes(self.lanes):
                run = self._step.first(lanes).run
                if self._capture:
                    run = captured(run, self._device)
                else:
                    run()
                self._replays[lanes] = run

    def clear(self) -> None:
        """Drop all blocks."""
        with used(self._device), GATE.call():
            self._step.streams.zero_()
            self._blocks.clear()

    def begin(self, first: int, block: PackedBlock) -> None:
        """Give a block the lanes from `first` on, which no other block has.

        Raises:
            DamagedError: the payload is not that of any bytes.
        """
        offset = block.first_offset()
        lanes = slice(first, first + block.lanes)
        with used(self._device), GATE.call():
            # An empty payload would have no address.
            data = torch.frombuffer(bytearray(block.payload + b"\0"), dtype=torch.uint8)
            payload = data.to(self._device, copy=True)
            content = torch.zeros(block.length, dtype=torch.uint8, device=self._device)
            stream = {
                "lane_length": block.lane_length,
                "length": block.length,
                "payload": payload.data_ptr(),
                "payload_size": len(block.payload),
                "content": content.data_ptr(),
                "offset": offset,
                "range": INITIAL_RANGE,
            }
            row = torch.tensor([stream.get(field, 0) for field in STREAM], dtype=torch.int64)
            self._blocks[first] = _OnDevice(block, payload, content)
            self._state.positions[lanes] = 0
            self._step.forward.symbols[lanes] = self._start_symbol
            self._step.streams[first] = row.to(self._device)

    def run(self, steps: int) -> None:
        """Order some steps, and wait for those of the call before; these keep the device busy."""
        with used(self._device), GATE.call():
            earlier = self._last_run
            if self._device.type == "cuda":
                self._last_run = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            replay = self._replays[self._size()]
            for _ in range(steps):
                replay()
            if self._last_run is not None:
                self._last_run.record()
            if earlier is not None:
                earlier.synchronize()

    def _size(self) -> int:
        """The smallest number of lanes that has all blocks."""
        end = max((first + own.block.lanes for first, own in self._blocks.items()), default=0)
        return next(size for size in self._replays if size >= end)

    def finish(self, first: int) -> bytes:
        """The content of a block that has made all its steps.

        Raises:
            DamagedError: the payload is not that of any bytes.
        """
        block, _, content = self._blocks[first]
        with used(self._device), GATE.call():
            values = self._step.streams[first].tolist()
            plain = content.cpu().numpy().tobytes()
        stream = dict(zip(STREAM, values, strict=True))
        if stream["largest"] > 255:
            raise DamagedError("the block decodes to symbols that are no bytes")
        block.check_end(stream["offset"], stream["range"], stream["shifted"])
        return plain

    def drop(self, first: int) -> None:
        """Take its lanes from a block."""
        with used(self._device), GATE.call():
            # Before its memory is given to others: the device does both in this order.
            self._step.streams[first] = 0
            del self._blocks[first]


def step_sizes(lanes: int) -> list[int]:
    """Numbers of lanes that have a step of their own: each twice the one before, the last one all.

    Blocks get the first lanes that are free, so that one of them is enough for a few blocks.
    """
    sizes = [lanes]
    while sizes[0] > FEWEST_LANES:
        sizes.insert(0, max(FEWEST_LANES, -(-sizes[0] // 2)))
    return sizes

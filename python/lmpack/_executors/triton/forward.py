"""One forward pass: the launches of all its kernels."""

from __future__ import annotations

import copy
import dataclasses

import torch

from lmpack._executors.triton.attention import attention_kernel
from lmpack._executors.triton.embedding import embedding_kernel
from lmpack._executors.triton.layer import last_layer_kernel, layer_kernel
from lmpack._executors.triton.tiles import tiles_for
from lmpack._executors.triton.weights import Layer, Weights
from lmpack._models.architecture import Architecture
from lmpack.errors import UsageError

PIECE = 256
"""Symbols fed to each lane in one pass, at most."""

OPTIONS = {"enable_fp_fusion": False}
"""Of every launch: a product and a sum are rounded one after the other."""

LARGEST_WIDTH, LARGEST_HEAD_WIDTH, MOST_HEADS = 1024, 64, 16
"""Up to here all kernels compile within the shared memory of an A100, nearly without spilling."""


@dataclasses.dataclass
class LaneState:
    """What is known of some lanes, all of it on the device.

    Attributes:
        lanes: number of lanes L.
        positions: int64 [L]: symbols fed to each lane.
        history: int32 [L, H], H a power of 2: the symbol of position p is at p mod H.
        keys: int8 [L, W + PIECE - 1, head] for each layer, W its window; the key of position p is
            at p mod (W + PIECE - 1), so that no key that a pass reads is overwritten by it.
        values: the same.
    """

    lanes: int
    positions: torch.Tensor
    history: torch.Tensor
    keys: list[torch.Tensor]
    values: list[torch.Tensor]

    def first(self, lanes: int) -> LaneState:
        """The first lanes alone, in the same memory."""
        return LaneState(
            lanes=lanes,
            positions=self.positions[:lanes],
            history=self.history[:lanes],
            keys=[ring[:lanes] for ring in self.keys],
            values=[ring[:lanes] for ring in self.values],
        )


def check_shape(a: Architecture) -> None:
    """Refuse a model whose rows do not fit the registers of a program.

    Raises:
        UsageError: the kernels are not made for it.
    """
    for name, value, limit in (
        ("width", a.width, LARGEST_WIDTH),
        ("head_width", a.head_width, LARGEST_HEAD_WIDTH),
        ("heads", a.heads, MOST_HEADS),
    ):
        if value > limit:
            raise UsageError(
                f"lmpack's kernels take models of {name} up to {limit}, not {value}: choose the "
                "device cuda:onnxruntime or cpu"
            )


def lane_memory(a: Architecture) -> int:
    """Bytes of a lane on the device: its rings, and what a step keeps of it."""
    rings = 2 * a.head_width * sum(window + PIECE - 1 for window in a.windows)
    position, symbol = 8, 4
    remembered = symbol * (1 << (PIECE + a.history - 1).bit_length())
    step = 2 * a.width + 2 * a.heads * a.head_width + 4 * a.vocabulary + symbol
    return rings + position + remembered + step


def new_state(a: Architecture, lanes: int, device: torch.device) -> LaneState:
    """A state of lanes with nothing fed yet."""

    def ring(window: int) -> torch.Tensor:
        # What is never written is a number all the same.
        return torch.zeros(lanes, window + PIECE - 1, a.head_width, dtype=torch.int8, device=device)

    remembered = 1 << (PIECE + a.history - 1).bit_length()
    return LaneState(
        lanes=lanes,
        positions=torch.zeros(lanes, dtype=torch.int64, device=device),
        history=torch.zeros(lanes, remembered, dtype=torch.int32, device=device),
        keys=[ring(window) for window in a.windows],
        values=[ring(window) for window in a.windows],
    )


class ForwardPass:
    """Feeds `length` symbols to each lane of a state, as often as wanted.

    Attributes:
        symbols: int32 [L, length], what is fed.
        odds: int32 [L, length, V] afterwards: of the symbols that follow.
    """

    def __init__(self, a: Architecture, weights: Weights, state: LaneState, length: int) -> None:
        rows, device = state.lanes * length, state.positions.device
        queries = a.heads * a.head_width
        self._architecture, self._weights = a, weights
        self._state, self._length = state, length
        self._tiles = tiles_for(a, state.lanes, length)
        self.symbols = torch.zeros(state.lanes, length, dtype=torch.int32, device=device)
        self.odds = torch.zeros(state.lanes, length, a.vocabulary, dtype=torch.int32, device=device)
        self._stream = torch.zeros(rows, a.width, dtype=torch.int16, device=device)
        self._queries = torch.zeros(rows, queries, dtype=torch.int8, device=device)
        self._means = torch.zeros(rows, queries, dtype=torch.int8, device=device)

    @property
    def launches(self) -> int:
        """Kernels of a pass: one at the start, and two in each layer."""
        return 1 + 2 * self._architecture.layers

    def first(self, lanes: int) -> ForwardPass:
        """A pass over the first lanes alone, in the same memory."""
        part, rows = copy.copy(self), lanes * self._length
        part._state = self._state.first(lanes)
        part._tiles = tiles_for(self._architecture, lanes, self._length)
        part.symbols, part.odds = self.symbols[:lanes], self.odds[:lanes]
        part._stream, part._queries = self._stream[:rows], self._queries[:rows]
        part._means = self._means[:rows]
        return part

    def run(self) -> None:
        """Launch all kernels; positions are advanced by the last one."""
        self._embed()
        for number, layer in enumerate(self._weights.layers):
            self._attend(number, layer)
            if number + 1 < len(self._weights.layers):
                self._finish_layer(number, layer)
            else:
                self._finish_last_layer(layer)

    def _embed(self) -> None:
        a, w, state = self._architecture, self._weights, self._state
        embedding_kernel[self._row_grid(self._tiles.embedded_rows)](
            self.symbols, state.positions, state.history, w.embedding, w.tables, self._stream,
            self._queries, state.keys[0], state.values[0], *w.layers[0].qkv,
            len(self._stream), self._length, state.keys[0].shape[1],
            TABLES=w.table_layout, START=a.start_symbol, HISTORY=state.history.shape[1],
            HEAD=a.head_width, ROWS=self._tiles.embedded_rows, **self._widths(), **OPTIONS,
        )  # fmt: skip

    def _attend(self, number: int, layer: Layer) -> None:
        a, state, tiles = self._architecture, self._state, self._tiles
        grid = (state.lanes, -(-self._length // tiles.block))
        attention_kernel[grid](
            self._queries, state.keys[number], state.values[number], layer.bias,
            self._weights.score_scale, state.positions, self._means,
            self._length, state.keys[number].shape[1],
            HEADS=a.heads, HEAD=a.head_width, WINDOW=a.windows[number],
            BLOCK=tiles.block, PADDED_HEADS=tiles.heads, COLUMNS=tiles.head, KEYS=tiles.keys,
            **OPTIONS,
        )  # fmt: skip

    def _finish_layer(self, number: int, layer: Layer) -> None:
        state, following = self._state, number + 1
        layer_kernel[self._row_grid(self._tiles.rows)](
            self._stream, self._means, *layer.out, *layer.up, *self._down(layer),
            state.positions, self._queries, state.keys[following], state.values[following],
            *self._weights.layers[following].qkv,
            len(self._stream), self._length, state.keys[following].shape[1],
            HEAD=self._architecture.head_width, **self._widths(), **self._hidden(), **OPTIONS,
        )  # fmt: skip

    def _finish_last_layer(self, layer: Layer) -> None:
        last_layer_kernel[self._row_grid(self._tiles.rows)](
            self._stream, self._means, *layer.out, *layer.up, *self._down(layer),
            *self._weights.head, self.odds, self._state.positions,
            len(self._stream), self._length,
            VOCABULARY=self._architecture.vocabulary, **self._widths(), **self._hidden(), **OPTIONS,
        )  # fmt: skip

    def _row_grid(self, rows: int) -> tuple[int]:
        return (-(-len(self._stream) // rows),)

    def _down(self, layer: Layer) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return layer.down.weight, layer.down_sums, layer.down.multiplier

    def _widths(self) -> dict[str, int]:
        """What kernels over rows of the residual stream have in common."""
        a = self._architecture
        return {
            "WIDTH": a.width,
            "QUERIES": a.heads * a.head_width,
            "COLUMNS": self._tiles.columns,
        }

    def _hidden(self) -> dict[str, int | bool]:
        """What kernels that finish a layer have in common."""
        a, tiles = self._architecture, self._tiles
        return {
            "HIDDEN": a.hidden,
            "SQUARED": a.activation == "relu2",
            "ROWS": tiles.rows,
            "CHUNK": tiles.units,
            "num_warps": tiles.warps,
        }

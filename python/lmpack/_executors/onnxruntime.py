"""The reference executor: a bundle's ONNX graph in ONNX Runtime."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from lmpack._executors.graph_session import LIBRARIES, GraphSession
from lmpack._executors.protocol import available_cores
from lmpack._executors.ring import (
    new_bias_index,
    new_bias_input,
    old_bias_index,
    old_bias_input,
    phase_input,
    slots,
)
from lmpack._executors.stepping import SteppingExecutor
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import Bundle
from lmpack._models.symbols import embedding_rows
from lmpack.errors import BundleError

PIECE = 32
"""Positions in one prefill call: enough for the matrix products, but little of it masked."""

PIECE_SYMBOLS = 512
"""Symbols (lanes * positions) in one call, so that the score tensors stay in the cache."""

SMALLEST_GROUP = 8
"""Lanes in one call of a step: below this, another thread costs more than it brings."""


@dataclasses.dataclass
class RingState:
    """Ring buffers of some lanes.

    Attributes:
        lanes: number of lanes L.
        position: symbols fed to each lane so far.
        history: int64 [L, architecture.history]: the last symbols fed.
        keys: int8 [L, head, W] for each layer, W its window.
        values: int8 [L, W, head] for each layer.
    """

    lanes: int
    position: int
    history: npt.NDArray[np.int64]
    keys: list[npt.NDArray[np.int8]]
    values: list[npt.NDArray[np.int8]]


class OnnxRuntimeExecutor(SteppingExecutor):
    """Runs `cpu.onnx` (or another graph of the bundle) on ONNX Runtime's CPU provider."""

    name = "onnxruntime"
    architecture: Architecture
    version = onnxruntime.__version__
    libraries = LIBRARIES

    def __init__(
        self,
        bundle: Bundle,
        *,
        graph: str = "cpu.onnx",
        threads: int | None = None,
        optimization: str = "all",
    ):
        """Load the graph.

        Args:
            bundle: the model.
            graph: file name of the graph inside the bundle.
            threads: calls that run side by side, each on its own lanes; None for all cores.
            optimization: "none", "basic", "extended" or "all": how far the graph is rewritten.

        Raises:
            BundleError: ONNX Runtime cannot load the graph.
        """
        self.architecture = bundle.architecture
        options = onnxruntime.SessionOptions()
        # One thread a call: lanes are independent, so calls on groups of lanes scale better than
        # threads inside the many small operators.
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        level = (
            "ORT_DISABLE_ALL" if optimization == "none" else f"ORT_ENABLE_{optimization.upper()}"
        )
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
        self._session = GraphSession(bundle.graph(graph), options, ["CPUExecutionProvider"])
        self._threads = threads or available_cores()
        self._pool = ThreadPoolExecutor(self._threads)
        layers = range(self.architecture.layers)
        self._outputs = ["odds"]
        self._outputs += [f"new_{kind}.{i}" for i in layers for kind in ("keys", "values")]

    def start(self, lanes: int) -> RingState:
        """A state of `lanes` lanes with nothing fed yet."""
        a = self.architecture
        return RingState(
            lanes=lanes,
            position=0,
            history=np.full((lanes, a.history), a.start_symbol, np.int64),
            keys=[np.zeros((lanes, a.head_width, window), np.int8) for window in a.windows],
            values=[np.zeros((lanes, window, a.head_width), np.int8) for window in a.windows],
        )

    def step(
        self, state: RingState, symbols: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        return self.prefill(state, symbols[:, None])[:, 0]

    def prefill(
        self, state: RingState, symbols: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the odds after each: int32 [L, T, V]."""
        lanes, length = symbols.shape
        odds = np.empty((lanes, length, self.architecture.vocabulary), np.int32)
        piece = min(PIECE, *self.architecture.windows)
        for start in range(0, length, piece):
            end = min(start + piece, length)
            self._feed(state, symbols[:, start:end].astype(np.int64), odds[:, start:end])
        return odds

    def _feed(
        self,
        state: RingState,
        symbols: npt.NDArray[np.int64],
        odds: npt.NDArray[np.int32],
    ) -> None:
        """One piece, some lanes at a time; `odds` is filled in."""
        a, count = self.architecture, symbols.shape[1]
        line = np.concatenate([state.history, symbols], axis=1)
        rows = embedding_rows(a, line)
        bias = {}
        for window in set(a.windows):
            bias[old_bias_input(window)] = old_bias_index(a.heads, window, state.position, count)
            bias[new_bias_input(window)] = new_bias_index(a.heads, window, count)
            bias[phase_input(window)] = np.zeros(1, np.int64)  # all lanes are at one position

        def feed_group(lanes: slice) -> None:
            odds[lanes] = self._run(state, rows[lanes], bias, lanes)

        self._side_by_side(feed_group, self._groups(state.lanes, count))
        state.position += count
        if a.history:
            state.history = line[:, -a.history :]

    def _side_by_side(self, function: Callable[[slice], None], groups: list[slice]) -> None:
        """Call `function` for each group, on the pool's threads if there are several."""
        calls = []
        # At the end of the interpreter the pool takes nothing more, but files are still closed.
        with contextlib.suppress(RuntimeError):
            while len(groups) > 1:
                calls.append(self._pool.submit(function, groups[-1]))
                groups.pop()
        for group in groups:
            function(group)
        for call in calls:
            call.result()

    def _groups(self, lanes: int, count: int) -> list[slice]:
        """How the lanes are spread over calls; their results do not depend on it."""
        group = max(1, PIECE_SYMBOLS // count)
        if group > lanes / self._threads:
            group = max(min(SMALLEST_GROUP, group), -(-lanes // self._threads))
        return [slice(first, first + group) for first in range(0, lanes, group)]

    def _run(
        self,
        state: RingState,
        rows: npt.NDArray[np.int64],
        bias: Mapping[str, npt.NDArray[np.int64]],
        lanes: slice,
    ) -> npt.NDArray[np.int32]:
        """Odds of some lanes; their new keys and values are written into the rings."""
        feed: dict[str, npt.NDArray[Any]] = {"rows": rows, **bias}
        for i in range(self.architecture.layers):
            feed[f"keys.{i}"] = state.keys[i][lanes]
            feed[f"values.{i}"] = state.values[i][lanes]
        try:
            odds, *new = self._session.run(self._outputs, feed)
        except Exception as error:  # ONNX Runtime's exceptions have no common root
            raise BundleError(f"ONNX Runtime cannot run the bundle's graph: {error}") from error
        expected = (*rows.shape[:2], self.architecture.vocabulary)
        if odds.shape != expected or odds.dtype != np.int32:
            raise BundleError(
                f"the bundle's graph gives odds {odds.dtype} {list(odds.shape)}, its "
                f"architecture demands int32 {list(expected)}"
            )
        for i, window in enumerate(self.architecture.windows):
            where = slots(window, state.position, rows.shape[1])
            state.keys[i][lanes, :, where] = new[2 * i]
            state.values[i][lanes, where] = new[2 * i + 1]
        return odds  # type: ignore[no-any-return]

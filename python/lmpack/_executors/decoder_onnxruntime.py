"""A decoder in ONNX Runtime: `cpu.onnx` on CPUs, `cuda.onnx` on GPUs."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from lmpack._executors.decoder_rings import (
    BUFFERS,
    POSITIONS,
    SYMBOLS,
    WEIGHTS,
    buffer_shape,
    buffer_type,
    new_visible,
    new_visible_input,
    old_visible,
    old_visible_input,
    slots_axis,
)
from lmpack._executors.graph_session import LIBRARIES
from lmpack._executors.protocol import available_cores
from lmpack._executors.provider import Provider
from lmpack._executors.token_stepping import TokenSteppingExecutor, table_of
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack._models.decoder.shape import padded
from lmpack.errors import BundleError, UsageError

CPU_PROVIDER = Provider("CPUExecutionProvider", "cpu")

PIECE = 256
"""Positions in one call of a prefill."""

CALL_WEIGHTS = 1 << 23
"""Weights in one call, unless one position of one lane has more: 32 MiB, and as much for each step
from their product to them."""

SLOTS = 64
"""By so many slots the buffers grow while a layer does not look back its whole window."""


@dataclasses.dataclass
class DecoderState:
    """What some lanes have seen.

    Attributes:
        lanes: number of lanes L.
        position: symbols fed to each lane.
        buffers: for each layer its keys, values and scales by their kind; see
            :mod:`~lmpack._executors.decoder_rings`.
    """

    lanes: int
    position: int
    buffers: list[dict[str, npt.NDArray[Any]]]


class OnnxRuntimeDecoderExecutor(TokenSteppingExecutor):
    """Runs a graph of a decoder; the state of all lanes stays with the caller.

    Calls on one state must not overlap; calls on different ones may.
    """

    libraries = LIBRARIES

    def __init__(
        self,
        bundle: DecoderBundle,
        *,
        threads: int | None = None,
        graph: str = "cpu.onnx",
        provider: Provider = CPU_PROVIDER,
    ) -> None:
        """Load the graph.

        Args:
            bundle: the model.
            threads: of one call on a CPU; None for all cores.
            graph: file name of the graph inside the bundle.
            provider: where it runs.

        Raises:
            BundleError: the bundle has no such graph, or ONNX Runtime cannot load it there.
            UsageError: ONNX Runtime would run it elsewhere.
        """
        self.architecture = bundle.architecture
        self.table = table_of(bundle)
        # Only who encodes needs it, and the package `tokenizers`.
        self._segmenter = functools.cache(bundle.segmenter)
        self.name = "onnxruntime" if provider.device == "cpu" else provider.device
        self._fixed = graph == "cuda.onnx"
        threads = threads or available_cores()
        self._session = provider.session(bundle.graph(graph), threads=threads)
        self.version = " ".join(filter(None, [onnxruntime.__version__, provider.hardware()]))
        layers = range(self.architecture.layers)
        self._outputs = [WEIGHTS] + [f"new_{kind}.{i}" for i in layers for kind in BUFFERS]

    def start(self, lanes: int) -> DecoderState:
        """A state of `lanes` lanes with nothing fed yet."""
        a = self.architecture
        buffers = [
            {
                kind: np.zeros(
                    buffer_shape(kind, a, lanes, self._slots(window, 0)), buffer_type(kind)
                )
                for kind in BUFFERS
            }
            for window in a.windows
        ]
        return DecoderState(lanes, 0, buffers)

    def segment(self, plain: bytes) -> npt.NDArray[np.int32]:
        """The tokens int32 [n] of some bytes, as the model's tokenizer cuts them."""
        return self._segmenter().segment(plain)

    def step(self, state: DecoderState, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]."""
        return self.prefill(state, symbols[:, None])[:, 0]

    def prefill(
        self, state: DecoderState, symbols: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.int32]:
        """Feed symbols [L, T] and give the weights after each: int32 [L, T, V].

        Raises:
            UsageError: more symbols than the context has.
            BundleError: ONNX Runtime cannot run the graph.
        """
        a, (lanes, count) = self.architecture, symbols.shape
        if state.position + count > a.context:
            raise UsageError(f"the model has {a.context} positions: start afresh")
        weights = np.empty((lanes, count, a.vocabulary), np.int32)
        at_once = max(1, min(lanes, CALL_WEIGHTS // a.vocabulary))
        piece = min(PIECE, max(1, CALL_WEIGHTS // (at_once * a.vocabulary)), *a.windows)
        for first in range(0, count, piece):
            fed = symbols[:, first : first + piece].astype(np.int64)
            self._feed(state, fed, weights[:, first : first + piece], at_once)
        return weights

    def _slots(self, window: int, position: int) -> int:
        """Slots of a layer that holds `position` positions, at least one."""
        return window if self._fixed else min(window, padded(max(position, 1), SLOTS))

    def _feed(
        self,
        state: DecoderState,
        symbols: npt.NDArray[np.int64],
        weights: npt.NDArray[np.int32],
        at_once: int,
    ) -> None:
        """One piece, so many lanes at once; `weights` is filled in."""
        a, count, position = self.architecture, symbols.shape[1], state.position
        common: dict[str, npt.NDArray[Any]] = {
            POSITIONS: np.arange(position, position + count)[None]
        }
        group = a.heads // a.kv_heads
        for window in set(a.windows):
            slots = self._slots(window, position)
            common[old_visible_input(window)] = old_visible(window, slots, position, count, group)
            common[new_visible_input(window)] = new_visible(window, count, group)
        new = []
        for first in range(0, state.lanes, at_once):
            lanes = slice(first, first + at_once)
            feed = {SYMBOLS: symbols[lanes], **common}
            for i, layer in enumerate(state.buffers):
                feed |= {f"{kind}.{i}": buffer[lanes] for kind, buffer in layer.items()}
            weights[lanes], *entries = self._run(feed, (*symbols[lanes].shape, a.vocabulary))
            new.append((lanes, entries))
        # Only now, so that the buffers grow once for all lanes.
        self._remember(state, count, new)

    def _run(
        self, feed: dict[str, npt.NDArray[Any]], expected: tuple[int, ...]
    ) -> list[npt.NDArray[Any]]:
        """Weights, and what is to be remembered of each layer."""
        try:
            found: list[npt.NDArray[Any]] = self._session.run(self._outputs, feed)
        except Exception as error:  # ONNX Runtime's exceptions have no common root
            raise BundleError(f"ONNX Runtime cannot run the bundle's graph: {error}") from error
        if found[0].shape != expected or found[0].dtype != np.int32:
            raise BundleError(
                f"the bundle's graph gives weights {found[0].dtype} {list(found[0].shape)}, its "
                f"architecture demands int32 {list(expected)}"
            )
        return found

    def _remember(
        self,
        state: DecoderState,
        count: int,
        new: list[tuple[slice, list[npt.NDArray[Any]]]],
    ) -> None:
        """Write the keys and values of `count` positions, for some lanes after others."""
        for i, window in enumerate(self.architecture.windows):
            slots = self._slots(window, state.position + count)
            where = np.arange(state.position, state.position + count) % window
            for number, kind in enumerate(BUFFERS):
                axis = slots_axis(kind)
                buffer = _grown(state.buffers[i][kind], axis, slots)
                state.buffers[i][kind] = buffer
                place = (slice(None),) * axis + (where,)
                for lanes, entries in new:
                    buffer[lanes][place] = entries[len(BUFFERS) * i + number]
        state.position += count


def _grown(buffer: npt.NDArray[Any], axis: int, slots: int) -> npt.NDArray[Any]:
    """The buffer with so many slots on an axis, the new ones zeros."""
    more = slots - buffer.shape[axis]
    if not more:
        return buffer
    return np.pad(buffer, [(0, more if n == axis else 0) for n in range(buffer.ndim)])

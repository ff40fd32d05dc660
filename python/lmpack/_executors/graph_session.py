"""A graph of a bundle in ONNX Runtime, which gets bytes and arrays and opens no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state

from lmpack._models.bundle import Graph
from lmpack.errors import BundleError

LIBRARIES: tuple[str, ...] = (str(onnxruntime_pybind11_state.__file__),)
"""Where ONNX Runtime's own code is."""


class GraphSession(onnxruntime.InferenceSession):  # type: ignore[misc]  # it has no types
    """A session, and the arrays that it computes with: ONNX Runtime does not keep them alive."""

    def __init__(
        self, graph: Graph, options: onnxruntime.SessionOptions, providers: Sequence[Any]
    ) -> None:
        """Load the graph.

        Args:
            graph: of a bundle.
            options: of the session; the graph's tensors are added.
            providers: where it runs, as ONNX Runtime takes them.

        Raises:
            BundleError: ONNX Runtime cannot load the graph.
        """
        # Otherwise the bytes themselves choose the format, and only this one was looked into.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        self._tensors = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy(array)
            for name, array in graph.tensors.items()
        }
        if self._tensors:
            options.add_external_initializers(list(self._tensors), list(self._tensors.values()))
        try:
            super().__init__(graph.content, options, providers=list(providers))
        except Exception as error:  # ONNX Runtime's exceptions have no common root
            raise BundleError(f"ONNX Runtime cannot load {graph.path}: {error}") from error

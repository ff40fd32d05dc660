"""An execution provider of ONNX Runtime: its sessions, and arrays on its device."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from lmpack._executors.graph_session import GraphSession
from lmpack._models.bundle import Graph
from lmpack.errors import BundleError, UsageError


@dataclasses.dataclass(frozen=True)
class Provider:
    """Where sessions run.

    Attributes:
        name: of the execution provider of ONNX Runtime.
        device: as ONNX Runtime's OrtValue names it.
        options: of the provider.
        capture: whether the step of a fixed number of lanes is captured once and then replayed.
        hardware: tells device, driver and libraries from others, once a session has run.
    """

    name: str
    device: str
    options: dict[str, str] = dataclasses.field(default_factory=dict)
    capture: bool = False
    hardware: Callable[[], str] = str

    def session(
        self, graph: Graph, *, capture: bool = False, threads: int | None = None
    ) -> GraphSession:
        """The session of a graph.

        Args:
            graph: of a bundle.
            capture: whether its runs are captured.
            threads: of one run, on a CPU; None for as many as there are cores.

        Raises:
            BundleError: ONNX Runtime cannot load the graph.
            UsageError: ONNX Runtime would run it elsewhere.
        """
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        # Basic rewrites only remove nodes. Those beyond replace nodes by others, and each new
        # version knows more of them; the exactness of the graph is that of its own nodes.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        settings = dict(self.options)
        if capture:
            settings["enable_cuda_graph"] = "1"
        session = GraphSession(graph, options, [(self.name, settings)])
        session.disable_fallback()
        if self.name not in session.get_providers():
            raise UsageError(
                f"ONNX Runtime could not start its {self.name} and would use the CPU: check the "
                "driver and the CUDA libraries, or choose the device cpu"
            )
        return session

    def on_device(self, array: npt.NDArray[Any]) -> Any:
        """A copy of an array on the device, an OrtValue.

        Raises:
            BundleError: there is no memory for it.
        """
        try:
            return onnxruntime.OrtValue.ortvalue_from_numpy(array, self.device, 0)
        except Exception as error:
            raise _said(error) from error

    def zeros(self, shape: tuple[int, ...], dtype: type) -> Any:
        """Zeros on the device: what is never written must be a number all the same."""
        return self.on_device(np.zeros(shape, dtype))


def to_host(value: Any) -> npt.NDArray[Any]:
    """A copy of an OrtValue; on a CPU :meth:`numpy` would be the buffer itself."""
    return np.array(value.numpy())


def run(session: Any, binding: Any) -> None:
    """Run a session on what is bound.

    Raises:
        BundleError: ONNX Runtime cannot.
    """
    try:
        session.run_with_iobinding(binding)
    except Exception as error:  # ONNX Runtime's exceptions have no common root
        raise _said(error) from error


def _said(error: Exception) -> BundleError:
    """What ONNX Runtime raised, with what to do where it is known."""
    text = str(error).lower()
    if "out of memory" in text or "failed to allocate memory" in text:
        return BundleError(
            "there is not enough memory on the device: end other programs that use it, choose a "
            f"smaller model, or choose the device cpu ({error})"
        )
    return BundleError(f"ONNX Runtime cannot run the bundle's graph: {error}")

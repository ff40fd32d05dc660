"""Launches that are made once and replayed: a CUDA graph."""

from __future__ import annotations

from collections.abc import Callable

import torch


def captured(launch: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """What makes the launches of `launch` again; here they are made once, and change their data.

    Call it with the gate closed to all others (:mod:`lmpack._executors.capture_gate`).

    Args:
        launch: makes some launches, the same ones each time.
        device: a GPU.
    """
    launch()  # compiles the kernels, which must not happen in a capture
    torch.cuda.synchronize(device)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        launch()
    replay: Callable[[], None] = graph.replay
    return replay

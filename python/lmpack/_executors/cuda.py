"""A bundle on a GPU, through ONNX Runtime's CUDA provider."""

from __future__ import annotations

import onnxruntime

from lmpack._executors.batched import BATCHES, LANES, BatchedExecutor
from lmpack._executors.graph_session import LIBRARIES
from lmpack._executors.onnx_device import DeviceModel
from lmpack._executors.provider import Provider
from lmpack._models.bundle import Bundle

GROUP_LANES = 32
"""Of blocks that are encoded together: the graph keeps the scores of all their keys as float32."""


class CudaExecutor(BatchedExecutor):
    """Runs the graphs of a bundle for GPUs; see :class:`..batched.BatchedExecutor`."""

    name = "cuda"
    libraries = LIBRARIES

    def __init__(
        self, bundle: Bundle, provider: Provider, *, lanes: int = LANES, batches: int = BATCHES
    ) -> None:
        """Load the graphs and make the first steps of the first batches.

        Args:
            bundle: the model.
            provider: :func:`~lmpack._executors.cuda_libraries.cuda_provider`, or another one that
                runs the same graph.
            lanes: of a batch.
            batches: how many there may be.

        Raises:
            BundleError: ONNX Runtime cannot load or run a graph there.
        """
        super().__init__(DeviceModel(bundle, provider), lanes, batches, GROUP_LANES)
        # Asked last: ONNX Runtime loads some libraries at the first step.
        self.version = " ".join(filter(None, [onnxruntime.__version__, provider.hardware()]))

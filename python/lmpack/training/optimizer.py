"""The optimizers: Muon (or AdamW) for hidden matrices, Adam for tables, biases, output matrix."""

from __future__ import annotations

import torch

from lmpack.training.config import TrainingConfig
from lmpack.training.model import ExactTransformer
from lmpack.training.muon import Muon


class Optimizers:
    """Both optimizers, whose rates rise and fall together."""

    def __init__(self, model: ExactTransformer, config: TrainingConfig):
        named = model.layers.named_parameters()
        matrices = [parameter for name, parameter in named if name.endswith("weight")]
        hidden = {id(p) for p in matrices}
        tables = [p for p in model.parameters() if id(p) not in hidden]
        self._config = config
        self._matrices = _matrix_optimizer(matrices, config)
        self._fused = tables[0].is_cuda or None
        self._tables = torch.optim.Adam(
            tables, lr=config.table_rate, betas=(0.9, 0.99), fused=self._fused
        )

    def step(self, rate: float) -> None:
        """Apply the gradients at a factor of the peak learning rates, and clear them."""
        for optimizer, peak in (
            (self._matrices, self._config.matrix_rate),
            (self._tables, self._config.table_rate),
        ):
            optimizer.param_groups[0]["lr"] = peak * rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, object]:
        """State of both, for a checkpoint."""
        return {"matrices": self._matrices.state_dict(), "tables": self._tables.state_dict()}

    def load_state_dict(self, state: dict[str, dict[str, object]]) -> None:
        """Inverse of :meth:`state_dict`."""
        self._matrices.load_state_dict(state["matrices"])
        self._tables.load_state_dict(state["tables"])
        # A state says how it was stepped, which depends on the device and not on the run.
        self._tables.param_groups[0]["fused"] = self._fused


def _matrix_optimizer(
    matrices: list[torch.nn.Parameter], config: TrainingConfig
) -> torch.optim.Optimizer:
    rate, decay = config.matrix_rate, config.weight_decay
    if config.matrix_optimizer == "adamw":
        return torch.optim.AdamW(matrices, lr=rate, betas=(0.9, 0.99), weight_decay=decay)
    return Muon(matrices, rate, decay, getattr(torch, config.products))

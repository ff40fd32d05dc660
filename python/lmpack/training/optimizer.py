"""The optimizers: Muon for hidden matrices, Adam for tables, biases and the output matrix."""

from __future__ import annotations

import torch

from lmpack.training.config import TrainingConfig
from lmpack.training.model import ExactTransformer


class Optimizers:
    """Both optimizers under one schedule."""

    def __init__(self, model: ExactTransformer, config: TrainingConfig):
        named = model.layers.named_parameters()
        matrices = [parameter for name, parameter in named if name.endswith("weight")]
        hidden = {id(p) for p in matrices}
        tables = [p for p in model.parameters() if id(p) not in hidden]
        self._config = config
        # Muon: orthogonalised momentum (K. Jordan, 2024); the learning rate is scaled so that an
        # update has the size of one of Adam's (J. Liu et al., arXiv 2502.16982).
        self._muon = torch.optim.Muon(
            matrices,
            lr=config.matrix_rate,
            weight_decay=config.weight_decay,
            adjust_lr_fn="match_rms_adamw",
        )
        self._adam = torch.optim.Adam(tables, lr=config.table_rate, betas=(0.9, 0.99))

    def rate(self, step: int) -> float:
        """Factor of the peak learning rates: a linear rise, then a linear fall to 0."""
        done = step / self._config.steps
        warmup = max(self._config.warmup, 1 / self._config.steps)
        return min((step + 1) / self._config.steps / warmup, (1 - done) / (1 - min(warmup, 0.5)))

    def step(self, step: int) -> None:
        """Apply the gradients with the rates of `step` and clear them."""
        rate = min(1.0, self.rate(step))
        for optimizer, peak in (
            (self._muon, self._config.matrix_rate),
            (self._adam, self._config.table_rate),
        ):
            optimizer.param_groups[0]["lr"] = peak * rate
            optimizer.step()  # type: ignore[no-untyped-call]
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, object]:
        """State of both, for a checkpoint."""
        return {"muon": self._muon.state_dict(), "adam": self._adam.state_dict()}

    def load_state_dict(self, state: dict[str, dict[str, object]]) -> None:
        """Inverse of :meth:`state_dict`."""
        self._muon.load_state_dict(state["muon"])
        self._adam.load_state_dict(state["adam"])

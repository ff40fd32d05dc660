"""The optimizer steps of a run: what has to keep a GPU busy, so no step waits for the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from lmpack.training.config import TrainingConfig
from lmpack.training.model import ExactTransformer, code_length
from lmpack.training.optimizer import Optimizers
from lmpack.training.precision import Precision
from lmpack.training.rows import sequence_rows
from lmpack.training.sampler import Sampler


class Steps:
    """Steps of one model on the sequences of one sampler.

    Attributes:
        optimizers: their state belongs to the checkpoint.

    Args:
        model: on the device of the sampler.
        config: rates, and the type of the products.
        sampler: gives the batch of each step.
        compile_model: whether torch compiles the model.
    """

    def __init__(
        self, model: ExactTransformer, config: TrainingConfig, sampler: Sampler, compile_model: bool
    ) -> None:
        self._model = model
        self._sampler = sampler
        self._precision = Precision(torch.float32, getattr(torch, config.products), compile_model)
        self._loss: Callable[..., Tensor] = (
            torch.compile(self._batch_loss, dynamic=False) if compile_model else self._batch_loss
        )
        self.optimizers = Optimizers(model, config)

    def prepare(self, kinds: Iterable[bool]) -> None:
        """Compile the passes that will be wanted (`quantize` or not), before a clock starts."""
        for quantize in kinds:
            self._backward(0, quantize)
        self._model.zero_grad(set_to_none=True)

    def take(self, number: int, rate: float, quantize: bool) -> Tensor:
        """One step.

        Args:
            number: of the step, which decides its batch.
            rate: factor of the peak learning rates.
            quantize: whether the forward pass rounds.

        Returns:
            float32 [], on the device: nats a symbol, maybe not yet computed.
        """
        loss = self._backward(number, quantize)
        self.optimizers.step(rate)
        return loss

    def _backward(self, number: int, quantize: bool) -> Tensor:
        self._model.set_precision(self._precision)
        symbols = self._sampler.batch(number)
        rows = sequence_rows(self._model.architecture, symbols)
        loss = self._loss(rows, symbols, quantize)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _batch_loss(self, rows: Tensor, symbols: Tensor, quantize: bool) -> Tensor:
        return code_length(self._model(rows, quantize), symbols).mean()

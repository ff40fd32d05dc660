"""What an export refuses, because exactness would break."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from random_models import random_model
from training_runs import ARCHITECTURE

from lmpack.errors import TrainingError
from lmpack.training.export import integer_tensors


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e-30])
def test_values_that_are_not_finite_or_subnormal_are_refused_at_export(value: float) -> None:
    model = random_model(ARCHITECTURE)
    with torch.no_grad():
        model.blocks()[0].bias[0, 3] = value
    with pytest.raises(TrainingError, match="bias"):
        integer_tensors(model)


def test_sums_that_float32_cannot_hold_are_refused_at_export() -> None:
    wide = dataclasses.replace(ARCHITECTURE, hidden=1056)
    model = random_model(wide)
    with torch.no_grad():
        model.blocks()[0].down.weight.fill_(1.0)
    with pytest.raises(TrainingError, match=r"layers\.0\.down: sums may reach"):
        integer_tensors(model)


def test_scores_that_lose_precision_are_refused_at_export(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = random_model(ARCHITECTURE)
    monkeypatch.setattr("lmpack.training.model.LARGEST_BIAS", 5000.0)
    with torch.no_grad():
        model.blocks()[0].bias.fill_(-5000)
    with pytest.raises(TrainingError, match=r"attention scores may reach 4.*biases"):
        integer_tensors(model)

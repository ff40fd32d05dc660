"""Training sequences: drawn by seed and step alone, in whatever order steps are asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from training_runs import CONFIG

from lmpack.training.config import Source, TrainingConfig
from lmpack.training.sampler import DRAWN_STEPS, Sampler

TWO = dataclasses.replace(
    CONFIG, train=(Source("a"), Source("b", weight=3.0)), batch=50, length=20, seed=7
)
NUMBERS = np.arange(200, dtype=np.uint8)


def sampler(
    config: TrainingConfig = TWO, data: Sequence[np.ndarray] = (NUMBERS[:100], NUMBERS[100:])
) -> Sampler:
    return Sampler(config, data, torch.device("cpu"))


def test_a_batch_is_a_function_of_seed_and_step() -> None:
    one, two = sampler(), sampler()
    steps = [0, 5, DRAWN_STEPS - 1, DRAWN_STEPS, 1000]
    batches = [one.batch(step) for step in steps]
    for step, batch in reversed(list(zip(steps, batches, strict=True))):
        assert torch.equal(two.batch(step), batch)
        assert not torch.equal(two.batch(step + 1), batch)
    assert not torch.equal(sampler(dataclasses.replace(TWO, seed=8)).batch(5), batches[1])


def test_sequences_come_whole_from_their_sources() -> None:
    batch = sampler().batch(3)
    assert batch.shape == (50, 20) and batch.dtype == torch.int64
    assert torch.equal(batch, batch[:, :1] + torch.arange(20))
    starts = batch[:, 0].tolist()
    assert all(0 <= start <= 80 or 100 <= start <= 180 for start in starts)
    assert 25 < sum(start >= 100 for start in starts) < 50  # three of four


@pytest.mark.parametrize("size", [20, 21])
def test_the_last_symbols_are_drawn_too(size: int) -> None:
    config = dataclasses.replace(CONFIG, length=20, batch=40)
    assert int(sampler(config, [NUMBERS[:size]]).batch(0).max()) == size - 1


def test_symbols_wider_than_a_byte() -> None:
    tokens = np.arange(40_000, 40_100).astype(np.uint16)
    batch = sampler(dataclasses.replace(CONFIG, length=20), [tokens]).batch(0)
    assert int(batch.min()) >= 40_000 and int(batch.max()) < 40_100

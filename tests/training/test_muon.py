"""Muon against that of torch, which works in bfloat16."""

from __future__ import annotations

import pytest
import torch

from lmpack.training.muon import Muon, orthogonalize


@pytest.mark.parametrize("products", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(3, 16, 48), (3, 48, 16), (2, 32, 32)])
def test_singular_values_come_close_to_one(
    shape: tuple[int, int, int], products: torch.dtype
) -> None:
    torch.manual_seed(1)
    matrices = torch.randn(shape) * 1e-3
    result = orthogonalize(matrices, products)
    assert result.shape == matrices.shape and result.dtype == torch.float32
    # A square random matrix has singular values near 0, which five steps do not bring up.
    u, values, v = torch.linalg.svd(matrices)
    rank = min(shape[1:])
    turned = (u[:, :, :rank].transpose(1, 2) @ result @ v[:, :rank].transpose(1, 2)).diagonal(
        dim1=1, dim2=2
    )
    large = turned[values > values.amax(dim=1, keepdim=True) / 10]
    assert large.min() > 0.6 and large.max() < 1.3


def test_a_matrix_of_zeros_stays_zero() -> None:
    assert torch.equal(orthogonalize(torch.zeros(1, 4, 8)), torch.zeros(1, 4, 8))


def test_steps_are_those_of_torch() -> None:
    torch.manual_seed(2)
    start = [torch.randn(shape) for shape in [(24, 40), (40, 24), (24, 40), (8, 8)]]
    results = []
    for ours in (True, False):
        matrices = [torch.nn.Parameter(matrix.clone()) for matrix in start]
        optimizer: torch.optim.Optimizer = (
            Muon(matrices, 0.02, 0.1)
            if ours
            else torch.optim.Muon(
                matrices, lr=0.02, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"
            )
        )
        generator = torch.Generator().manual_seed(3)
        for _ in range(5):
            for matrix in matrices:
                matrix.grad = torch.randn(matrix.shape, generator=generator)
            optimizer.step()
        results.append([matrix.detach() for matrix in matrices])
    for first, ours_after, theirs_after in zip(start, *results, strict=True):
        moved = (theirs_after - first).norm()
        assert (ours_after - theirs_after).norm() < 0.02 * moved


def test_a_matrix_without_a_gradient_is_left_alone() -> None:
    used, unused = (torch.nn.Parameter(torch.ones(4, 8)) for _ in range(2))
    used.grad = torch.ones(4, 8)
    Muon([used, unused], 0.1, 0.1).step()
    assert torch.equal(unused, torch.ones(4, 8))
    assert not torch.equal(used, torch.ones(4, 8))

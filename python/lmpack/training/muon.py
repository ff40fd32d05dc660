"""Orthogonalised momentum for hidden matrices."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

# Of K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024): each step
# moves every singular value in (0, 1] towards 1, fast rather than exactly.
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_STEPS = 5
_MOMENTUM = 0.95
_SMALLEST_NORM = 1e-7


def orthogonalize(matrices: Tensor, products: torch.dtype = torch.float32) -> Tensor:
    """Matrices [N, rows, columns] with all singular values brought close to 1 (0.7 to 1.2).

    Newton-Schulz iteration x <- a x + (b x x' + c (x x')**2) x, from the matrix over its norm.

    Args:
        matrices: float32.
        products: type in which the iteration works. bfloat16 is enough for it, and is what its
            authors use; it pays where there are instructions for it.

    Returns:
        float32, of the same shape.
    """
    a, b, c = _COEFFICIENTS
    wide = matrices if matrices.shape[1] <= matrices.shape[2] else matrices.transpose(1, 2)
    x = wide / torch.linalg.matrix_norm(wide, keepdim=True).clamp_min(_SMALLEST_NORM)
    x = x.to(products)
    for _ in range(_STEPS):
        gram = x @ x.transpose(1, 2)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    result: Tensor = x if wide is matrices else x.transpose(1, 2)
    return result.float()


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay.

    That of torch always works in bfloat16, which took half of the training time of a small model on
    a CPU without instructions for it. Matrices of one shape are orthogonalised together.

    Args:
        matrices: parameters [rows, columns].
        lr: learning rate; an update has the size of one of Adam's at that rate
            (J. Liu et al., arXiv 2502.16982).
        weight_decay: share of the weights, times the learning rate, that a step takes away.
        products: see :func:`orthogonalize`.
    """

    def __init__(
        self,
        matrices: Iterable[torch.nn.Parameter],
        lr: float,
        weight_decay: float,
        products: torch.dtype = torch.float32,
    ):
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})
        self._products = products

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Apply the gradients; a matrix without one is left alone."""
        for group in self.param_groups:
            matrices: list[Tensor] = [m for m in group["params"] if m.grad is not None]
            if not matrices:
                continue
            decay = 1 - group["lr"] * group["weight_decay"]
            momenta = dict(zip(matrices, self._momenta(matrices), strict=True))
            torch._foreach_mul_(matrices, decay)
            for same in _by_shape(matrices):
                stacked = torch.stack([momenta[matrix] for matrix in same])
                updates = orthogonalize(stacked, self._products)
                rate = group["lr"] * 0.2 * math.sqrt(max(same[0].shape))
                torch._foreach_add_(same, list(updates.unbind()), alpha=-rate)

    def _momenta(self, matrices: list[Tensor]) -> list[Tensor]:
        """Nesterov's momentum of each matrix."""
        gradients = [matrix.grad for matrix in matrices if matrix.grad is not None]
        for matrix in matrices:
            if not self.state[matrix]:
                self.state[matrix]["momentum_buffer"] = torch.zeros_like(matrix)
        means = [self.state[matrix]["momentum_buffer"] for matrix in matrices]
        torch._foreach_lerp_(means, gradients, 1 - _MOMENTUM)
        return list(torch._foreach_lerp(gradients, means, _MOMENTUM))


def _by_shape(matrices: list[Tensor]) -> Iterable[list[Tensor]]:
    groups: dict[torch.Size, list[Tensor]] = {}
    for matrix in matrices:
        groups.setdefault(matrix.shape, []).append(matrix)
    return groups.values()

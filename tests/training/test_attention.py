"""The attention: its gradient, its chunks and tiles, and the faster pass of training."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import pytest
import torch

from lmpack._models.architecture import ATTENTION_BASE
from lmpack.training import attention
from lmpack.training.attention import windowed_attention
from lmpack.training.precision import EXACT, Precision


def output_and_gradients(
    function: Callable[..., torch.Tensor], inputs: Sequence[torch.Tensor]
) -> list[torch.Tensor]:
    """The output, and the gradient of each input under another factor at each place of it."""
    leaves = [tensor.clone().requires_grad_() for tensor in inputs]
    output = function(*leaves)
    loss = (output * torch.linspace(-1, 1, output.numel()).view_as(output)).sum()
    return [output.detach(), *torch.autograd.grad(loss, leaves)]


def test_attention_gradient_is_that_of_the_formula() -> None:
    """The hand-written backward pass against autograd on the formula, without the rounding."""
    torch.manual_seed(0)
    window, heads, head, length = 5, 2, 3, 12
    shapes = [(1, length, heads, head), (1, length, head), (1, length, head), (heads, window)]
    inputs = [torch.randn(shape) for shape in shapes]
    inputs[3] *= 0.1
    scale = 0.02

    def direct(
        q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, table: torch.Tensor
    ) -> torch.Tensor:

        distance = torch.arange(length)[:, None] - torch.arange(length)[None, :]
        visible = (distance >= 0) & (distance < window)
        scores = torch.einsum("bthd,bsd->bhts", q, k) * scale
        scores = scores + table[:, distance.clamp(0, window - 1)]
        scores = scores.masked_fill(~visible, -100.0)
        base = (scores - scores.amax(-1, keepdim=True) + ATTENTION_BASE).clamp_min(0.0)
        mixing = base**16
        return torch.einsum("bhts,bsd->bthd", mixing / mixing.sum(-1, keepdim=True), v)

    results = []
    for function in (functools.partial(windowed_attention, scale=scale), direct):
        results.append(output_and_gradients(function, inputs))
    for ours, reference in zip(*results, strict=True):
        # The rounded weights differ by up to 1/510 of the largest one.
        assert (ours - reference).abs().max() < 0.03 * reference.abs().max()


def test_attention_over_a_long_window_ignores_the_chunking() -> None:
    torch.manual_seed(1)
    q, k = torch.randn(2, 150, 2, 4).round(), torch.randn(2, 150, 4).round()
    table = torch.randn(2, 70)
    whole = windowed_attention(q, k, k, table, 0.01)
    alone = torch.cat(
        [windowed_attention(q[i : i + 1], k[i : i + 1], k[i : i + 1], table, 0.01) for i in (0, 1)]
    )
    start = windowed_attention(q[:, :33], k[:, :33], k[:, :33], table, 0.01)
    torch.testing.assert_close(whole, alone, rtol=0, atol=0)
    torch.testing.assert_close(whole[:, :33], start, rtol=0, atol=1e-6)


CHECKS = ("test_schema", "test_faketensor")


@pytest.mark.parametrize(
    ("products", "compiled", "error"),
    [
        (torch.float32, False, 0.0),
        (torch.bfloat16, False, 0.03),
        pytest.param(torch.float32, True, 1e-4, marks=pytest.mark.slow),
        pytest.param(torch.bfloat16, True, 0.03, marks=pytest.mark.slow),
    ],
)
@pytest.mark.filterwarnings("ignore")  # what torch says of its own compiler
def test_attention_in_training_is_close_to_the_exact_one(
    monkeypatch: pytest.MonkeyPatch, products: torch.dtype, compiled: bool, error: float
) -> None:
    torch.manual_seed(2)
    shapes = [(2, 256, 2, 32), (2, 256, 32), (2, 256, 32)]
    inputs = [torch.randint(-60, 61, shape).float() for shape in shapes]
    inputs.append(torch.randn(2, 64) * 0.3)
    results = []
    fast = Precision(torch.float32, products, compiled)
    for precision, size in ((EXACT, 10**9), (fast, 40_000)):  # one tile, several tiles
        monkeypatch.setattr(attention, "TILE_BYTES", {"cpu": size})
        function = functools.partial(windowed_attention, scale=1e-4, precision=precision)
        results.append(output_and_gradients(function, inputs))
    for exact, other in zip(*results, strict=True):
        # The gradient of the biases is added up tile by tile.
        assert (exact - other).norm() <= max(error, 1e-6) * exact.norm()
    if not error:
        assert torch.equal(results[0][0], results[1][0])


def test_tiles_cover_all_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for chunks in (1, 7, 12):
        for size in (1, 200_000, 10**9):
            monkeypatch.setattr(attention, "TILE_BYTES", {"cpu": size})
            tiles = attention._tiles(torch.Size((chunks, 2, 64, 128)), 4, "cpu")
            assert [i for tile in tiles for i in range(tile.start, tile.stop)] == list(
                range(chunks)
            )


def test_the_compiler_is_told_the_true_strides() -> None:
    # Chunks of a sequence overlap and are transposed, so operands are seldom contiguous.
    q = torch.randn(2, 64, 2, 32).transpose(1, 2).requires_grad_()
    k, v = (torch.randn(2, 32, 96).transpose(1, 2).requires_grad_() for _ in range(2))
    bias = torch.randn(2, 64, 96, requires_grad=True)
    torch.library.opcheck(attention._attend, (q, k, v, bias, 1, 1e-4, False), test_utils=CHECKS)
    kept = [part.detach() for part in attention._attend(q, k, v, bias, 1, 1e-4, False)]
    operands = [torch.randn(2, 2, 64, 32), q.detach(), k.detach(), v.detach(), *kept, 1e-4, False]
    torch.library.opcheck(attention._attend_backward, tuple(operands), test_utils=CHECKS)

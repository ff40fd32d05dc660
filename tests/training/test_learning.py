"""A run learns, and its result is a bundle that compresses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from training_runs import ARCHITECTURE, CONFIG, NAME, TEXT, of_steps, read_log, trainer, weights

from lmpack._blocks.codec import decode_block, encode_block
from lmpack._container import BlockKind
from lmpack._executors.conformance import check_conformance
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.bundle import load_byte_model
from lmpack.errors import TrainingError
from lmpack.training import attention
from lmpack.training.checkpoint import CHECKPOINT
from lmpack.training.config import MATRIX_OPTIMIZERS
from lmpack.training.evaluate import bits_per_byte
from lmpack.training.model import ExactTransformer, code_length
from lmpack.training.optimizer import Optimizers
from lmpack.training.precision import EXACT, Precision
from lmpack.training.rows import sequence_rows
from lmpack.training.run_export import export_run
from lmpack.training.train import Trainer


@pytest.mark.parametrize("optimizer", MATRIX_OPTIMIZERS)
def test_every_optimizer_learns(text_folder: Path, tmp_path: Path, optimizer: str) -> None:
    config = of_steps(20, matrix_optimizer=optimizer)
    run = trainer(text_folder, tmp_path, config)
    before = weights(run)
    run.run()
    first, last = read_log(tmp_path)
    assert last["train"] < 0.95 * first["train"]
    after = weights(run)
    assert all(not torch.equal(value, after[name]) for name, value in before.items())


@pytest.mark.slow
def test_training_learns_and_the_bundle_compresses(
    text_folder: Path, finished_run: Trainer, tmp_path: Path
) -> None:
    lines = read_log(finished_run.folder)
    rates = [line["valid"][NAME] for line in lines]
    assert [line["step"] for line in lines] == [10, 20, 30, 40]
    assert rates[-1] < 0.95 * rates[0]
    export_run(finished_run.folder, tmp_path, name="learned", data=text_folder, licence="MIT")
    bundle = load_byte_model(tmp_path)
    assert (bundle.name, bundle.manifest["licence"]) == ("learned", "MIT")
    whole = bits_per_byte(finished_run.model, np.frombuffer(TEXT, np.uint8), len(TEXT))
    assert bundle.manifest["evaluation"] == {NAME: pytest.approx(whole, abs=1e-4)}
    executor = OnnxRuntimeExecutor(bundle)
    check_conformance(bundle, executor)
    start = TEXT[:2000]
    block = encode_block(executor, start)
    assert block.kind is BlockKind.MODEL
    assert 8 * len(block.payload) / len(start) < 4.5
    assert decode_block(executor, block) == start


@pytest.mark.parametrize(
    "precision", [EXACT, Precision(torch.float32), Precision(torch.float32, torch.bfloat16)]
)
def test_a_step_stays_on_the_device_of_the_model(
    monkeypatch: pytest.MonkeyPatch, precision: Precision
) -> None:
    # The device "meta" computes nothing, but refuses what is elsewhere, as a GPU does.
    monkeypatch.setitem(attention.TILE_BYTES, "meta", 40_000)
    model = ExactTransformer(ARCHITECTURE).to("meta")
    model.set_precision(precision)
    symbols = torch.zeros(2, 100, dtype=torch.int64, device="meta")
    loss = code_length(model(sequence_rows(ARCHITECTURE, symbols), True), symbols).mean()
    torch.autograd.backward(loss)
    Optimizers(model, CONFIG).step(1.0)
    assert all(parameter.grad is None for parameter in model.parameters())
    # What stands behind the attention's operators, which "meta" only asks for their shapes.
    q, k = (torch.empty(4, *shape, device="meta") for shape in [(2, 64, 32), (128, 32)])
    bias = attention.relative_bias(torch.empty(2, 64, device="meta"), 64)
    forward, backward = attention._attend._init_fn, attention._attend_backward._init_fn
    kept = forward(q, k, k, bias, 2, 1e-4, False)
    gradients = backward(q, q, k, k, *kept, 1e-4, False)
    assert [g.shape for g in gradients] == [t.shape for t in (q, k, k, bias)]


def test_a_loss_that_is_no_number_is_said_at_the_report(text_folder: Path, tmp_path: Path) -> None:
    run = trainer(text_folder, tmp_path)
    run.run(stop_after=10)
    before = (tmp_path / CHECKPOINT).read_bytes()
    with torch.no_grad():
        run.model.head.weight.fill_(float("nan"))
    with pytest.raises(TrainingError, match="the loss is nan before step 20: lower the rates"):
        run.run()
    assert (tmp_path / CHECKPOINT).read_bytes() == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no CUDA device"):
        trainer(tmp_path, tmp_path, device="cuda")

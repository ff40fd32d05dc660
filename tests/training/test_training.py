"""Training learns, is repeatable, resumes exactly, and its result round-trips as a bundle."""

from __future__ import annotations

import dataclasses
import json
import lzma
from pathlib import Path

import numpy as np
import pytest
import torch
from random_models import random_model

from lmpack._blocks.codec import decode_block, encode_block
from lmpack._container import BlockKind
from lmpack._executors.conformance import check_conformance
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.architecture import ATTENTION_BASE, WORD, Architecture, ContextTable
from lmpack._models.bundle import load_bundle
from lmpack.errors import BundleError, TrainingError
from lmpack.training import attention
from lmpack.training.attention import windowed_attention
from lmpack.training.config import DECAYS, MATRIX_OPTIMIZERS, Source, TrainingConfig, read_recipe
from lmpack.training.data import Sampler, read_source
from lmpack.training.evaluate import bits_per_byte
from lmpack.training.export import integer_tensors
from lmpack.training.model import ExactTransformer, code_length
from lmpack.training.optimizer import Optimizers
from lmpack.training.presets import PRESETS
from lmpack.training.run_export import export_run
from lmpack.training.train import CHECKPOINT, LOG, Trainer

TEXT = b"".join(b"Line %d of a text that a small model learns soon.\n" % i for i in range(400))
ARCHITECTURE = Architecture(
    vocabulary=256, width=32, heads=1, head_width=32, hidden=64, windows=(32,),
    tables=(ContextTable(2, 256, 0, 32), ContextTable(WORD, 64, 0, 32)),
)  # fmt: skip
CONFIG = TrainingConfig(
    architecture=ARCHITECTURE,
    train=(Source("text.txt"),),
    valid=(Source("text.txt"),),
    symbols=40 * 4 * 64,
    batch=4,
    length=64,
    valid_bytes=512,
    report_every=10,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "text.txt").write_bytes(TEXT)
    return tmp_path


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def assert_equal_weights(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    assert a.keys() == b.keys()
    for name, value in a.items():
        assert torch.equal(value, b[name]), name


@pytest.mark.parametrize(
    ("field", "value"),
    [("model", {}), ("optimizers", 5), ("step", "x"), ("seconds", None), ("config", "{}")],
)
def test_a_changed_checkpoint_is_refused(data: Path, field: str, value: object) -> None:
    folder = data / "run"
    Trainer(CONFIG, data, folder, compile_model=False).run(stop_after=10)
    state = torch.load(folder / CHECKPOINT, weights_only=True)
    torch.save({**state, field: value}, folder / CHECKPOINT)
    with pytest.raises(TrainingError, match=r"no readable checkpoint\.pt|another recipe"):
        Trainer(CONFIG, data, folder, compile_model=False)
    if field != "optimizers":  # which an export does not need
        with pytest.raises(TrainingError, match=r"no readable checkpoint\.pt"):
            export_run(folder, data / "bundle", name="x", data=None, licence="none")


def test_a_log_that_was_cut_off_is_no_obstacle(data: Path) -> None:
    folder = data / "run"
    Trainer(CONFIG, data, folder, compile_model=False).run(stop_after=10)
    log = folder / LOG
    whole = log.read_text()
    # Killed after the line of a later step, and within the next one, before there was a checkpoint.
    later = {**json.loads(whole), "step": 20}
    log.write_text(whole + json.dumps(later) + "\n" + whole[:40])
    Trainer(CONFIG, data, folder, compile_model=False).run(stop_after=20)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["step"] for line in lines] == [10, 20]
    assert lines[0] == json.loads(whole)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("report_every", 0),
        ("valid_bytes", 0),
        ("batch", 1.5),
        ("symbols", True),
        ("seed", -1),
        ("table_rate", -1),
        ("matrix_rate", float("nan")),
        ("weight_decay", "x"),
        ("warmup", 2),
        ("train", [{"path": 5}]),
        ("train", [{"path": "text.txt", "weight": 0}]),
        ("train", [{"path": "text.txt", "skip": [[1]]}]),
        ("train", [{"path": "text.txt", "skip": "x"}]),
        ("train", 3),
    ],
)
def test_recipes_with_impossible_fields_are_refused(
    tmp_path: Path, field: str, value: object
) -> None:
    recipe = {"architecture": "200k", "train": [{"path": "text.txt"}], field: value}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(TrainingError, match=r"recipe\.json cannot be used: "):
        read_recipe(tmp_path / "recipe.json")


@pytest.mark.parametrize("optimizer", MATRIX_OPTIMIZERS)
@pytest.mark.parametrize("decay", DECAYS)
def test_every_optimizer_and_decay_learns(data: Path, optimizer: str, decay: str) -> None:
    config = dataclasses.replace(CONFIG, matrix_optimizer=optimizer, decay=decay)
    trainer = Trainer(config, data, data / "run", compile_model=False)
    before = weights(trainer)
    trainer.run()
    first, *_, last = (data / "run" / LOG).read_text().splitlines()
    assert json.loads(last)["train"] < 0.95 * json.loads(first)["train"]
    after = weights(trainer)
    assert all(not torch.equal(value, after[name]) for name, value in before.items())


@pytest.mark.parametrize("decay", DECAYS)
def test_rates_rise_to_the_peak_and_fall_to_nothing(decay: str) -> None:
    config = dataclasses.replace(CONFIG, decay=decay, warmup=0.25)
    optimizers = Optimizers(ExactTransformer(ARCHITECTURE), config)
    rates = [optimizers.rate(step) for step in range(config.steps)]
    assert rates[0] == pytest.approx(0.1)
    assert rates.index(max(rates)) == 9
    assert max(rates) == pytest.approx(1.0)
    assert rates[25] == pytest.approx(0.5)
    assert rates[-1] < 0.04
    falls_evenly = rates[15] - rates[16] == pytest.approx(rates[25] - rates[26])
    assert falls_evenly == (decay == "linear")


def test_training_learns_and_the_bundle_compresses(data: Path, tmp_path: Path) -> None:
    trainer = Trainer(CONFIG, data, tmp_path / "run", compile_model=False)
    trainer.run()
    lines = [json.loads(line) for line in (tmp_path / "run" / LOG).read_text().splitlines()]
    rates = [line["valid"]["text.txt"] for line in lines]
    assert [line["step"] for line in lines] == [10, 20, 30, 40]
    assert rates[-1] < 0.95 * rates[0]
    export_run(tmp_path / "run", tmp_path / "bundle", name="learned", data=data, licence="MIT")
    assert load_bundle(tmp_path / "bundle").manifest["licence"] == "MIT"
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.name == "learned"
    whole = bits_per_byte(trainer.model, np.frombuffer(TEXT, np.uint8), len(TEXT))
    assert bundle.manifest["evaluation"] == {"text.txt": pytest.approx(whole, abs=1e-4)}
    executor = OnnxRuntimeExecutor(bundle)
    check_conformance(bundle, executor)
    block = encode_block(executor, TEXT)
    assert block.kind is BlockKind.MODEL
    assert 8 * len(block.payload) / len(TEXT) < 4
    assert decode_block(executor, block) == TEXT


def test_same_seed_same_weights_and_resuming_changes_nothing(data: Path, tmp_path: Path) -> None:
    whole = Trainer(CONFIG, data, tmp_path / "whole", compile_model=False)
    whole.run()
    Trainer(CONFIG, data, tmp_path / "parts", compile_model=False).run(stop_after=17)
    resumed = Trainer(CONFIG, data, tmp_path / "parts", compile_model=False)
    assert resumed.step == 17
    resumed.run()
    assert_equal_weights(weights(resumed), weights(whole))
    other = dataclasses.replace(CONFIG, seed=2)
    different = Trainer(other, data, tmp_path / "other", compile_model=False)
    assert not torch.equal(different.model.head.weight, whole.model.head.weight)


def test_a_folder_with_another_run_is_not_touched(data: Path, tmp_path: Path) -> None:
    Trainer(CONFIG, data, tmp_path / "run", compile_model=False).run(stop_after=1)
    before = (tmp_path / "run" / CHECKPOINT).read_bytes()
    with pytest.raises(TrainingError, match="another recipe"):
        other = dataclasses.replace(CONFIG, batch=5)
        Trainer(other, data, tmp_path / "run", compile_model=False)
    assert (tmp_path / "run" / CHECKPOINT).read_bytes() == before


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
    for function in (lambda *x: windowed_attention(*x, scale), direct):
        leaves = [tensor.clone().requires_grad_() for tensor in inputs]
        output = function(*leaves)
        (output * torch.linspace(-1, 1, output.numel()).view_as(output)).sum().backward()
        results.append([output.detach(), *(leaf.grad for leaf in leaves)])
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


def test_sampler_is_a_function_of_seed_and_step(data: Path) -> None:
    source = Source("text.txt")
    symbols = [read_source(data, source)]
    one, two = (Sampler((source,), symbols, 3, 50, seed=7) for _ in range(2))
    np.testing.assert_array_equal(one.batch(5), two.batch(5))
    assert (one.batch(5) != one.batch(6)).any()


def test_sources_plain_and_compressed_with_skipped_ranges(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(100)))
    (tmp_path / "b.xz").write_bytes(lzma.compress(bytes(range(100))))
    skip = ((0, 10), (50, 90))
    expected = [*range(10, 50), *range(90, 100)]
    for name in ("a.bin", "b.xz"):
        assert read_source(tmp_path, Source(name, skip=skip)).tolist() == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"", "empty"),
        (b"short", "shorter than one sequence"),
    ],
)
def test_unusable_data_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "text.txt").write_bytes(content)
    with pytest.raises(TrainingError, match=message):
        Trainer(CONFIG, tmp_path, tmp_path / "run", compile_model=False)


@pytest.mark.parametrize(
    "recipe",
    [
        '{"architecture": "huge"}',
        "[]",
        "{",
        '{"architecture": "tiny", "train": [], "speed": 1}',
        '{"architecture": "tiny", "train": [], "matrix_optimizer": "sgd"}',
        '{"architecture": "tiny", "train": [], "decay": "stairs"}',
    ],
)
def test_unusable_recipes_are_named(tmp_path: Path, recipe: str) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(recipe)
    with pytest.raises(TrainingError, match=r"recipe\.json cannot be used"):
        read_recipe(path)


def test_recipe_fields_arrive(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(
        '{"architecture": "tiny", "batch": 3, "train": [{"path": "x", "skip": [[1, 2]]}]}'
    )
    config = read_recipe(path, seed=5)
    assert config.architecture == PRESETS["tiny"]
    assert config.train == (Source("x", skip=((1, 2),)),)
    assert (config.batch, config.seed) == (3, 5)
    assert Architecture.from_json(config.to_json()["architecture"]) == config.architecture


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 48}, "width must be a positive multiple of 32"),
        ({"heads": 0}, "heads must be 1 to 1024"),
        ({"windows": ()}, "at least one layer"),
        ({"head_width": 2080}, "head_width must be at most 2048"),
        ({"heads": 1.5}, "heads must be an integer"),
        ({"windows": (8, 1025)}, "window must be 1 to 1024"),
        ({"windows": (8.0,)}, "window must be an integer"),
        ({"activation": "gelu"}, "activation must be one of"),
        ({"tables": (ContextTable(1, 5, 0, 32),)}, "order of a table must be 2 to 32"),
        ({"tables": (ContextTable(2, 0, 0, 32),)}, "rows"),
        ({"tables": (ContextTable(2, 5, 0, 48),)}, "multiples of 32"),
        ({"tables": (ContextTable(2, 5, 32, 32),)}, "within the 32 channels"),
        ({"tables": (ContextTable(2, 5.0, 0, 32),)}, "rows of a table must be an integer"),
    ],
)
def test_impossible_shapes_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        dataclasses.replace(ARCHITECTURE, **change)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_an_unreadable_checkpoint_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(TrainingError, match="no readable checkpoint"):
        export_run(tmp_path, tmp_path / "bundle", name="x", data=None, licence="MIT")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e-30])
def test_values_that_are_not_finite_or_subnormal_are_refused_at_export(value: float) -> None:
    model = random_model(ARCHITECTURE)
    with torch.no_grad():
        model.layers[0].bias[0, 3] = value
    with pytest.raises(TrainingError, match="bias"):
        integer_tensors(model)


def test_sums_that_float32_cannot_hold_are_refused_at_export() -> None:
    wide = dataclasses.replace(ARCHITECTURE, hidden=1056)
    model = random_model(wide)
    with torch.no_grad():
        model.layers[0].down.weight.fill_(1.0)
    with pytest.raises(TrainingError, match=r"layers\.0\.down: sums may reach"):
        integer_tensors(model)


def test_scores_that_lose_precision_are_refused_at_export(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = random_model(ARCHITECTURE)
    monkeypatch.setattr("lmpack.training.model.LARGEST_BIAS", 5000.0)
    with torch.no_grad():
        model.layers[0].bias.fill_(-5000)
    with pytest.raises(TrainingError, match=r"attention scores may reach 4.*biases"):
        integer_tensors(model)


@pytest.mark.filterwarnings("ignore")  # what torch says of its own compiler
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-4), (torch.bfloat16, 0.03)])
def test_attention_in_training_is_close_to_the_exact_one(
    monkeypatch: pytest.MonkeyPatch, compiled: bool, dtype: torch.dtype, error: float
) -> None:
    monkeypatch.setattr(attention, "_compiled", {})
    monkeypatch.setattr(attention, "TILE_BYTES", {"cpu": 40_000})  # several tiles
    if compiled:
        attention.compile_parts()
    torch.manual_seed(2)
    shapes = [(2, 256, 2, 32), (2, 256, 32), (2, 256, 32)]
    inputs = [torch.randint(-60, 61, shape).float() for shape in shapes]
    inputs.append(torch.randn(2, 64) * 0.3)
    results = []
    for training in (None, dtype):
        leaves = [tensor.clone().requires_grad_() for tensor in inputs]
        output = windowed_attention(*leaves, 1e-4, training)
        (output * torch.linspace(-1, 1, output.numel()).view_as(output)).sum().backward()
        results.append([output.detach(), *(leaf.grad for leaf in leaves)])
    for exact, fast in zip(*results, strict=True):
        if dtype == torch.bfloat16 or not compiled:
            assert torch.equal(exact, fast) == (dtype == torch.float32)
        assert (exact - fast).norm() < error * exact.norm()


@pytest.mark.parametrize("dtype", [None, torch.float32, torch.bfloat16])
def test_a_step_stays_on_the_device_of_the_model(
    monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype | None
) -> None:
    # The device "meta" computes nothing, but refuses what lies elsewhere, as a GPU does.
    monkeypatch.setitem(attention.TILE_BYTES, "meta", 40_000)
    model = ExactTransformer(ARCHITECTURE).to("meta")
    model.set_training_attention(dtype)
    rows = torch.zeros(2, 100, 1 + len(ARCHITECTURE.tables), dtype=torch.int64, device="meta")
    loss = code_length(model(rows, True), rows[..., 0]).mean()
    loss.backward()
    Optimizers(model, CONFIG).step(0)
    assert all(parameter.grad is None for parameter in model.parameters())
    # What stands behind the attention's operators, which "meta" only asks for their shapes.
    q, k = (torch.empty(4, *shape, device="meta") for shape in [(2, 64, 32), (128, 32)])
    bias = attention.relative_bias(torch.empty(2, 64, device="meta"), 64)
    first = torch.tensor([64, 0, 64, 0])
    forward, backward = attention._attend._init_fn, attention._attend_backward._init_fn
    kept = forward(q, k, k, bias, first, 1e-4, dtype is None)
    gradients = backward(q, q, k, k, *kept, 1e-4, dtype is None)
    assert [g.shape for g in gradients] == [t.shape for t in (q, k, k, bias)]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no CUDA device"):
        Trainer(CONFIG, tmp_path, tmp_path, False, "cuda")


def test_tiles_cover_all_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for chunks in (1, 7, 12):
        for size in (1, 200_000, 10**9):
            monkeypatch.setattr(attention, "TILE_BYTES", {"cpu": size})
            tiles = attention._tiles(torch.empty(chunks, 2, 64, 128))
            assert [i for tile in tiles for i in range(tile.start, tile.stop)] == list(
                range(chunks)
            )

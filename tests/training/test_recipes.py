"""Recipes: what arrives of them, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from training_runs import ARCHITECTURE, CONFIG

from lmpack._models.architecture import Architecture, ContextTable
from lmpack.errors import BundleError, TrainingError
from lmpack.training.config import Source, read_recipe, with_batch
from lmpack.training.presets import PRESETS

FRACTIONAL = ContextTable(2, 5.0, 0, 32)  # type: ignore[arg-type]


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
        ("warmup", 0.02),
        ("fall", 1),
        ("seconds", 0),
        ("quantize_from", 0.3),
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


@pytest.mark.parametrize(
    "recipe",
    [
        '{"architecture": "huge"}',
        "[]",
        "{",
        '{"architecture": "tiny", "train": [], "speed": 1}',
        '{"architecture": "tiny", "train": [], "matrix_optimizer": "sgd"}',
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
        ({"windows": ()}, "window of 1 to 1024 layers"),
        ({"head_width": 2080}, "head_width must be at most 2048"),
        ({"heads": 1.5}, "heads must be an integer"),
        ({"windows": (8, 1025)}, "window must be 1 to 1024"),
        ({"windows": (8.0,)}, "window must be an integer"),
        ({"activation": "gelu"}, "activation must be one of"),
        ({"tables": (ContextTable(1, 5, 0, 32),)}, "order of a table must be 2 to 32"),
        ({"tables": (ContextTable(2, 0, 0, 32),)}, "rows"),
        ({"tables": (ContextTable(2, 5, 0, 48),)}, "multiples of 32"),
        ({"tables": (ContextTable(2, 5, 32, 32),)}, "within the 32 channels"),
        ({"tables": (FRACTIONAL,)}, "rows of a table must be an integer"),
    ],
)
def test_impossible_shapes_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        dataclasses.replace(ARCHITECTURE, **change)


def test_rates_grow_with_the_root_of_the_step() -> None:
    larger = with_batch(CONFIG, 16 * CONFIG.batch)
    assert larger.step_symbols == 16 * CONFIG.step_symbols
    assert larger.matrix_rate == pytest.approx(4 * CONFIG.matrix_rate)
    assert larger.table_rate == pytest.approx(4 * CONFIG.table_rate)
    assert with_batch(CONFIG, CONFIG.batch) == CONFIG


@pytest.mark.parametrize("kind", [5, None, "bpe:" + "9" * 5000])
def test_tokenizers_that_are_none(tmp_path: Path, kind: object) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps({"architecture": "tiny", "symbols": 1, "tokenizer": kind}))
    with pytest.raises(TrainingError, match="there is no tokenizer"):
        read_recipe(path)

"""The commands train and export, with what they call replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from lmpack._models.bundle import Bundle
from lmpack.cli.main import main

if TYPE_CHECKING:
    from lmpack.training.config import TrainingConfig

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in an empty folder; it has to end well."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result

    return run


def test_train_prints_the_log_and_goes_on_where_it_was(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")

    class Trainer:
        def __init__(
            self,
            config: TrainingConfig,
            data: Path,
            folder: Path,
            compile_model: bool,
            device: str,
            *,
            branch_of: Path | None,
            start_from: Bundle | None,
        ) -> None:
            assert config.architecture.width == 256
            assert (config.products, config.batch, device) == ("bfloat16", 4, "cpu")
            assert config.seed == 7
            assert (config.seconds, branch_of, start_from) == (60.0, Path(), None)
            assert (data, folder, compile_model) == (Path("data"), Path(), True)

        def run(self, reported: Callable[[dict[str, int]], None]) -> None:
            for step in (4, 8, 9):
                reported({"step": step})

    monkeypatch.setattr("lmpack.training.train.Trainer", Trainer)
    recipe = {"architecture": "tiny", "train": [], "symbols": 90, "batch": 1, "length": 10}
    Path("recipe.json").write_text(json.dumps(recipe))
    options = ["--preset", "base", "--data", "data", "--output", ".", "--compile"]
    options += ["--device", "cpu", "--products", "bfloat16"]
    options += ["--seconds", "60", "--branch", ".", "--batch", "4", "--seed", "7"]
    result = invoke("train", "recipe.json", *options)
    assert result.stdout.splitlines() == ['{"step": 4}', '{"step": 8}', '{"step": 9}']


def test_built_in_recipes_have_names() -> None:
    from lmpack.cli.train import RECIPES
    from lmpack.training.config import read_recipe
    from lmpack.training.presets import PRESETS

    for preset in PRESETS:
        config = read_recipe(RECIPES / "general.json", architecture=preset)
        assert config.architecture == PRESETS[preset]
        assert config.train
        assert config.valid


def test_export_names_the_bundle_after_its_folder(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    calls = []

    def export_run(*args: object, **named: object) -> list[str]:
        calls.append((args, named))
        return ["it is asleep"]

    monkeypatch.setattr("lmpack.training.run_export.export_run", export_run)
    Path("run").mkdir()
    result = invoke("export", "run", "models/mine")
    assert result.stderr == "lmpack: run: warning: it is asleep\n"
    invoke("export", "run", "models/mine", "--name", "other", "--data", ".", "--licence", "MIT")
    paths = (Path("run"), Path("models/mine"))
    assert calls == [
        (paths, {"name": "mine", "data": None, "licence": "not stated"}),
        (paths, {"name": "other", "data": Path(), "licence": "MIT"}),
    ]

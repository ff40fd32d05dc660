"""Layers whose hidden units have died are seen: in the log, the curves, and at the export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from training_runs import of_steps, read_log, trainer

from lmpack._models.bundle import MANIFEST
from lmpack.cli.main import main
from lmpack.training.activity import HiddenActivity, complaints
from lmpack.training.curves import draw_curves
from lmpack.training.train import Trainer


def test_shares_are_counted() -> None:
    activity = HiddenActivity(2, 4, torch.device("cpu"))
    inputs = torch.tensor([[[1.0, 3.0], [2.0, -1.0]]])
    activity.add(inputs, torch.tensor([[[0.0, 1.0, 0.0, 0.0], [0.0, 2.0, 3.0, 0.0]]]))
    activity.add(inputs, torch.tensor([[[0.0, 0.0, 0.0, 0.0], [5.0, 0.0, 0.0, 0.0]]]))
    assert activity.mean_input.tolist() == [1.5, 1.0]
    assert (activity.living, activity.zeros) == (0.75, 12 / 16)


def test_living_layers_are_not_complained_of() -> None:
    assert complaints({"living": [0.95, 1.0], "zeros": [0.9, 0.5]}) == []


@pytest.mark.slow
def test_the_log_shows_living_units(finished_run: Trainer, tmp_path: Path) -> None:
    lines = read_log(finished_run.folder)
    assert all(0.9 < line["hidden"]["living"][0] <= 1 for line in lines)
    assert all(0.1 < line["hidden"]["zeros"][0] < 0.9 for line in lines)
    draw_curves(lines, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_curves_of_a_run_whose_validation_sources_changed(tmp_path: Path) -> None:
    picture = tmp_path / "curves.png"
    bare = {"symbols": 5, "train": 2.0, "valid": {}, "hidden": None}
    hidden = {"living": [1.0], "zeros": [0.5]}
    full = {**bare, "symbols": 9, "valid": {"text": 1.5}, "hidden": hidden}
    for lines in ([bare], [bare, full], [full, bare]):
        draw_curves(lines, picture)
        assert picture.exists()
        picture.unlink()


def test_a_dead_layer_is_warned_of(text_folder: Path, tmp_path: Path) -> None:
    run = trainer(text_folder, tmp_path / "run", of_steps(1))
    with torch.no_grad():
        run.model.blocks()[0].up.weight[:60] = 0
    run.run()
    result = CliRunner().invoke(
        main, ["export", str(tmp_path / "run"), str(tmp_path / "bundle")], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert "warning: only 6." in result.stderr
    assert "% of the hidden units of layer 0 ever fire" in result.stderr
    manifest = json.loads((tmp_path / "bundle" / MANIFEST).read_text())
    assert manifest["hidden_units"]["living"][0] < 0.07

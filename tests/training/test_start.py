"""A run that begins with a bundle: the same integers, wider tables, dead units that learn again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from random_models import ARCHITECTURES, random_bundle, random_model, random_symbols, torch_odds
from training_runs import TEXT, of_steps, trainer

from lmpack._executors.conformance import odds_digest
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import MANIFEST, Bundle, load_byte_model
from lmpack.errors import TrainingError
from lmpack.training.activity import observed
from lmpack.training.checkpoint import CHECKPOINT
from lmpack.training.evaluate import total_bits
from lmpack.training.export import write_bundle
from lmpack.training.model import ExactTransformer
from lmpack.training.run_export import export_run
from lmpack.training.start import load_weights, revive_dead_units

TABLES = ARCHITECTURES["tables"]
SYMBOLS = np.frombuffer(TEXT[:1500], np.uint8)


def widened(shape: Architecture, factor: int) -> Architecture:
    tables = tuple(dataclasses.replace(t, rows=t.rows * factor) for t in shape.tables)
    return dataclasses.replace(shape, tables=tables)


def loaded(shape: Architecture, bundle: Bundle) -> ExactTransformer:
    model = ExactTransformer(shape)
    load_weights(model, bundle)
    return model


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("factor", [1, 4])
def test_the_function_is_that_of_the_bundle(tmp_path: Path, name: str, factor: int) -> None:
    shape = ARCHITECTURES[name]
    bundle = random_bundle(tmp_path, shape)
    model = loaded(widened(shape, factor), bundle)
    for vector in bundle.conformance:
        odds = torch_odds(model, np.array(vector.symbols))
        assert odds_digest(odds) == vector.sha256


def test_the_function_of_a_shipped_model_is_kept() -> None:
    bundle = load_byte_model("tiny")
    model = loaded(widened(bundle.architecture, 2), bundle)
    symbols = np.array(bundle.conformance[0].symbols)
    assert odds_digest(torch_odds(model, symbols)) == bundle.conformance[0].sha256


def with_dead_units(shape: Architecture, dead: slice) -> ExactTransformer:
    """A random model in whose first layer some hidden units never get above 0."""
    model = random_model(shape)
    with torch.no_grad():
        model.blocks()[0].up.weight[dead] = 0.0
        model.blocks()[0].down.weight[:40, dead.start] = 50.0  # the scales of these rows
    return model


def test_dead_units_are_revived_and_change_nothing(tmp_path: Path) -> None:
    dead = slice(10, 50)
    write_bundle(with_dead_units(TABLES, dead), tmp_path, name="dead", facts={})
    model = loaded(TABLES, load_byte_model(tmp_path))
    symbols = random_symbols(TABLES, 1, 300)[0, 1:]
    before = total_bits(model, [symbols])
    with observed(model) as activity:
        total_bits(model, [symbols])
    assert not activity[0].fired[dead].any()
    count = int((~activity[0].fired).sum())
    revived = revive_dead_units(model, [symbols])
    assert revived[0] == count - 1  # one holds the scales of the rows
    assert total_bits(model, [symbols]) == before
    with observed(model) as activity:
        total_bits(model, [symbols])
    assert int((~activity[0].fired).sum()) <= 1 + count // 10


def test_living_units_are_left_alone(tmp_path: Path) -> None:
    model = loaded(TABLES, random_bundle(tmp_path, TABLES))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with observed(model) as activity:
        total_bits(model, [SYMBOLS])
    revive_dead_units(model, [SYMBOLS])
    fired = activity[1].fired
    after = model.state_dict()
    assert torch.equal(before["layers.1.up.weight"][fired], after["layers.1.up.weight"][fired])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 128}, r"the bundle has width 96, the recipe 128"),
        ({"windows": (16, 47)}, r"the bundle has windows \(16, 48\), the recipe \(16, 47\)"),
        ({"tables": TABLES.tables[:2]}, "the bundle has 3 tables, the recipe 2"),
        ({"tables": (*TABLES.tables[:2], dataclasses.replace(TABLES.tables[2], order=5))},
         "table 2 is .* in the bundle"),
        ({"tables": (*TABLES.tables[:2], dataclasses.replace(TABLES.tables[2], rows=100))},
         "table 2 has 99 rows in the bundle: 100 is no multiple"),
    ],
)  # fmt: skip
def test_other_shapes_are_refused_by_name(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    bundle = random_bundle(tmp_path, TABLES)
    with pytest.raises(TrainingError, match=message):
        loaded(dataclasses.replace(TABLES, **change), bundle)


def test_a_run_without_validation_sources_keeps_the_model(
    text_folder: Path, tmp_path: Path
) -> None:
    bundle = random_bundle(tmp_path / "bundle", of_steps(1).architecture)
    model = loaded(bundle.architecture, bundle)
    run = trainer(text_folder, tmp_path / "run", of_steps(1, valid=()), start_from=bundle)
    (before,), (after,) = total_bits(model, [SYMBOLS]), total_bits(run.model, [SYMBOLS])
    assert after == pytest.approx(before, rel=0.01)


def test_a_run_goes_on_when_the_manifest_of_its_bundle_has_changed(
    text_folder: Path, tmp_path: Path
) -> None:
    random_bundle(tmp_path / "bundle", of_steps(1).architecture)
    start = load_byte_model(tmp_path / "bundle")
    trainer(text_folder, tmp_path / "run", of_steps(3), start_from=start).run(stop_after=1)
    manifest = json.loads((tmp_path / "bundle" / MANIFEST).read_text())
    (tmp_path / "bundle" / MANIFEST).write_text(
        json.dumps({**manifest, "training": {"symbols": 5}})
    )
    changed = load_byte_model(tmp_path / "bundle")
    resumed = trainer(text_folder, tmp_path / "run", of_steps(3), start_from=changed)
    assert resumed.course.step == 1


def test_a_run_from_a_bundle_counts_what_it_had_seen(text_folder: Path, tmp_path: Path) -> None:
    run, bundle = tmp_path / "run", tmp_path / "bundle"
    first = random_bundle(bundle, of_steps(1).architecture)
    manifest = json.loads((bundle / MANIFEST).read_text())
    (bundle / MANIFEST).write_text(json.dumps({**manifest, "training": {"symbols": 1000}}))
    start = load_byte_model(bundle)
    trainer(text_folder, run, of_steps(3), start_from=start).run(stop_after=2)
    resumed = trainer(text_folder, run, of_steps(3), start_from=start)
    assert resumed.course.step == 2
    resumed.run()
    export_run(run, tmp_path / "new", name="new", data=None, licence="MIT")
    training = load_byte_model(tmp_path / "new").manifest["training"]
    assert training["symbols"] == 1000 + 3 * 256
    assert training["started_from"]["fingerprint"] == first.fingerprint.hex()
    other = random_bundle(tmp_path / "other", of_steps(1).architecture, seed=1)
    with pytest.raises(TrainingError, match="began with other weights"):
        trainer(text_folder, run, of_steps(3), start_from=other)
    assert (run / CHECKPOINT).exists()

"""Rows of the paper's experiments are of the models and levels as they are, or it is said."""

from __future__ import annotations

import pytest

from benchmarks import evaluated
from benchmarks.measure import evaluation
from benchmarks.places import RESULTS
from benchmarks.state import program_state
from lmpack.evaluation.results import read_rows

EVALUATED = sorted(
    path.relative_to(RESULTS / "evaluation").with_suffix("").as_posix()
    for path in (RESULTS / "evaluation").rglob("*.json")
)


@pytest.mark.parametrize("name", EVALUATED)
def test_rows_of_the_papers_experiments_are_up_to_date_or_kept(name: str) -> None:
    rows = read_rows(evaluated.EVALUATION / f"{name}.json")
    words = evaluated.evaluated_words(name, rows)
    if name in evaluated.KEPT:
        assert words, f"{name} is up to date: take it off the list in benchmarks/evaluated.py"
        return
    assert not words, (
        f"{name} has rows of other models: run scripts/bench evaluation and scripts/docs, or say "
        "in benchmarks/evaluated.py why it is kept"
    )


def test_a_row_of_another_model_or_level_is_an_earlier_one() -> None:
    now = program_state()
    model = {"compressor": "Transformer base", "fingerprint": now["models"]["base"] + "0" * 48}
    level = {"compressor": "lmpack -9", "environment": {"state": now}}
    level["fingerprint"] = "+".join(now["models"][name] + "0" * 48 for name in ("base", "small"))
    plain = {"compressor": "lmpack -2", "fingerprint": "", "environment": {"state": now}}
    others = [{"compressor": name, "fingerprint": ""} for name in ("gzip", "Transformer 200K")]
    assert not any(map(evaluated.is_earlier, (model, level, plain, *others)))
    assert evaluated.is_earlier({**model, "fingerprint": "1" * 64})
    assert evaluated.is_earlier({**level, "fingerprint": model["fingerprint"]})
    assert evaluated.is_earlier({**plain, "environment": {}})
    assert evaluated.evaluated_words("none", [model, {**model, "fingerprint": "1"}]) == (
        "**Of an earlier state:** since then there are changes in Transformer base."
    )


def test_rows_that_are_measured_again_stand_where_the_old_ones_stood() -> None:
    old = [{"compressor": name, "sha256": "1"} for name in ("a", "b", "c")]
    new = [old[2], {**old[0], "fingerprint": "another"}, old[1]]
    assert evaluation.in_places(old, new) == [new[1], old[1], old[2]]
    assert evaluation.short_name("lmpack -6") == "level:6"
    assert evaluation.short_name("Transformer base") == "model:base"

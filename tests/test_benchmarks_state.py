"""No table is taken for one of the program as it is if it is not."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import evaluated, standing, state
from benchmarks.measure import night
from benchmarks.pages import models, render, tables
from benchmarks.places import DOCS, RESULTS, ROOT
from benchmarks.record import NAME, environment, read_result, referred_states, row_conditions
from benchmarks.standing import ALL, KEPT, PARTS, changed_parts, of_levels
from benchmarks.state import Parts, changes, program_state, state_key

NEEDED = ("cpu", "cores", "python", "packages", "commit", "tree", "modified", "state")
NAMES = sorted(path.stem for path in RESULTS.glob("*.json"))
OF_SEVERAL_RUNS = ("rivals", "kinds")
"""Their rows are told apart by what each was measured with."""


def result_of(name: str) -> dict[str, Any]:
    result = read_result(name)
    assert result is not None
    return result


def environments_in(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """That of the whole, or else those of the rows."""
    whole = result.get("environment")
    yield from [whole] if whole else [row["environment"] for row in result["rows"]]


@pytest.mark.parametrize("name", NAMES)
def test_a_result_says_what_it_was_measured_with(name: str) -> None:
    found = list(environments_in(result_of(name)))
    assert found
    for one in found:
        assert [key for key in NEEDED if key not in one] == []


@pytest.mark.parametrize("name", OF_SEVERAL_RUNS)
def test_each_row_of_several_runs_says_it_too(name: str) -> None:
    result = result_of(name)
    for row in result["rows"]:
        assert {"cpu", "commit", "tree", "modified"} <= row.keys()
        if row["codec"].startswith("lmpack"):
            assert row["state"] in result["states"]
    for key, one in result["states"].items():
        assert state_key(one) == key


def test_it_is_known_of_every_result_what_it_depends_on() -> None:
    assert PARTS.keys() - {night.RESULT} == {*NAMES} - {night.RESULT}


@pytest.mark.parametrize("name", NAMES)
def test_a_result_depends_on_the_levels_that_its_rows_name(name: str) -> None:
    result = result_of(name)
    rows = [row for row in result.get("rows", []) if "environment" not in row]
    levels = {row["level"] for row in [result, *rows] if isinstance(row.get("level"), int)}
    needed, stated = of_levels(*levels), PARTS[name]
    if levels:
        assert {*needed.models} <= {*stated.models}
        assert {*needed.predictors} <= {*stated.predictors}
        assert stated.levels


@pytest.mark.parametrize("name", NAMES)
def test_a_result_is_up_to_date_or_listed_as_kept(name: str) -> None:
    found = changed_parts(result_of(name))
    if name in KEPT:
        assert found, f"{name} is up to date: take it off the list of kept results"
        return
    assert not found, (
        f"{name} was measured before changes in {state.enumerated(found)}: run scripts/bench "
        f"{name} and scripts/docs, or say in benchmarks/standing.py why it is kept"
    )


def test_pages_say_which_tables_are_kept() -> None:
    text = all_pages()
    for name, shows in {**KEPT, **evaluated.KEPT}.items():
        assert f"is kept as it shows {shows}." in text, name


def all_pages() -> str:
    pages = [*DOCS.glob("*.md"), ROOT / "README.md"]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def test_tables_of_an_earlier_state_are_not_on_the_page_of_benchmarks() -> None:
    kept = sum(name in KEPT for name in render.SECTIONS)
    assert "Of an earlier state" not in render.benchmarks()
    assert render.history().count("Of an earlier state") == kept
    assert render.benchmarks().partition("## Earlier measurements")[2].count("\n- ") == kept


def test_every_table_of_a_result_says_what_state_it_is_of(monkeypatch: pytest.MonkeyPatch) -> None:
    result = copy.deepcopy(result_of("compare"))
    result["environment"]["state"]["models"]["tiny"] = "another"
    monkeypatch.setattr(models, "read_result", lambda name: result if name == "compare" else None)
    parts = models.parts()
    assert all("changes in the models tiny" in parts[name] for name in ("models", "chunks"))


def test_a_row_says_what_it_depends_on_itself() -> None:
    other = {**program_state(), "models": {**program_state()["models"], "tiny": "another"}}
    row: dict[str, Any] = {"models": ["tiny"], "environment": {"state": other}}
    assert changed_parts({NAME: "living_layers", "rows": [row]}) == ["the model tiny"]
    assert changed_parts({NAME: "living_layers", "rows": [{**row, "models": ["base"]}]}) == []
    other = {**other, "predictors": {**program_state()["predictors"], "strong": "another"}}
    row = {"models": ["base"], "level": 8, "environment": {"state": other}}
    assert changed_parts({NAME: "model_change", "rows": [row]}) == ["the predictor strong"]
    assert changed_parts({NAME: "model_change", "rows": [{**row, "level": 6}]}) == []


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (("format",), "the format"),
        (("levels",), "the table of levels"),
        (("models", "base"), "the model base"),
        (("predictors", "strong"), "the predictor strong"),
    ],
)
def test_another_state_shows(place: tuple[str, ...], words: str) -> None:
    other: Any = copy.deepcopy(dict(program_state()))
    part = other[place[0]] if place[1:] else other
    part[place[-1]] = 2 if place == ("format",) else "another"
    assert changes(other, ALL) == [words]
    assert changes(other, standing.NOTHING) == []
    assert changes(program_state(), ALL) == []
    assert changes(None, Parts(("tiny",))) == ["the program"]
    result = {"result": "rivals", "environment": {**environment(), "state": other}}
    assert words in tables.conditions(result)
    assert "earlier" not in tables.conditions({**result, "environment": environment()})


def test_a_row_refers_to_the_state_it_was_measured_with() -> None:
    row = row_conditions()
    old = {"states": {"12345678": {"format": 0}, "87654321": {"format": 0}}}
    states = referred_states(old, [row, {"state": "12345678"}, {"codec": "gzip"}])
    assert states == {row["state"]: program_state(), "12345678": {"format": 0}}
    assert json.loads(json.dumps(states)) == states


def test_a_row_of_a_level_depends_on_what_the_level_has() -> None:
    other = {**program_state(), "models": {**program_state()["models"], "tiny": "another"}}
    result: dict[str, Any] = {NAME: "rivals", "states": {"a": other}}
    for level, changed in ((1, []), (3, ["the model tiny"]), (6, [])):
        rows = [{"codec": "gzip -9"}, {"codec": f"lmpack -{level}", "state": "a"}]
        assert changed_parts({**result, "rows": rows}) == changed

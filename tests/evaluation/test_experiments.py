"""Tables and curves of the paper: rows that are there are not measured again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import inputs
import numpy as np
import pytest
from halving import PAIRS, Halving

from lmpack._blocks.ideal import ideal_bits
from lmpack._executors import open_executor
from lmpack._models.bundle import load_byte_model
from lmpack.errors import EvaluationError
from lmpack.evaluation import context, scaling, table1, table2
from lmpack.evaluation.classical import Classical
from lmpack.evaluation.compressors import find_compressor
from lmpack.evaluation.data_sets import DataSet
from lmpack.evaluation.model_compressors import Transformer
from lmpack.evaluation.paper import CHUNK
from lmpack.evaluation.protocol import Compressor

PROSE = (inputs.SENTENCES * 2)[: 5 * CHUNK]


class Counting(Classical):
    calls = 0

    def __init__(self) -> None:
        super().__init__("gzip", self._count, bytes)

    def _count(self, data: bytes) -> bytes:
        Counting.calls += 1
        return data


def test_table1_goes_on_where_it_was(tmp_path: Path) -> None:
    Counting.calls = 0
    seen: list[dict[str, object]] = []
    data_sets = [DataSet("random", bytes(2 * CHUNK)), DataSet("enwik8", PROSE[: 2 * CHUNK])]

    def run(chosen: Sequence[Compressor]) -> list[dict[str, object]]:
        return table1.run(chosen, data_sets, tmp_path, seen.append)

    run([Counting()])
    calls = Counting.calls
    rows = run([Counting(), Halving()][:1])
    assert Counting.calls == calls
    assert len(rows) == 4
    assert len(seen) == 8
    page = (tmp_path / "table1.md").read_text()
    assert page == table1.render(json.loads((tmp_path / "table1.json").read_text())["rows"])
    assert "| gzip | enwik8 | 4,096 | 100.0 | 48.1 |" in page


def test_table1_can_leave_out_the_whole(tmp_path: Path) -> None:
    data_set = DataSet("text", PAIRS[: 2 * CHUNK])
    rows = table1.run([Halving()], [data_set], tmp_path, lambda row: None, whole=False)
    assert [row["chunked"] for row in rows] == [True]
    assert "As one piece" not in (tmp_path / "table1.md").read_text()


def test_table1_shows_what_a_model_costs(tmp_path: Path) -> None:
    rows = table1.run(
        [Halving()], [DataSet("text", PAIRS[: 2 * CHUNK])], tmp_path, lambda row: None
    )
    assert {row["chunked"] for row in rows} == {True, False}
    line = "| halving | text | 4,096 | 50.1 |  | 98.9 | 67.2 | 50.1 |  |"
    assert line in (tmp_path / "table1.md").read_text()


def test_rows_of_one_data_set_stand_together_whenever_they_were_measured(tmp_path: Path) -> None:
    sets = [DataSet("random", bytes(CHUNK)), DataSet("text", PAIRS[:CHUNK])]
    for compressor in (Halving(), find_compressor("zstd")):
        table1.run([compressor], sets, tmp_path, lambda row: None)
    page = (tmp_path / "table1.md").read_text()
    starts = [line.split(" | ")[:2] for line in page.splitlines() if line.startswith("| ")]
    names = ["| halving", "| zstd"]
    one_table = [[name, data_set] for data_set in ("random", "text") for name in names]
    assert [start for start in starts if start[0] in names] == one_table * 2


@pytest.mark.slow
@pytest.mark.parametrize("experiment", [table1, context, scaling])
def test_a_model_that_was_trained_anew_is_another_one(
    tmp_path: Path, experiment: ModuleType
) -> None:
    data_set = DataSet("text", PAIRS[:CHUNK])
    once = experiment.run([Halving()], [data_set], tmp_path, lambda row: None)
    again = Halving()
    again.fingerprint = "ab"
    rows = experiment.run([again], [data_set], tmp_path, lambda row: None)
    assert len(rows) == 2 * len(once)
    lines = experiment.render(once).count("| halving |")
    assert experiment.render(rows).count("| halving |") == 2 * lines


def test_scaling_tells_data_of_one_name_apart(tmp_path: Path) -> None:
    data_sets = [DataSet("text", data) for data in (PAIRS[:CHUNK], PAIRS[-2 * CHUNK :])]
    scaling.run([Halving()], data_sets, tmp_path, lambda row: None)
    page = (tmp_path / "scaling.md").read_text()
    assert "| 2,048 |" in page
    assert "| 4,096 |" in page


@pytest.mark.parametrize("experiment", [table1, table2, context, scaling])
@pytest.mark.parametrize(
    "content", ["[1]", '{"rows":[{}]}', '{"rows":[{"data_set":[]}]}', "[" * 100_000, "{"]
)
def test_a_foreign_file_in_the_folder_is_an_error(
    tmp_path: Path, experiment: ModuleType, content: str
) -> None:
    (tmp_path / f"{experiment.NAME}.json").write_text(content)
    with pytest.raises(EvaluationError, match="no result file"):
        experiment.run([], [], tmp_path, lambda row: None)
    assert (tmp_path / f"{experiment.NAME}.json").read_text() == content


def test_prefixes_of_a_model_cost_what_it_says() -> None:
    chunks = [PROSE[:CHUNK], PROSE[CHUNK : 2 * CHUNK], PROSE[1000 : 1000 + CHUNK]]
    sizes = context.prefix_sizes(Transformer("small"), chunks)
    assert sizes.shape == (3, len(context.LENGTHS))
    executor = open_executor(load_byte_model("small"))
    for chunk, row in zip(chunks, sizes, strict=True):
        for length, size in zip(context.LENGTHS, row, strict=True):
            assert size == pytest.approx(
                ideal_bits(executor, np.frombuffer(chunk[:length], np.uint8), CHUNK) / 8
            )
    assert context.prefix_sizes(Halving(), [PAIRS[:CHUNK]]).tolist() == [
        [3 + length / 2 for length in context.LENGTHS]
    ]


def test_the_bootstrap_of_equal_chunks_has_no_width() -> None:
    rates = np.array([[0.5, 0.25]] * 4)
    assert context.bootstrap(rates) == {
        "mean": [0.5, 0.25],
        "low": [0.5, 0.25],
        "high": [0.5, 0.25],
    }
    spread = context.bootstrap(np.array([[0.0], [1.0]] * 50))
    assert spread["mean"] == [0.5]
    assert spread["low"][0] == pytest.approx(0.42, abs=0.02)
    assert spread["high"][0] == pytest.approx(0.58, abs=0.02)


def test_adjusted_rates_beyond_what_was_measured_are_computed() -> None:
    rows = [
        {"bytes": 10**5, "rate": 0.5, "parameters": 10_000},
        {"bytes": 10**6, "rate": 0.4, "parameters": 10_000},
    ]
    sizes, rates, measured = zip(*scaling.adjusted_rates(rows), strict=True)
    assert sizes == tuple(10**power for power in range(5, 10))
    assert rates == pytest.approx([0.7, 0.42, 0.402, 0.4002, 0.40002])
    assert measured == (True, True, False, False, False)
    assert scaling.measured_sizes(98 * CHUNK) == [10**5]
    assert scaling.measured_sizes(5 * CHUNK) == [5 * CHUNK]
    assert scaling.measured_sizes(10**6) == [10**5, 10**6]


@pytest.mark.slow
@pytest.mark.parametrize("experiment", [context, scaling])
def test_curves_go_on_where_they_were(tmp_path: Path, experiment: ModuleType) -> None:
    data_set = DataSet("text", PAIRS[: 2 * CHUNK])
    seen: list[dict[str, object]] = []
    rows = experiment.run([Halving()], [data_set], tmp_path, seen.append)
    before = (tmp_path / f"{experiment.NAME}.json").read_bytes()
    assert (
        experiment.run([Halving()], [data_set], tmp_path, seen.append) == json.loads(before)["rows"]
    )
    assert (tmp_path / f"{experiment.NAME}.json").read_bytes() == before
    assert len(seen) == 2 * len(rows)
    assert (tmp_path / f"{experiment.NAME}.md").read_text() == experiment.render(rows)
    assert (tmp_path / f"{experiment.NAME}_text.png").read_bytes().startswith(b"\x89PNG")

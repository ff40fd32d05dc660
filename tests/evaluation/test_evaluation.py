"""Compressors, rates and tables of the paper's experiments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import inputs
import numpy as np
import pytest
from click.testing import CliRunner, Result

from lmpack._blocks.ideal import ideal_bits
from lmpack._executors import open_executor
from lmpack._extras import import_extra
from lmpack._models.bundle import load_bundle
from lmpack.cli.main import main
from lmpack.errors import EvaluationError, UsageError
from lmpack.evaluation import compressors, context, scaling, table1, table2
from lmpack.evaluation.classical import Classical
from lmpack.evaluation.compressors import compressor_names, find_compressor
from lmpack.evaluation.data_sets import DataSet
from lmpack.evaluation.media_codecs import closest_factors
from lmpack.evaluation.model_compressors import LANES, Transformer
from lmpack.evaluation.paper import ADJUSTED, CHUNK, CHUNKED, WHOLE, paper_rate
from lmpack.evaluation.protocol import Compressor
from lmpack.evaluation.rates import adjusted, measure_chunks, measure_whole

PROSE = (inputs.SENTENCES * 2)[: 5 * CHUNK]


class Halving(Classical):
    """Keeps every second byte, which must be equal to the one before, behind a header of 3."""

    def __init__(self) -> None:
        super().__init__("halving", lambda data: b"HHH" + data[::2], self._double)
        self.parameters = 1000
        self.model_bytes = 700

    def _double(self, packed: bytes) -> bytes:
        return b"".join(packed[i : i + 1] * 2 for i in range(3, len(packed)))

    @property
    def header_bytes(self) -> int:
        return 3


PAIRS = b"".join(bytes([i % 256]) * 2 for i in range(3000))


# Rates


def test_headers_are_counted_once_and_parameters_twice() -> None:
    whole = measure_whole(Halving(), PAIRS)
    assert (whole.raw_bytes, whole.compressed_bytes) == (6000, 3003)
    assert whole.rate == 3003 / 6000
    assert whole.adjusted_rate(6000) == pytest.approx(3003 / 6000 + 2000 / 6000)
    assert whole.adjusted_rate(10**6) == pytest.approx(3003 / 6000 + 0.002)
    assert whole.rate_with_files == pytest.approx(3003 / 6000 + 700 / 6000)
    chunks = measure_chunks(Halving(), [PAIRS[i : i + 100] for i in range(0, 6000, 100)])
    assert chunks.compressed_bytes == 3003


def test_adjusted_rates_are_the_papers() -> None:
    for name, parameters in (("Chinchilla 1B", 1e9), ("Chinchilla 7B", 7e9)):
        for raw, expected in zip(CHUNKED[name], ADJUSTED[name], strict=True):
            assert 100 * adjusted(raw / 100, int(parameters), 10**9) == pytest.approx(
                expected, abs=0.06
            )


def test_what_does_not_come_back_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="halving did not give the bytes back"):
        measure_whole(Halving(), b"ab")
    with pytest.raises(EvaluationError, match="not lossless"):
        measure_chunks(Halving(), [b"aa", b"ab"])


# Compressors


@pytest.mark.parametrize("name", [*compressor_names(), "model:small", "level:1", "level:6"])
def test_everything_comes_back(name: str) -> None:
    compressor = find_compressor(name)
    for data in (b"x", bytes(range(256)), PROSE):
        assert compressor.decompress(compressor.compress(data)) == data
    chunks = [PROSE[i : i + 1000] for i in range(0, 3500, 1000)]
    chunks[-1] = chunks[-1][:500]
    packed = compressor.compress_chunks(chunks)
    assert compressor.decompress_chunks(packed, list(map(len, chunks))) == chunks
    assert len(compressor.compress(b"\0")) >= compressor.header_bytes


@pytest.mark.parametrize(
    ("name", "size"), [("gzip", 238), ("lzma2", 284), ("png", 390), ("bzip2", 324)]
)
def test_sizes_of_a_fixed_text(name: str, size: int) -> None:
    text = inputs.TEXT * 2 + inputs.SENTENCES[:98] + bytes(range(64, 128))
    measured = measure_whole(find_compressor(name), text)
    assert measured.raw_bytes == 512
    # Other versions of zlib may find other matches.
    tolerance = 6 if name in ("gzip", "png") else 0
    assert measured.compressed_bytes == pytest.approx(size, abs=tolerance)


def test_flac_and_png_see_what_they_are_made_for() -> None:
    wave = (128 + 60 * np.sin(np.arange(8 * CHUNK) / 9)).astype(np.uint8).tobytes()
    assert measure_whole(find_compressor("flac"), wave).rate < 0.45
    samples = (20_000 * np.sin(np.arange(4000) / 20)).astype("<i2").tobytes()
    flac16 = find_compressor("flac16")
    assert measure_whole(flac16, samples).rate < 0.6
    assert flac16.decompress(flac16.compress(samples[1:])) == samples[1:]
    ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8).tobytes()
    assert measure_whole(find_compressor("png"), ramp).rate < 0.1


@pytest.mark.parametrize(
    ("number", "factors"), [(1, (1, 1)), (2048, (32, 64)), (49, (7, 7)), (13, (1, 13))]
)
def test_closest_factors(number: int, factors: tuple[int, int]) -> None:
    assert closest_factors(number) == factors


def test_a_model_counts_its_parameters_and_files() -> None:
    bundle = load_bundle("small")
    for name in ("model:small", "level:6"):
        compressor = find_compressor(name)
        assert compressor.parameters == bundle.architecture.parameters
        assert compressor.model_bytes == bundle.size
    assert find_compressor("level:1").parameters == 0


def test_chunks_of_a_model_know_nothing_of_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lmpack.evaluation.model_compressors.LANES", 3)
    model = Transformer("small")
    chunks = [inputs.SENTENCES[i * 200 : i * 200 + 200] for i in range(8)]
    packed = model.compress_chunks(chunks)
    assert len(packed) == 3
    assert model.decompress_chunks(packed, [200] * 8) == chunks
    alone = sum(len(model.compress_chunks([chunk])[0]) for chunk in chunks)
    assert alone - 8 <= sum(map(len, packed)) <= alone
    assert LANES * CHUNK <= 2**24


def test_others_can_register_their_own() -> None:
    compressors.register("halving", Halving)
    try:
        assert find_compressor("halving").name == "halving"
    finally:
        del compressors._factories["halving"]


@pytest.mark.parametrize("name", ["rar", "model:", "level:x", "level:0"])
def test_unknown_compressors(name: str) -> None:
    with pytest.raises(UsageError, match=r"choose from .*gzip|allowed are 1 to 9"):
        find_compressor(name)


def test_a_missing_package_is_named() -> None:
    with pytest.raises(EvaluationError, match=r"package nosuch: pip install 'lmpack\[eval\]'"):
        import_extra("no_such_module", "nosuch")


# Table 1


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


def test_the_papers_figures_are_found() -> None:
    assert paper_rate(WHOLE, "PNG", "imagenet") == 58.5
    assert paper_rate(CHUNKED, "FLAC", "librispeech") == 30.3
    assert paper_rate(CHUNKED, "gzip", "enwik7") == 48.1
    assert paper_rate(CHUNKED, "zstd", "enwik9") is None
    assert paper_rate(CHUNKED, "gzip", "text") is None


# Context and scaling


def test_prefixes_of_a_model_cost_what_it_says() -> None:
    chunks = [PROSE[:CHUNK], PROSE[CHUNK : 2 * CHUNK], PROSE[1000 : 1000 + CHUNK]]
    sizes = context.prefix_sizes(Transformer("small"), chunks)
    assert sizes.shape == (3, len(context.LENGTHS))
    executor = open_executor(load_bundle("small"))
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


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["eval", *arguments])


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "prose").write_bytes(PROSE)
    command = ["table1", "--data", f"enwik8={tmp_path / 'prose'}", "--data", "random"]
    command += ["--limit", "3", "--output", str(tmp_path / "out"), "--compressor", "gzip"]
    result = invoke(*command, "--compressor", "model:small")
    assert result.exit_code == 0, result.output
    assert "enwik8: Transformer small chunks" in result.output
    rows = json.loads((tmp_path / "out" / "table1.json").read_text())["rows"]
    assert len(rows) == 8
    assert all(row["raw_bytes"] == 3 * CHUNK for row in rows)
    assert rows[0]["environment"]["packages"]["lmpack"]


@pytest.mark.parametrize("experiment", ["scaling", "context"])
def test_the_commands_of_curves(tmp_path: Path, experiment: str) -> None:
    arguments = ["--data", "random", "--limit", "2", "--output", str(tmp_path)]
    result = invoke(experiment, *arguments, "--compressor", "gzip")
    assert result.exit_code == 0, result.output
    assert f"{tmp_path / experiment}.json and .md" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "enwik8"], "say where it is"),
        (["--data", "enwik8="], "names no path"),
        (["--data", "random", "--compressor", "rar"], "no compressor 'rar'"),
        (["--data", "text=/nowhere/at/all"], "is no file"),
    ],
)
def test_the_commands_errors(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = invoke("table1", *arguments, "--output", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert message in result.output

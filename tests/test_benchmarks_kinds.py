"""Files of every kind: how they are made and checked, and what is said of the results."""

from __future__ import annotations

import io
import sqlite3
import tarfile
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import record
from benchmarks.kinds import build, recipes
from benchmarks.kinds.files import FILES
from benchmarks.kinds.packages import Package, UnavailableError
from benchmarks.kinds.sources import File
from benchmarks.measure import kinds as measured
from benchmarks.measure.programs import Program
from benchmarks.measure.versions import version_of
from benchmarks.pages import kinds as page

CONTENT = b"A file that is made again wherever it is needed. " * 20
ROWS = [{"id": 1, "name": "Ängelholm", "size": 0.5}, {"id": 2, "name": "Łódź", "size": 2.25}]


def test_every_file_has_a_digest_and_a_name_of_its_own() -> None:
    assert [file.name for file in FILES] == list(dict.fromkeys(file.name for file in FILES))
    assert set(build.digests()) == {file.name for file in FILES}
    assert all(int(entry["bytes"]) <= 1_000_000 for entry in build.digests().values())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(build, "BUILT", tmp_path)
    monkeypatch.setattr(build, "digests", lambda: {"a": build.facts(CONTENT[:100])})
    return tmp_path


def test_a_file_is_cut_kept_and_made_again_when_it_was_changed(folder: Path) -> None:
    made = []
    file = File("a", "prose", "here", lambda: made.append(1) or CONTENT, 100)  # type: ignore[func-returns-value]
    assert build.built(file) == build.built(file) == CONTENT[:100]
    (folder / "a").write_bytes(b"damaged")
    assert build.built(file) == (folder / "a").read_bytes() == CONTENT[:100]
    assert len(made) == 2


def test_what_cannot_be_had_or_came_out_differently_is_said(folder: Path) -> None:
    with pytest.raises(UnavailableError, match=r"a came out as .*'bytes': 3, .*, not as .*100"):
        build.built(File("a", "prose", "here", lambda: b"abc"))

    def absent() -> bytes:
        raise FileNotFoundError("no such data")

    with pytest.raises(UnavailableError, match="a cannot be made: no such data"):
        build.built(File("a", "prose", "here", absent))
    assert not list(folder.iterdir())


def test_a_package_that_pip_cannot_fetch_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.kinds.packages.PACKAGES", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(UnavailableError, match="pip download absent==1 failed: ERROR"):
        Package("absent==1").read("name")


def test_tables_of_all_formats_hold_the_rows() -> None:
    assert recipes.comma_separated(ROWS).decode().splitlines()[1] == "1,Ängelholm,0.5"
    assert recipes.json_lines(ROWS[:1]).decode() == (
        '{"id": 1, "name": "Ängelholm", "size": 0.5}\n'
    )
    copy = sqlite3.connect(":memory:")
    copy.executescript(recipes.sql_dump(ROWS, "t").decode())
    assert copy.execute("SELECT name FROM t").fetchall() == [("Ängelholm",), ("Łódź",)]
    copy.close()


def test_a_database_file_is_the_same_again_and_can_be_read() -> None:
    content = recipes.sqlite_file(ROWS, "t", ["name"])
    assert content == recipes.sqlite_file(ROWS, "t", ["name"])
    assert len(content) == 3 * 4096
    database = sqlite3.connect(":memory:")
    database.deserialize(content)
    assert database.execute("SELECT size FROM t ORDER BY name").fetchall() == [(0.5,), (2.25,)]
    database.close()


def test_a_tar_file_has_neither_times_nor_owners() -> None:
    content = recipes.tar({"b": b"2", "a": b"1"})
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert [(e.name, e.mtime, e.uid) for e in archive] == [("b", 0, 0), ("a", 0, 0)]


@pytest.mark.parametrize("bits", [8, 16, 24])
def test_recordings_become_one_file(bits: int) -> None:
    soundfile: Any = pytest.importorskip("soundfile")
    samples = np.array([0, 1, -1, 1000, -32768], np.int16)
    flac = io.BytesIO()
    soundfile.write(flac, samples, 16_000, format="FLAC")
    with wave.open(io.BytesIO(recipes.wave([flac.getvalue()] * 2, bits))) as reader:
        assert reader.getnframes() == 10
        assert reader.getframerate() == 16_000
        frames = reader.readframes(5)
    expected = [int(sample) * 256 >> (24 - bits) for sample in samples]
    offset = 128 if bits == 8 else 0
    width, signed = bits // 8, bits > 8
    assert frames == b"".join(
        (value + offset).to_bytes(width, "little", signed=signed) for value in expected
    )


def test_pixels_and_arrays_are_taken_out_of_their_files() -> None:
    pictures = pytest.importorskip("PIL.Image")
    values = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    png, archive = io.BytesIO(), io.BytesIO()
    pictures.fromarray(values).save(png, format="PNG")
    assert recipes.pixels(png.getvalue(), "RGB") == values.tobytes()
    assert recipes.pixmap(png.getvalue(), "RGB") == b"P6\n2 2\n255\n" + values.tobytes()
    np.savez(archive, heights=values)
    stored = np.load(io.BytesIO(recipes.array(archive.getvalue(), "heights", "<i2")))
    assert stored.dtype == np.int16
    assert (stored == values).all()


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The result file, in memory."""
    kept: dict[str, Any] = {"rows": []}
    for module in (measured, record):
        monkeypatch.setattr(module, "read_result", lambda name: kept)
    monkeypatch.setattr(record, "write_result", lambda name, value: kept.update(value))
    monkeypatch.setattr(measured, "built", lambda file: CONTENT)
    return kept


def test_only_rows_of_another_version_are_measured_again(
    result: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    copying = {"cat": Program("cat", ("cat",), ("cat",))}
    version = "1"
    monkeypatch.setattr(measured, "version_of", lambda program: version)
    measured.measure_file(FILES[0], copying, one_way=["cat"])
    (row,) = result["rows"]
    assert (row["version"], row["size"], row["decompress"]) == ("1", len(CONTENT), None)
    row["size"] = 5
    measured.measure_file(FILES[0], copying, one_way=["cat"])
    assert result["rows"][0]["size"] == 5
    version = "2"
    measured.measure_file(FILES[0], copying, one_way=["cat"])
    assert [row["size"] for row in result["rows"]] == [len(CONTENT)]
    measured.measure_file(FILES[0], copying, one_way=[])
    assert result["rows"][0]["decompress"]["cpu"] >= 0


def test_a_rival_that_fails_has_no_row_and_lmpack_ends_the_run(
    result: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measured, "version_of", lambda program: "1")
    failing = {"rival": Program("false", ("false",), ("false",))}
    measured.measure_file(FILES[0], failing, one_way=[])
    assert not result["rows"]
    assert f"rival {FILES[0].name} is left out" in capfd.readouterr().err
    ours = {"lmpack -1": Program("lmpack", ("false",), ("false",))}
    with pytest.raises(RuntimeError):
        measured.measure_file(FILES[0], ours, one_way=[])


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("*** Zstandard CLI (64-bit) v1.5.4 ***", "1.5.4"),
        ("gzip 1.12, Copyright 2018", "1.12"),
        ("paq8px archiver v216 (c) 2026", "216"),
    ],
)
def test_versions_are_found_in_what_programs_say(tmp_path: Path, said: str, version: str) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    assert version_of(Program(str(program), (), ())) == version


def test_a_program_that_says_nothing_is_known_by_its_content(tmp_path: Path) -> None:
    versions = []
    for name, number in (("a", 1), ("b", 1), ("c", 2)):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nexit {number}\n")
        program.chmod(0o755)
        versions.append(version_of(Program(str(program), (), ())))
    assert versions[0] == versions[1] != versions[2]


def made_rows(sizes: dict[str, int]) -> page.Rows:
    """Rows of the first file with these sizes by program."""
    name = FILES[0].name
    return page.Rows(
        {"rows": [{"file": name, "codec": c, "bytes": 1000, "size": s} for c, s in sizes.items()]}
    )


def test_a_file_that_is_lost_is_named_with_its_rival() -> None:
    rows = made_rows({"lmpack -6": 103, "zpaq -m5": 100, "gzip -9": 200, "paq8px -8": 90})
    (loss,) = page.losses(rows, "lmpack -6")
    assert (loss.file, loss.rival) == (FILES[0].name, "zpaq -m5")
    assert loss.percent == pytest.approx(3.0)
    assert page.claim(rows, "lmpack -6") == (
        "lmpack -6 is smaller than these on 0 of 1 measured files; "
        f"not on {FILES[0].name} (zpaq -m5 by 3.0 %)."
    )
    rows = made_rows({"lmpack -6": 100, "zpaq -m5": 100})
    assert page.claim(rows, "lmpack -6") == (
        "lmpack -6 is smaller than these on 1 of 1 measured files."
    )


def test_the_table_of_kinds_has_means_only_of_whole_kinds() -> None:
    kind = FILES[0].kind
    names = [file.name for file in FILES if file.kind == kind]
    ours = [
        {"file": n, "codec": "lmpack -6", "bytes": 1000, "size": 100 * i}
        for i, n in enumerate(names)
    ]
    theirs = [{"file": names[0], "codec": "xz -9e", "bytes": 1000, "size": 1}]
    lines = page.readme_kinds({"rows": ours + theirs}).splitlines()
    mean = sum(range(len(names))) * 0.8 / len(names)
    (line,) = (line for line in lines if line.startswith(f"| {kind} |"))
    assert f"**{mean:.3f}**" in line
    assert "0.008" not in line

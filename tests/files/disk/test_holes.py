"""Runs of zeros become holes of the file, and the content stays the same."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path

import pytest

import lmpack
from lmpack._files.disk.holes import GRAIN, HoleWriter
from lmpack._files.sinks import CountingSink

CONTENTS = [
    b"",
    b"x",
    bytes(GRAIN - 1),
    bytes(GRAIN),
    bytes(3 * GRAIN + 5),
    b"x" + bytes(3 * GRAIN),
    b"x" * GRAIN + bytes(2 * GRAIN) + b"y" * 10,
    bytes(2 * GRAIN) + b"x" * (GRAIN + 1) + bytes(GRAIN),
]


def written(path: Path, content: bytes, cut: int) -> None:
    with open(path, "xb", buffering=0) as file:
        holes = HoleWriter(file.fileno())
        sink = CountingSink(holes)
        for start in range(0, len(content), cut):
            sink.write(content[start : start + cut])
        holes.finish()


@pytest.mark.parametrize("number", range(len(CONTENTS)))
@pytest.mark.parametrize("cut", [1 << 20, GRAIN, GRAIN + 1, 50_000, 2 * GRAIN - 1])
def test_the_content_is_the_same_however_it_is_cut(tmp_path: Path, number: int, cut: int) -> None:
    written(tmp_path / "file", CONTENTS[number], cut)
    assert (tmp_path / "file").read_bytes() == CONTENTS[number]


def test_short_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, draw = os.write, random.Random(1)
    content = CONTENTS[-1]
    monkeypatch.setattr(
        os, "write", lambda file, data: write(file, data[: draw.randrange(1, len(data) + 1)])
    )
    written(tmp_path / "file", content, 1 << 20)
    assert (tmp_path / "file").read_bytes() == content


def has_holes(folder: Path) -> bool:
    """Whether the file system here makes holes at all."""
    with open(folder / "probe", "wb") as file:
        file.truncate(1 << 20)
    return (folder / "probe").stat().st_blocks == 0


def room(path: Path) -> int:
    return 512 * path.stat().st_blocks


@pytest.mark.parametrize("tail", [b"", b"end"])
def test_a_hole_takes_no_room(tmp_path: Path, tail: bytes) -> None:
    if not has_holes(tmp_path):
        pytest.skip("this file system has no holes")
    written(tmp_path / "file", b"start" + bytes(1 << 24) + tail, 1 << 20)
    assert (tmp_path / "file").stat().st_size == 5 + (1 << 24) + len(tail)
    assert room(tmp_path / "file") <= 1 << 17


@pytest.mark.parametrize("level", [1, 2])
def test_a_sparse_file_comes_back_sparse(tmp_path: Path, level: int) -> None:
    if not has_holes(tmp_path):
        pytest.skip("this file system has no holes")
    sparse, packed, back = (tmp_path / name for name in ("sparse", "sparse.lmp", "back"))
    with open(sparse, "wb") as file:
        for place in (3 * GRAIN, 1 << 20, (1 << 21) + 5 * GRAIN):
            file.seek(place)
            file.write(random.Random(place).randbytes(GRAIN + 100))
        file.truncate(3 << 20)
    assert room(sparse) <= 6 * GRAIN
    assert all(result.error is None for result in lmpack.compress_files([sparse], level=level))
    unpacked = lmpack.decompress_files([packed], output_file=back)
    assert all(result.error is None for result in unpacked)
    assert back.read_bytes() == sparse.read_bytes()
    assert room(back) <= room(sparse)


def test_what_is_decompressed_has_holes(tmp_path: Path) -> None:
    content = bytes(2 * GRAIN)
    (tmp_path / "file.lmp").write_bytes(lmpack.compress(content, level=1))
    (result,) = lmpack.decompress_files([tmp_path / "file.lmp"])
    assert result.error is None
    assert (tmp_path / "file").read_bytes() == content
    if has_holes(tmp_path):
        assert room(tmp_path / "file") == 0


def test_what_goes_to_a_file_of_the_caller_has_all_its_zeros(tmp_path: Path) -> None:
    packed = lmpack.compress(bytes(1 << 20), level=1)
    with open(tmp_path / "file", "wb") as file:
        lmpack.decompress_stream(io.BytesIO(packed), file)
    (tmp_path / "written").write_bytes(bytes(1 << 20))
    assert (tmp_path / "file").read_bytes() == bytes(1 << 20)
    assert room(tmp_path / "file") == room(tmp_path / "written")

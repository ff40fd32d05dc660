"""Huge files in ranges, by workers that are played in this process."""

from __future__ import annotations

import os
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_ray import FakeRay, WorkerDied
from trees import BLOCK, errors, read_tree, text, write_tree

import lmpack
import lmpack.ray
from lmpack._files.batch import DEFAULT_MEMORY, plan_compression, plan_decompression
from lmpack._files.batch_file import Handling
from lmpack._files.disk.location import Location
from lmpack._files.disk.parts import is_part, remove_parts
from lmpack._files.ranges.compression import RangeCompression
from lmpack._files.ranges.decompression import RangeDecompression

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")

HUGE = text(9 * BLOCK + 5, 1)
RANGE = 2 * BLOCK + 1
RANGES = 5
SMALL = {"small": text(90, 2), "sub/empty": b"", "sub/block": text(BLOCK, 3)}


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    module = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", module)
    return module


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "in", {"huge": HUGE})


def packed(source: Path, **keywords: Any) -> list[lmpack.FileResult]:
    out = source.parent / "out"
    keywords = {"range_size": RANGE, **keywords}
    return list(lmpack.ray.compress([source], out, recursive=True, **keywords))


def unpacked(source: Path, **keywords: Any) -> list[lmpack.FileResult]:
    out = source.parent / "back"
    keywords = {"range_size": RANGE, **keywords}
    return list(lmpack.ray.decompress([source], out, recursive=True, **keywords))


@pytest.mark.parametrize(
    ("seed", "range_size"), [(1, 1), (2, RANGE), (3, len(HUGE) - 1), (2, len(HUGE)), (1, None)]
)
def test_the_bytes_depend_on_the_content_alone(
    monkeypatch: pytest.MonkeyPatch, source: Path, seed: int, range_size: int | None
) -> None:
    ray = FakeRay(seed)
    monkeypatch.setitem(sys.modules, "ray", ray)
    write_tree(source, SMALL)
    contents = {"huge": HUGE, **SMALL}
    results = packed(source, range_size=range_size, workers=seed + 1)
    assert not errors(results)
    out = source.parent / "out"
    expected = {f"{name}.lmp": lmpack.compress(content) for name, content in contents.items()}
    assert read_tree(out) == expected
    results = unpacked(out, range_size=range_size, workers=seed + 1)
    assert not errors(results)
    assert read_tree(source.parent / "back") == contents
    is_divided = range_size not in (len(HUGE), None)
    assert (ray.done("finish") > 0) == is_divided


def test_a_result_is_that_of_the_whole_file(ray: FakeRay, source: Path) -> None:
    os.utime(source / "huge", ns=(10**18, 10**18 + 7))
    (source / "huge").chmod(0o640)
    (result,) = packed(source)
    (whole,) = lmpack.compress_files([source / "huge"], source.parent / "whole")
    assert ray.done("convert_range") == RANGES
    assert (result.sizes, result.fingerprints) == (whole.sizes, whole.fingerprints)
    assert result.seconds is not None and not result.warnings
    (back,) = unpacked(source.parent / "out")
    assert back.sizes is not None and back.sizes[::-1] == result.sizes
    assert back.fingerprints == whole.fingerprints
    for made in (result.output, back.output):
        assert made is not None
        status = os.stat(made)
        assert (status.st_mtime_ns, status.st_mode & 0o777) == (10**18 + 7, 0o640)


def test_what_is_done_is_skipped(ray: FakeRay, source: Path) -> None:
    packed(source)
    unpacked(source.parent / "out")
    ray.calls.clear()
    (again,), (back,) = packed(source), unpacked(source.parent / "out")
    assert again.skipped and back.skipped
    assert {name for name, _ in ray.calls} == {"look"}


def test_joined_and_padded_containers(ray: FakeRay, tmp_path: Path) -> None:
    joined = lmpack.compress(HUGE) + lmpack.compress(b"") + lmpack.compress(HUGE[:BLOCK]) + bytes(9)
    write_tree(tmp_path / "in", {"huge.lmp": joined})
    assert not errors(unpacked(tmp_path / "in"))
    assert ray.done("convert_range") > 1
    assert (tmp_path / "back" / "huge").read_bytes() == HUGE + HUGE[:BLOCK]


def test_runs_of_zeros_stay_holes(ray: FakeRay, tmp_path: Path) -> None:
    content = bytes(9 * BLOCK)
    write_tree(tmp_path / "in", {"huge.lmp": lmpack.compress(content)})
    assert not errors(unpacked(tmp_path / "in", range_size=BLOCK))
    assert ray.done("convert_range") == 9
    assert (tmp_path / "back" / "huge").read_bytes() == content


class Killed(Exception):
    """The end of a driver."""


def kill_after(ray: FakeRay, ranges: int) -> None:
    """Let the driver end before another range is done."""

    def before(name: str, arguments: object) -> None:
        if ray.done("convert_range") > ranges:
            raise Killed

    ray.calls.clear()
    ray.before = before


def revive(ray: FakeRay) -> None:
    ray.calls.clear()
    ray.before = lambda name, arguments: None


def left(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(".")]


@pytest.mark.parametrize("convert", [packed, unpacked])
def test_a_killed_driver(
    ray: FakeRay,
    source: Path,
    convert: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, expected = source.parent / "out", {"huge.lmp": lmpack.compress(HUGE)}
    if convert is unpacked:
        packed(source)
        source, out, expected = out, source.parent / "back", {"huge": HUGE}
    kill_after(ray, 4)
    with pytest.raises(Killed):
        convert(source)
    assert left(out) and all(map(is_part, left(out))) and expected.keys() - read_tree(out).keys()
    for name in left(out):
        assert (out / name).stat().st_mode & 0o777 == 0o600
    revive(ray)
    coded: list[str] = []
    for kind, method in (("Encoder", "encode"), ("Decoder", "decode")):
        original = getattr(getattr(lmpack._blocks.coders, kind), method)

        def counted(*arguments: Any, original: Any = original, **keywords: Any) -> Any:
            coded.append("block")
            return original(*arguments, **keywords)

        monkeypatch.setattr(getattr(lmpack._blocks.coders, kind), method, counted)
    assert not errors(convert(source))
    assert len(coded) == 10 - 4 * 2  # what was done is not done again
    assert read_tree(out) == expected


def test_parts_that_fit_no_more_are_deleted(ray: FakeRay, source: Path) -> None:
    out = source.parent / "out"
    for change in (
        {"level": 5},
        {"range_size": RANGE + BLOCK},
        {"range_size": None},
        {"workers": 1},
    ):
        kill_after(ray, 2)
        with pytest.raises(Killed):
            packed(source)
        (out / ".lmpack-0011223344556677-0011223344556677-0.part").touch()  # of another file
        revive(ray)
        assert not errors(packed(source, **change))
        assert left(out) == [".lmpack-0011223344556677-0011223344556677-0.part"]
        (out / "huge.lmp").unlink()


def test_parts_with_blocks_of_another_size(ray: FakeRay, source: Path) -> None:
    content = text(20_000, 9)
    (source / "huge").write_bytes(content)
    kill_after(ray, 1)
    with pytest.raises(Killed):
        packed(source, range_size=8192, block_size=4096)
    revive(ray)
    assert not errors(packed(source, range_size=8192, block_size=8192))
    assert read_tree(source.parent / "out") == {
        "huge.lmp": lmpack.compress(content, block_size=8192)
    }


def test_parts_of_a_file_that_is_done_as_a_whole_now(ray: FakeRay, source: Path) -> None:
    packed(source)
    out, back = source.parent / "out", source.parent / "back"
    kill_after(ray, 2)
    with pytest.raises(Killed):
        unpacked(out)
    assert left(back)
    revive(ray)
    assert not errors(unpacked(out, range_size=len(HUGE)))
    assert {name for name, _ in ray.calls} == {"look", "convert"}
    assert read_tree(back) == {"huge": HUGE}


def test_a_part_that_is_not_right_is_made_anew(ray: FakeRay, source: Path) -> None:
    out = source.parent / "out"
    kill_after(ray, 4)
    with pytest.raises(Killed):
        packed(source)
    first, second, third, fourth = sorted(left(out), key=lambda name: int(name.split("-")[3][:-5]))
    (out / first).write_bytes((out / second).read_bytes()[:-1])
    (out / second).write_bytes(lmpack.compress(b"shorter"))
    (out / third).write_bytes((out / third).read_bytes() * 2)
    (out / fourth).write_bytes(lmpack.compress(HUGE[: 2 * BLOCK], model="base"))
    revive(ray)
    assert not errors(packed(source))
    assert read_tree(out) == {"huge.lmp": lmpack.compress(HUGE)}


def test_a_last_part_that_names_no_model_is_not_done_again(ray: FakeRay, source: Path) -> None:
    (source / "huge").write_bytes(HUGE[: 2 * BLOCK] + bytes(BLOCK // 2))
    out = source.parent / "out"

    def before(name: str, arguments: object) -> None:
        if name == "finish":
            raise Killed

    ray.before = before
    found: list[dict[str, int]] = []
    for _ in range(2):
        with pytest.raises(Killed):
            packed(source)
        found.append({name: (out / name).stat().st_ino for name in left(out)})
    assert len(found[0]) == 2
    assert found[0] == found[1]


def test_a_part_that_a_disk_has_damaged(ray: FakeRay, source: Path) -> None:
    out = source.parent / "out"

    def damage(name: str, arguments: object) -> None:
        if name == "finish":
            part = out / min(left(out))
            data = bytearray(part.read_bytes())
            data[lmpack.describe(part)[0].blocks[0].offset + 1] ^= 1
            part.write_bytes(data)

    ray.before = damage
    (result,) = packed(source)
    assert isinstance(result.error, lmpack.DamagedError)
    assert ".part: " in str(result.error)
    assert "delete it, and do it again" in str(result.error)
    assert all(map(is_part, os.listdir(out)))


@pytest.mark.parametrize("convert", [packed, unpacked])
@pytest.mark.parametrize("call", ["convert_range", "finish"])
def test_a_file_that_changes_is_an_error(
    ray: FakeRay, source: Path, convert: Callable[..., Any], call: str
) -> None:
    out = source.parent / "out"
    if convert is unpacked:
        packed(source)
        source, out = out, source.parent / "back"
    (file,) = source.iterdir()

    def change(name: str, arguments: object) -> None:
        if name == call:
            os.utime(file, ns=(time.time_ns(), time.time_ns()))

    ray.before = change
    (result,) = convert(source)
    assert "it was changed while its ranges were read: nothing was written" in str(result.error)
    assert all(map(is_part, os.listdir(out)))
    revive(ray)
    assert not errors(convert(source))
    assert not left(out)


def test_a_range_that_kills_its_workers_is_an_error_of_its_file(ray: FakeRay, source: Path) -> None:
    write_tree(source, {"other": HUGE[::-1]})

    def die(name: str, arguments: Any) -> None:
        if name == "convert_range" and arguments[0].source.endswith("huge"):
            raise WorkerDied("out of memory")

    ray.before = die
    results = packed(source)
    assert errors(results).keys() == {"huge"}
    assert "its worker died 4 times" in errors(results)["huge"]
    out = source.parent / "out"
    assert (out / "other.lmp").read_bytes() == lmpack.compress(HUGE[::-1])
    assert not left(out)


def test_a_damaged_block_is_an_error_of_its_file(ray: FakeRay, source: Path) -> None:
    packed(source)
    container = source.parent / "out" / "huge.lmp"
    whole = container.read_bytes()
    data = bytearray(whole)
    data[lmpack.describe(container)[0].blocks[5].offset + 12] ^= 1
    container.write_bytes(data)
    (result,) = unpacked(container.parent)
    assert isinstance(result.error, lmpack.DamagedError)
    assert "block 5 at byte" in str(result.error)
    container.write_bytes(whole[:-1])
    results = unpacked(container.parent)
    assert isinstance(results[0].error, lmpack.TruncatedError)
    assert not (source.parent / "back" / "huge").exists()


def test_limits_and_outputs_that_are_there(ray: FakeRay, source: Path) -> None:
    packed(source)
    out = source.parent / "out"
    (result,) = unpacked(out, max_size=len(HUGE) - 1)
    assert isinstance(result.error, lmpack.LimitError)
    write_tree(source.parent / "back", {"huge": b"precious"})
    (result,) = unpacked(out)
    assert "exists already" in str(result.error)
    (source / "huge").write_bytes(HUGE[::-1])
    (result,) = packed(source)
    assert "exists already" in str(result.error)
    assert not left(out)


def test_parts_are_taken_for_no_files(ray: FakeRay, tmp_path: Path) -> None:
    name = ".lmpack-0011223344556677-0011223344556677-12.part"
    write_tree(tmp_path / "in", {name: b"part"})
    (result,) = lmpack.compress_files([tmp_path / "in"], tmp_path / "out", recursive=True)
    assert result.skipped == "it is named like a temporary file of lmpack"
    remove_parts([Location(tmp_path / "in" / "x"), Location(tmp_path / "gone" / "x")])
    assert read_tree(tmp_path / "in") == {name: b"part"}


def test_a_range_size_that_is_none(ray: FakeRay, source: Path) -> None:
    for wrong in (0, -1, 1.5, "1"):
        with pytest.raises(lmpack.UsageError, match="range_size is"):
            packed(source, range_size=wrong)


def test_a_model_that_is_not_there_is_said_once(ray: FakeRay, source: Path) -> None:
    with pytest.raises(lmpack.ModelError):
        packed(source, model="none")


def with_checksum(data: bytes, checksum: int) -> bytes:
    """The data with four bytes behind it, so that its CRC-32 is the given one."""
    table = [zlib.crc32(bytes([i])) ^ zlib.crc32(b"\0") for i in range(256)]
    by_top = {entry >> 24: i for i, entry in enumerate(table)}
    state, indexes = checksum ^ 0xFFFFFFFF, []
    for _ in range(4):  # backwards through the register, whose top byte names the entry
        indexes.append(by_top[state >> 24])
        state = (state ^ table[indexes[-1]]) << 8
    register = zlib.crc32(data) ^ 0xFFFFFFFF
    for index in reversed(indexes):
        data += bytes([(register ^ index) & 0xFF])
        register = register >> 8 ^ table[index]
    return data


def test_a_hole_is_no_block_of_the_same_checksum(ray: FakeRay, tmp_path: Path) -> None:
    block = with_checksum(text(BLOCK - 4, 6), zlib.crc32(bytes(BLOCK)))
    assert len(block) == BLOCK
    assert zlib.crc32(block) == zlib.crc32(bytes(BLOCK))
    content = block + text(3 * BLOCK, 7) + block
    source = write_tree(tmp_path / "in", {"forged.lmp": lmpack.compress(content)})
    assert not errors(unpacked(source))
    assert read_tree(tmp_path / "back")["forged"] == content


def test_a_block_of_zeros_stays_a_hole(ray: FakeRay, tmp_path: Path) -> None:
    content = bytes(64 << 10) + text(BLOCK, 8) + bytes(64 << 10)
    packed = lmpack.compress(content, block_size=4096)
    source = write_tree(tmp_path / "in", {"sparse.lmp": packed})
    assert not errors(unpacked(source))
    back = tmp_path / "back" / "sparse"
    assert back.read_bytes() == content
    assert back.stat().st_blocks * 512 < len(content) // 2


@pytest.mark.parametrize("way", ["compression", "decompression"])
def test_a_file_that_is_done_is_no_error(tmp_path: Path, way: str) -> None:
    """The worker died after it had named the output, and Ray asks another one again."""
    handling = Handling(None, "meta", False, False, DEFAULT_MEMORY, None)
    options = lmpack.Options()
    name, content = ("huge", HUGE) if way == "compression" else ("huge.lmp", lmpack.compress(HUGE))
    source = write_tree(tmp_path / "in", {name: content})
    ranges: Any
    if way == "compression":
        ranges = RangeCompression(handling, options, RANGE)
        (item,) = plan_compression([source / name], handling, recursive=False)
    else:
        ranges = RangeDecompression(handling, options, RANGE)
        (item,) = plan_decompression([source / name], handling, recursive=False)
    division = ranges.look(item)
    for number in range(division.ranges):
        assert ranges.convert_range(item, division, number) is None
    first, second = (ranges.finish(item, division) for _ in range(2))
    assert first.error is second.error is None
    assert second.skipped is not None

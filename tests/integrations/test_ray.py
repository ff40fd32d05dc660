"""lmpack.ray on a cluster of this machine alone; workers and the driver are killed."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_ray import FakeRay, WorkerDied
from trees import read_tree, text, write_tree

import lmpack
import lmpack.ray
from lmpack import FileResult
from lmpack._files.disk.parts import is_part
from lmpack._files.planned import Planned

pytestmark = [pytest.mark.libraries, pytest.mark.slow]

CONTENTS = {f"{n % 5}/{n}": text(3000 + n, n) for n in range(40)}


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    module = pytest.importorskip("ray", reason="ray is missing: pip install 'lmpack[ray]'")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RAY_worker_niceness", "0")  # or other work of the machine comes first
        module.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield module
        module.shutdown()


def packed(level: int) -> dict[str, bytes]:
    return {
        f"{name}.lmp": lmpack.compress(content, level=level) for name, content in CONTENTS.items()
    }


@pytest.mark.filterwarnings("default")
def test_the_tree_is_that_of_one_process(ray: Any, tmp_path: Path) -> None:
    write_tree(tmp_path / "in", CONTENTS)
    (tmp_path / "in" / "bad.lmp").write_bytes(b"skipped, by its name")
    out, back = tmp_path / "out", tmp_path / "back"
    results = list(lmpack.ray.compress([tmp_path / "in"], out, recursive=True, level=1))
    assert read_tree(out) == packed(1)
    assert len(results) == len(CONTENTS) + 1
    again = list(lmpack.ray.compress([tmp_path / "in"], out, recursive=True, level=1))
    assert all(result.skipped for result in again)
    (out / "bad.lmp").write_bytes(b"no container")
    results = list(lmpack.ray.decompress([out], back, recursive=True, workers=5))
    assert read_tree(back) == CONTENTS
    (failed,) = [result for result in results if result.error]
    assert isinstance(failed.error, lmpack.NotLmpackError)
    with pytest.raises(lmpack.ModelError):
        list(lmpack.ray.compress([tmp_path / "in"], tmp_path / "o", recursive=True, model="none"))


@pytest.mark.filterwarnings("default")
def test_a_killed_worker(ray: Any, tmp_path: Path) -> None:
    write_tree(tmp_path / "in", CONTENTS)
    out = tmp_path / "out"
    killed = None
    results = lmpack.ray.compress([tmp_path / "in"], out, recursive=True, level=6)
    seen = [next(results)]
    killed = next(worker_processes())
    os.kill(killed, signal.SIGKILL)
    seen += results
    assert not [result.error for result in seen if result.error]
    assert sorted({result.source for result in seen}) == sorted(
        str(tmp_path / "in" / name) for name in CONTENTS
    )
    assert read_tree(out) == packed(6)


@pytest.mark.filterwarnings("default")
def test_a_killed_worker_on_ranges(ray: Any, tmp_path: Path) -> None:
    content = text(5_000_000, 1)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "huge").write_bytes(content)
    out, back = tmp_path / "out", tmp_path / "back"
    for convert, source, target, expected in (
        (lmpack.ray.compress, tmp_path / "in", out, {"huge.lmp": lmpack.compress(content, 1)}),
        (lmpack.ray.decompress, out, back, {"huge": content}),
    ):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            results = pool.submit(in_ranges, convert, source, target)
            while not any(map(is_part, os.listdir(target) if target.exists() else ())):
                time.sleep(0.05)
            os.kill(next(worker_processes()), signal.SIGKILL)
            (result,) = results.result()
        assert result.error is None
        assert read_tree(target) == expected


def in_ranges(
    convert: Callable[..., Iterator[FileResult]], source: Path, target: Path
) -> list[FileResult]:
    return list(convert([source], target, recursive=True, range_size=1, level=1))


def worker_processes() -> Iterator[int]:
    """Numbers of the processes of workers of this cluster."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes()
                raylet = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                driver = int(Path(f"/proc/{raylet}/stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if command.startswith(b"ray::_Worker") and driver == os.getpid():
                yield int(entry.name)


PROGRAM = """
import sys
import ray
import lmpack.ray
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
for result in lmpack.ray.compress([sys.argv[1]], sys.argv[2], recursive=True, level=6):
    assert result.error is None, result
"""


def test_a_killed_driver(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="ray is missing: pip install 'lmpack[ray]'")
    write_tree(tmp_path / "in", CONTENTS)
    out = tmp_path / "out"
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "in"), str(out)]
    environment = {**os.environ, "RAY_worker_niceness": "0"}
    driver = subprocess.Popen(command, env=environment)
    while driver.poll() is None and len(list(out.rglob("*.lmp"))) < 5:
        time.sleep(0.05)
    driver.kill()
    driver.wait()
    assert set(read_tree(out)) != set(packed(6))
    time.sleep(3)  # until its workers have noticed it
    subprocess.run(command, env=environment, check=True)
    assert read_tree(out) == packed(6)


def test_groups_keep_all_workers_busy() -> None:
    files = [Planned(str(n), size=100) for n in range(100)]
    groups = list(lmpack.ray._groups(files, 2))
    assert [item for group in groups for item in group] == files
    assert len(groups) >= 8
    large = [Planned(str(n), size=1 << 30) for n in range(3)]
    assert list(lmpack.ray._groups(large, 1)) == [[item] for item in large]
    assert list(lmpack.ray._groups([], 3)) == []


def test_a_file_that_kills_its_workers_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_tree(tmp_path / "in", {"a": b"a", "b": b"b"})
    fake = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", fake)

    def die(name: str, arguments: object) -> None:
        raise WorkerDied("the node ran\nout of memory")

    fake.before = die
    results = list(lmpack.ray.compress([tmp_path / "in"], tmp_path / "out", recursive=True))
    assert sorted(Path(result.source).name for result in results) == ["a", "b"]
    for result in results:
        assert "died 4 times: do it by itself (the node ran out of memory)" in str(result.error)


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(lmpack.UsageError, match=r"pip install 'lmpack\[ray\]'"):
        lmpack.ray.compress(["x"])

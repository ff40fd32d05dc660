"""Many files through one queue: the same bytes as one by one."""

from __future__ import annotations

import gc
import itertools
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_models import FakeModels
from trees import BLOCK, CONTENTS, errors, packed_tree, read_tree, text, write_tree

import lmpack
from lmpack._blocks import choice, coders
from lmpack._blocks.coders import Encoder
from lmpack._container import Block
from lmpack._executors.devices import BLOCKS_ON_CUDA
from lmpack._files import lanes, pipeline
from lmpack._files.planned import Planned

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")


# What comes out


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("memory", [1, 4000, 1 << 28])
def test_each_output_is_that_of_compress(tree: Path, threads: int, memory: int) -> None:
    out = tree.parent / "out"
    results = list(
        lmpack.compress_files([tree], out, recursive=True, threads=threads, memory=memory)
    )
    assert read_tree(out) == packed_tree(CONTENTS)
    assert not errors(results)
    assert [Path(r.source).relative_to(tree) for r in results] == sorted(
        (Path(name) for name in CONTENTS), key=lambda path: (len(path.parents), path)
    )
    for result in results:
        assert result.sizes is not None
        assert result.sizes.read == Path(result.source).stat().st_size
        assert result.sizes.written == Path(str(result.output)).stat().st_size
    back = tree.parent / "back"
    results = list(
        lmpack.decompress_files([out], back, recursive=True, threads=threads, memory=memory)
    )
    assert not errors(results)
    assert read_tree(back) == CONTENTS


def test_outputs_go_beside_their_files_without_a_folder(tree: Path) -> None:
    files = [tree / "one", tree / "sub" / "short"]
    assert not errors(list(lmpack.compress_files(files)))
    assert (tree / "one.lmp").read_bytes() == lmpack.compress(b"x")
    assert (tree / "sub" / "short.lmp").exists()
    results = list(lmpack.compress_files(files, force=True, remove=True))
    assert not errors(results)
    assert not (tree / "one").exists()
    assert not (tree / "sub" / "short").exists()


def test_permissions_and_times_are_taken_over(tree: Path) -> None:
    (tree / "one").chmod(0o640)
    os.utime(tree / "one", ns=(1, 2_000_000_000))
    list(lmpack.compress_files([tree / "one"]))
    status = (tree / "one.lmp").stat()
    assert (status.st_mode & 0o777, status.st_mtime_ns) == (0o640, 2_000_000_000)


# The queue


class Watched:
    """Encodes slowly, and counts what is under way.

    Attributes:
        calls: how many run now.
        most: the most of them that ran at a time.
        order: contents in the order in which their coding ended.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, delay: Callable[[bytes], float]) -> None:
        self.calls = self.most = 0
        self.order: list[bytes] = []
        self._lock = threading.Lock()
        encode = Encoder.encode

        def watched(encoder: Encoder, plain: bytes, share_done: object = None) -> Block:
            with self._lock:
                self.calls += 1
                self.most = max(self.most, self.calls)
            time.sleep(delay(plain))
            block = encode(encoder, plain)
            with self._lock:
                self.calls -= 1
                self.order.append(plain)
            return block

        monkeypatch.setattr(Encoder, "encode", watched)


def test_workers_go_on_behind_a_slow_block(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = {"00": b"slow" * 20}
    quick = {f"{number:02}": text(50, number) for number in range(1, 20)}
    top = write_tree(tree.parent / "mixed", slow | quick)
    patience = time.monotonic() + 60

    def until_all_others_are_done(plain: bytes) -> float:
        while plain == slow["00"] and len(watched.order) < len(quick):
            if time.monotonic() > patience:
                break
            time.sleep(0.001)
        return 0

    watched = Watched(monkeypatch, until_all_others_are_done)
    results = list(lmpack.compress_files([top], top.parent / "o", recursive=True, threads=2))
    assert watched.order[-1] == slow["00"]
    assert [Path(result.source).name for result in results] == sorted(slow | quick)


def test_what_is_read_ahead_is_bounded(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, lambda plain: 0.002)
    calls = pipeline.InOrder
    costs: list[int] = []

    class Costed(calls):  # type: ignore[valid-type,misc]
        def _is_full(self) -> bool:
            costs.append(self._cost)
            return bool(super()._is_full())

    monkeypatch.setattr(pipeline, "InOrder", Costed)
    top = write_tree(tree.parent / "many", {str(n): text(600, n) for n in range(30)})
    memory = 5 * 1200
    results = lmpack.compress_files(
        [top], top.parent / "o", recursive=True, threads=3, memory=memory
    )
    sizes = [result.sizes for result in results]
    assert len(sizes) == 30
    assert watched.most <= 3
    # One more is started, and then results are taken until the rest fits again.
    assert memory < max(costs) <= memory + 1200


def test_a_batch_can_be_ended_early(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Watched(monkeypatch, lambda plain: 0.01)
    out = tree.parent / "out"
    results = lmpack.compress_files([tree], out, recursive=True, threads=2)
    first = next(results)
    results.close()
    gc.collect()
    whole = packed_tree(CONTENTS)
    left = read_tree(out)
    assert str(Path(str(first.output)).relative_to(out)) in left
    assert left.items() <= whole.items()  # no temporary files, no fragments
    assert len(left) < len(whole)


def test_progress_is_that_of_all_files(tree: Path) -> None:
    seen: list[lmpack.Progress] = []
    list(lmpack.compress_files([tree], tree.parent / "o", recursive=True, progress=seen.append))
    total = sum(map(len, CONTENTS.values()))
    assert seen[-1].read == seen[-1].settled == seen[-1].total == total
    assert seen[-1].written > 0
    assert all(a.settled <= b.settled for a, b in itertools.pairwise(seen))


# One file


def test_one_file_may_have_an_output_of_any_name(tree: Path) -> None:
    packed, back = tree.parent / "packed", tree.parent / "back"
    (result,) = lmpack.compress_files([tree / "one"], output_file=packed)
    assert (result.output, packed.read_bytes()) == (str(packed), lmpack.compress(b"x"))
    (result,) = lmpack.decompress_files([packed], output_file=back, remove=True)
    assert (result.error, back.read_bytes(), packed.exists()) == (None, b"x", False)
    (result,) = lmpack.compress_files([tree / "nowhere"], output_file=packed)
    assert isinstance(result.error, FileNotFoundError)
    (result,) = lmpack.compress_files([tree], output_file=packed)
    assert "it is a folder: use the option recursive, or lmpack compress --tar" in str(result.error)
    (result,) = lmpack.compress_files([back], output_file=back, force=True)
    assert "input and output are the same file" in str(result.error)
    assert not packed.exists()


def test_an_output_file_is_that_of_one_file(tree: Path) -> None:
    for paths in ([], [tree / "one", tree / "block"]):
        with pytest.raises(lmpack.UsageError, match=f"needs one file .*, not {len(paths)}"):
            lmpack.compress_files(paths, output_file="x")
    with pytest.raises(lmpack.UsageError, match="exclude each other"):
        lmpack.compress_files([tree / "one"], "out", output_file="x")


def test_an_output_that_cannot_be_written_is_noticed_first(
    tree: Path, fake_models: FakeModels
) -> None:
    (result,) = lmpack.compress_files([tree / "long"], output_file=tree / "nowhere" / "x")
    assert isinstance(result.error, FileNotFoundError)
    assert fake_models.opened == []


def test_a_pipe_is_an_input_that_stays(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    thread = threading.Thread(target=(tree / "pipe").write_bytes, args=(b"x",))
    thread.start()
    (result,) = lmpack.compress_files([tree / "pipe"], output_file=tree / "pipe.lmp")
    thread.join()
    assert (result.error, (tree / "pipe").exists()) == (None, True)
    assert (tree / "pipe.lmp").read_bytes() == lmpack.compress(b"x")


# The device


def test_lanes_at_hand_are_bounded_by_memory_and_by_the_gpu() -> None:
    def lanes_of(sizes: list[int], memory: int) -> int:
        planned = [Planned(str(n), str(n), size) for n, size in enumerate(sizes)]
        return lanes.lanes_of_contents(planned, memory, 100, lambda length: length // 10)

    assert lanes_of([], 10**9) == lanes_of([0, 0], 10**9) == 0
    assert lanes_of([100, 20, 180], 10**9) == 4 * 7
    assert lanes_of([100] * 50, 2000) == 10 * 10
    assert lanes_of([100] * 5000, 10**9) == BLOCKS_ON_CUDA * 10


@pytest.mark.parametrize("files", [1, 12])
def test_only_a_batch_of_many_lanes_asks_for_the_gpu(
    tree: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    asked = []

    def resolve(device: str, lanes: int) -> str:
        asked.append((device, lanes))
        return "cpu"

    monkeypatch.setattr(coders, "resolve_device", resolve)
    monkeypatch.setattr(choice, "SHORTEST_LANE", BLOCK // 16)
    lmpack.compress(b"x")
    write_tree(tree.parent / "many", {str(n): text(BLOCK + 1, n) for n in range(files)})
    for mixing in (True, False):
        many = lmpack.compress_files(
            [tree.parent / "many"], tree / "out", recursive=True, force=True, mixing=mixing
        )
        assert not errors(list(many))
    list(lmpack.decompress_files([tree / "out" / "0.lmp"]))
    assert asked == [("auto", lanes) for lanes in (0, 2 * files, 8 * 2 * files, 16)]

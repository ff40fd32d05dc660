"""Many files through one queue: the same bytes as one by one, whole or not there at all."""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import set_block_size
from fake_models import FakeModels

import lmpack
from lmpack import FileResult, _batch, _replacement
from lmpack._models import Encoder
from lmpack._same_content import is_compressed_form
from lmpack.cli.main import main
from lmpack.container import Block

pytestmark = pytest.mark.usefixtures("fake_models")

FAKE = Path(__file__).with_name("fake_lmpack.py")
BLOCK = 700


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    set_block_size(monkeypatch, BLOCK)


def text(size: int, seed: int = 0) -> bytes:
    words = random.Random(seed).choices([b"a", b"batch", b"of", b"many", b"files", b"\n"], k=size)
    return b" ".join(words)[:size]


CONTENTS = {
    "empty": b"",
    "one": b"x",
    "block": text(BLOCK, 1),
    "long": text(5 * BLOCK + 3, 2),
    "noise": random.Random(3).randbytes(2 * BLOCK),
    "sub/short": text(90, 4),
    "sub/sub/long": text(3 * BLOCK, 5),
    "with space\nand line": b"odd",
    "-r": b"looks like an option",
    os.fsdecode(b"not \xff UTF-8"): b"bytes",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "in", CONTENTS)


def write_tree(top: Path, contents: dict[str, bytes]) -> Path:
    for name, content in contents.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(content)
    return top


def read_tree(top: Path) -> dict[str, bytes]:
    return {str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if not p.is_dir()}


def packed_tree(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{name}.lmp": lmpack.compress(content) for name, content in contents.items()}


def errors(results: list[FileResult]) -> dict[str, str]:
    return {Path(r.source).name: str(r.error) for r in results if r.error is not None}


# What comes out


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

        def watched(encoder: Encoder, plain: bytes, advance: object = None) -> Block:
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
    watched = Watched(monkeypatch, lambda plain: 0.3 if plain == slow["00"] else 0.001)
    results = list(lmpack.compress_files([top], top.parent / "o", recursive=True, threads=2))
    assert watched.order[-1] == slow["00"]
    assert [Path(result.source).name for result in results] == sorted(slow | quick)


def test_what_is_read_ahead_is_bounded(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, lambda plain: 0.002)
    calls = _batch.InOrder
    costs: list[int] = []

    class Costed(calls):  # type: ignore[valid-type,misc]
        def start(self, call, cost=0):  # type: ignore[no-untyped-def]
            results = super().start(call, cost)
            costs.append(self._cost)
            return results

    monkeypatch.setattr(_batch, "InOrder", Costed)
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
    seen = []
    list(lmpack.compress_files([tree], tree.parent / "o", recursive=True, progress=seen.append))
    total = sum(map(len, CONTENTS.values()))
    assert seen[-1].read == seen[-1].settled == seen[-1].total == total
    assert seen[-1].written > 0
    assert all(a.settled <= b.settled for a, b in itertools.pairwise(seen))


# What fails


def test_a_bad_file_does_not_end_the_batch(tree: Path) -> None:
    out = tree.parent / "out"
    list(lmpack.compress_files([tree], out, recursive=True))
    damaged = bytearray((out / "long.lmp").read_bytes())
    damaged[BLOCK // 2] ^= 1
    (out / "long.lmp").write_bytes(damaged)
    (out / "one.lmp").write_bytes(b"nothing of ours")
    results = list(lmpack.decompress_files([out], tree.parent / "back", recursive=True))
    assert errors(results).keys() == {"long.lmp", "one.lmp"}
    assert read_tree(tree.parent / "back") == {
        name: content for name, content in CONTENTS.items() if name not in ("long", "one")
    }


def test_unreadable_vanishing_and_impossible_inputs(tree: Path) -> None:
    def paths() -> Iterator[Path]:
        yield tree / "one"
        yield tree / "vanishing"
        yield tree / "nowhere"
        yield tree / "sub"
        yield tree / "one"
        yield tree / "block"
        yield tree / "ends.lmp"

    (tree / "vanishing").write_bytes(b"soon gone")
    (tree / "ends.lmp").write_bytes(b"already")
    results = lmpack.compress_files(paths(), tree.parent / "out")
    (tree / "vanishing").unlink()
    got = list(results)
    assert [result.error is None for result in got] == [
        True, False, False, False, False, True, False
    ]  # fmt: skip
    messages = [str(result.error) for result in got]
    assert "No such file" in messages[1]
    assert "No such file" in messages[2]
    assert "it is a folder: use -r" in messages[3]
    assert "exists already" in messages[4]
    assert "ends in .lmp already" in messages[6]


def test_two_inputs_with_one_output(tree: Path) -> None:
    (tree / "sub" / "one").write_bytes(b"another")
    results = list(lmpack.compress_files([tree / "one", tree / "sub" / "one"], tree.parent / "o"))
    assert results[0].error is None
    assert "is already what is made of" in str(results[1].error)
    assert read_tree(tree.parent / "o") == {"one.lmp": lmpack.compress(b"x")}


def test_existing_outputs_stay_without_force(tree: Path) -> None:
    (tree / "one.lmp").write_bytes(b"precious")
    (result,) = lmpack.compress_files([tree / "one"])
    assert "exists already" in str(result.error)
    assert (tree / "one.lmp").read_bytes() == b"precious"
    (result,) = lmpack.compress_files([tree / "one"], force=True)
    assert (tree / "one.lmp").read_bytes() == lmpack.compress(b"x")


@pytest.mark.parametrize("room", [0, 100, 700])
def test_a_full_disk(tree: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    left = room
    write = _replacement.NamedSink.write

    def limited(sink: _replacement.NamedSink, data: memoryview) -> int | None:
        nonlocal left
        if len(data) > left:
            raise OSError(28, "No space left on device")
        left -= len(data)
        return write(sink, data)

    monkeypatch.setattr(_replacement.NamedSink, "write", limited)
    out = tree.parent / "out"
    results = list(lmpack.compress_files([tree], out, recursive=True, remove=True))
    assert "No space left" in errors(results)["noise"]
    assert read_tree(out).items() <= packed_tree(CONTENTS).items()
    # What was not written whole is still there.
    done = {Path(result.source) for result in results if result.error is None}
    for name in CONTENTS:
        assert (tree / name).exists() != (tree / name in done)


def test_links_and_special_files(tree: Path) -> None:
    (tree / "link").symlink_to(tree / "one")
    (tree / "loop").symlink_to(tree)
    (tree / "dangling").symlink_to("nowhere")
    os.mkfifo(tree / "pipe")
    (tree / ".lmpack-0123456789abcdef.tmp").write_bytes(b"of another process")
    (tree / "done.lmp").write_bytes(b"x")
    results = list(lmpack.compress_files([tree], tree / "out", recursive=True))
    skipped = {Path(r.source).name: r.skipped for r in results if r.skipped}
    assert skipped.keys() == {"link", "loop", "dangling", "pipe", "done.lmp"}
    assert skipped["link"] == skipped["loop"] == "it is a symbolic link"
    assert read_tree(tree / "out") == packed_tree(CONTENTS)
    # Again: the folder of the outputs lies in the tree and is no input.
    again = list(lmpack.compress_files([tree], tree / "out", recursive=True, resume=True))
    assert all(result.skipped for result in again)
    (result,) = lmpack.compress_files([tree / "link"], tree.parent / "o")
    assert result.error is None
    assert read_tree(tree.parent / "o") == {"link.lmp": lmpack.compress(b"x")}


def test_arguments(tree: Path) -> None:
    with pytest.raises(lmpack.UsageError, match="several, in a list"):
        lmpack.compress_files(str(tree))
    with pytest.raises(lmpack.UsageError, match="memory must be at least 1"):
        lmpack.compress_files([tree], memory=0)
    with pytest.raises(lmpack.ModelError, match="no model 'gigantic'"):
        lmpack.compress_files([tree], model="gigantic")
    with pytest.raises(lmpack.UsageError, match="number of threads"):
        lmpack.decompress_files([tree], threads=0)
    assert list(lmpack.compress_files([])) == []


# Going on where a batch has ended


def test_resume_does_only_what_is_missing(tree: Path) -> None:
    out = tree.parent / "out"
    list(lmpack.compress_files([tree], out, recursive=True))
    (out / "long.lmp").unlink()
    (out / "sub" / "short.lmp").write_bytes((out / "one.lmp").read_bytes())
    results = list(lmpack.compress_files([tree], out, recursive=True, resume=True))
    done = {Path(result.source).name for result in results if result.sizes is not None}
    assert done == {"long"}
    assert errors(results).keys() == {"short"}  # other content, which may be precious
    list(lmpack.compress_files([tree], out, recursive=True, resume=True, force=True))
    assert read_tree(out) == packed_tree(CONTENTS)
    back = tree.parent / "back"
    list(lmpack.decompress_files([out], back, recursive=True))
    (back / "one").unlink()
    results = list(lmpack.decompress_files([out], back, recursive=True, resume=True))
    assert {Path(r.source).name for r in results if r.sizes is not None} == {"one.lmp"}
    assert read_tree(back) == CONTENTS


def test_what_counts_as_the_compressed_form(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.write_bytes(CONTENTS["long"])
    whole = lmpack.compress(CONTENTS["long"])
    for content, expected in (
        (whole, True),
        (
            lmpack.compress(CONTENTS["long"][:BLOCK]) + lmpack.compress(CONTENTS["long"][BLOCK:]),
            True,
        ),
        (lmpack.compress(CONTENTS["long"], level=1), True),
        (whole[:-1], False),
        (whole + whole, False),
        (lmpack.compress(CONTENTS["long"][:-1]), False),
        (lmpack.compress(CONTENTS["long"] + b"x"), False),
        (lmpack.compress(b"x" + CONTENTS["long"][1:]), False),
        (b"", False),
    ):
        packed.write_bytes(content)
        assert is_compressed_form(packed, plain) == expected


@pytest.mark.parametrize("moment", range(4))
def test_killed_and_resumed_it_gives_the_same_tree(tmp_path: Path, moment: int) -> None:
    contents = {f"{n % 7}/{n}": text(random.Random(n).randrange(4000), n) for n in range(120)}
    write_tree(tmp_path / "in", contents)
    command = [sys.executable, FAKE, "compress", "-r", "in", "-o", "out", "--resume", "-T2"]
    process = subprocess.Popen(command, cwd=tmp_path)
    wanted = (5, 30, 60, 100)[moment]
    out = tmp_path / "out"
    while process.poll() is None and len(list(out.rglob("*.lmp"))) < wanted:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # What a kill may leave in any case.
    (out / "0").mkdir(parents=True, exist_ok=True)
    (out / "0" / ".lmpack-00112233445566aa.tmp").write_bytes(b"a fragment")
    left = {name for name in read_tree(out) if name.endswith(".lmp")}
    assert left <= {f"{name}.lmp" for name in contents}
    subprocess.run(command, cwd=tmp_path, check=True)
    expected = {name: lmpack_compress_default(content) for name, content in contents.items()}
    assert read_tree(out) == {f"{name}.lmp": packed for name, packed in expected.items()}


def lmpack_compress_default(content: bytes) -> bytes:
    """As the program does it, whose blocks are not small; each content here is below one."""
    with contextlib.ExitStack() as stack:
        monkeypatch = stack.enter_context(pytest.MonkeyPatch.context())
        set_block_size(monkeypatch, 1 << 20)
        return lmpack.compress(content)


def test_files_that_another_process_writes_are_left_alone(tmp_path: Path) -> None:
    mine = _replacement.Replacement(tmp_path / "file", force=False, like=None)
    (tmp_path / ".lmpack-0011223344556677.tmp").write_bytes(b"of a process that is gone")
    program = f"from lmpack._replacement import *; remove_leftovers(Path({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", program], check=True)
    assert len(list(tmp_path.iterdir())) == 1
    mine.sink.write(memoryview(b"whole"))
    mine.commit()
    assert (tmp_path / "file").read_bytes() == b"whole"


# The command


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_the_command_makes_the_tree_anew(tree: Path, invoke: Callable[..., Result]) -> None:
    result = invoke("compress", "-r", "in", "-o", "out", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    total = sum(map(len, CONTENTS.values()))
    packed = sum(map(len, packed_tree(CONTENTS).values()))
    summary = report["summary"]
    assert (summary["files"], summary["skipped"], summary["failed"]) == (len(CONTENTS), 0, 0)
    assert (summary["plain_bytes"], summary["compressed_bytes"]) == (total, packed)
    assert summary["bits_per_byte"] == pytest.approx(8 * packed / total, abs=1e-4)
    assert summary["bytes_per_second"] > 0
    assert len(report["files"]) == len(CONTENTS)
    assert invoke("decompress", "-r", "out", "-o", "back").exit_code == 0
    assert read_tree(Path("back")) == CONTENTS


def test_the_command_reports_failures_at_the_end(tree: Path, invoke: Callable[..., Result]) -> None:
    result = invoke("compress", "in/one", "nowhere", "in/block", "-o", "out", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["summary"]["failed"] == 1
    assert report["files"][-1] == {"file": "nowhere", "error": "No such file or directory"}
    assert read_tree(Path("out")).keys() == {"one.lmp", "block.lmp"}
    result = invoke("compress", "-r", "in/one", "nowhere", "-o", "out")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("0 files, 0 skipped, 2 failed")
    result = invoke("compress", "in/one", "in/block", "-o", "out", "--resume", "-v")
    assert result.exit_code == 0
    assert "in/one: skipped: its output is there already" in result.stderr


def test_odd_names_are_printed_on_one_line(tree: Path, invoke: Callable[..., Result]) -> None:
    result = invoke("compress", "-r", "in", "-o", "out", "-v")
    assert r"in/with space\nand line: 3 bytes" in result.stderr
    assert r"in/not \udcff UTF-8: 5 bytes" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-r", "-c", "in"], "need output files"),
        (["--resume"], "need output files"),
        (["in"], "Is a directory"),
        (["in", "in/one"], "it is a folder: use -r"),
        (["-r", "in", "--model", "gigantic"], "the batch: there is no model"),
    ],
)
def test_wrong_usage(
    tree: Path, invoke: Callable[..., Result], arguments: list[str], message: str
) -> None:
    result = invoke("compress", *arguments)
    assert result.exit_code in (1, 2)
    assert message in result.output


def test_termination_leaves_nothing_behind(tmp_path: Path, fake_models: FakeModels) -> None:
    write_tree(tmp_path / "in", {str(n): text(20_000, n) for n in range(60)})
    command = [sys.executable, FAKE, "compress", "-r", "in", "-o", "out", "-T2"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    while not list((tmp_path / "out").glob("*.lmp")):
        time.sleep(0.002)
    process.terminate()
    _, message = process.communicate()
    assert process.returncode == 1
    assert b"terminated" in message
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert all(name.endswith(".lmp") for name in names)
    assert len(names) < 60

"""What happens to output when something goes wrong round lmpack: disks, forks, endings, changes."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import inputs
import pytest
from random_models import ARCHITECTURES, random_bundle

import lmpack
from lmpack._blocks.codec import decode_block
from lmpack._blocks.coders import Encoder
from lmpack._executors import open_executor

if TYPE_CHECKING:
    from typing_extensions import Buffer

ROOT = Path(__file__).parents[2]


class FullOnce(io.BytesIO):
    """Takes a few bytes of a write and fails once, as a disk that is full for a while."""

    room = 30

    def write(self, data: Buffer, /) -> int:
        piece = bytes(data)[: self.room]
        if not piece:
            self.room = 10**9
            raise OSError(28, "No space left on device")
        self.room -= super().write(piece)
        return len(piece)


def test_after_a_failed_write_nothing_more_is_added_to_the_fragment() -> None:
    sink = FullOnce()
    file = lmpack.open(sink, "wb")
    file.write(inputs.NOISE)
    with pytest.raises(OSError, match="No space left"):
        file.close()
    fragment = sink.getvalue()
    writer = lmpack.open(FullOnce(), "wb")
    writer.write(inputs.NOISE)
    assert writer._writer is not None
    with pytest.raises(OSError, match="No space left"):
        writer._writer.finish()
    with pytest.raises(OSError, match="No space left"):
        writer.close()
    with pytest.raises(lmpack.TruncatedError):
        lmpack.decompress(fragment)


def test_one_model_from_the_first_block_to_the_last(tmp_path: Path) -> None:
    """A bundle that is replaced meanwhile must not change what a writer has started."""
    first = random_bundle(tmp_path / "first", ARCHITECTURES["plain"], seed=1)
    random_bundle(tmp_path / "second", ARCHITECTURES["plain"], seed=2)
    used = tmp_path / "used"
    shutil.copytree(first.path, used)
    encoder = Encoder(lmpack.Options(level=1, model=str(used), mixing=False))
    before = encoder.header
    shutil.rmtree(used)
    shutil.copytree(tmp_path / "second", used)
    assert encoder.header == before
    assert before.fingerprints == (first.fingerprint[:8],)
    with pytest.raises(lmpack.BundleError, match="was changed"):
        encoder.encode(inputs.TEXT)


def test_an_open_executor_keeps_its_weights_when_its_bundle_is_exported_anew(
    tmp_path: Path,
) -> None:
    bundle = random_bundle(tmp_path / "bundle", ARCHITECTURES["plain"], seed=1)
    encoder = Encoder(lmpack.Options(level=1, model=str(bundle.path), mixing=False))
    block = encoder.encode(inputs.NOISE + bytes(3000))
    executor = open_executor(bundle)
    random_bundle(tmp_path / "bundle", ARCHITECTURES["plain"], seed=2)
    assert encoder.encode(inputs.NOISE + bytes(3000)) == block
    assert decode_block(executor, block) == inputs.NOISE + bytes(3000)


@pytest.mark.parametrize("arguments", [{"threads": 0}, {"device": "abacus"}, {"colour": "red"}])
def test_bad_arguments_are_noticed_before_a_file_is_emptied(
    tmp_path: Path, arguments: dict[str, Any]
) -> None:
    path = tmp_path / "keep.lmp"
    path.write_bytes(b"precious")
    with pytest.raises(lmpack.UsageError):
        lmpack.open(path, "wb", **arguments)
    with pytest.raises(lmpack.UsageError):
        lmpack.compress(b"", **arguments)
    assert path.read_bytes() == b"precious"


def test_a_sink_that_takes_nothing_is_an_error() -> None:
    class Stuck:
        def write(self, data: object, /) -> int:
            return 0

    with pytest.raises(lmpack.UsageError, match="no more bytes"):
        lmpack.compress_stream(io.BytesIO(b"x"), Stuck())


def test_text_files_are_refused_by_what_reads() -> None:
    with pytest.raises(lmpack.UsageError, match="binary mode"):
        lmpack.describe(io.StringIO("text"))  # type: ignore[arg-type]


def run_python(program: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, *arguments], check=True)


@pytest.mark.slow
def test_a_forked_process_can_compress_too() -> None:
    run_python(
        "import os, signal, lmpack\n"
        "expected = lmpack.compress(b'some text ' * 2000, threads=2)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    signal.alarm(60)\n"
        "    same = lmpack.compress(b'some text ' * 2000, threads=2) == expected\n"
        "    os._exit(0 if same else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
    )


@pytest.mark.slow
def test_a_file_closed_when_the_interpreter_ends_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "late.lmp"
    run_python(
        "import atexit, sys, lmpack\n"
        "file = lmpack.open(sys.argv[1], 'wb', threads=2)\n"
        "atexit.register(file.close)\n"
        "file.write(b'some text ' * 10000)\n",
        str(path),
    )
    assert lmpack.decompress(path.read_bytes()) == b"some text " * 10000


@pytest.mark.slow
def test_a_file_that_is_never_closed_is_whole_whatever_it_holds(tmp_path: Path) -> None:
    # Sound: what looks for its filter is loaded by nothing else.
    path = tmp_path / "late.lmp"
    run_python(
        "import math, sys, lmpack\n"
        "sound = [int(9000 * math.sin(i / 7.3)) + i * i % 61 for i in range(9000)]\n"
        "file = lmpack.open(sys.argv[1], 'wb', level=1)\n"
        "file.write(b''.join(value.to_bytes(2, 'little', signed=True) for value in sound))\n",
        str(path),
    )
    assert len(lmpack.decompress(path.read_bytes())) == 18000


@pytest.mark.parametrize(
    ("page", "count", "made"),
    [
        ("README.md", 1, "notes.txt.lmp"),
        ("docs/python.md", 4, "log.lmp"),
        ("docs/records.md", 2, None),
    ],
)
def test_the_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, count: int, made: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / page).read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) == count
    names: dict[str, object] = {}
    for example in examples:
        exec(compile(example, page, "exec"), names)
    assert made is None or (tmp_path / made).exists()

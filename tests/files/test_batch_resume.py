"""A batch that was ended goes on where it was, and gives the same tree."""

from __future__ import annotations

import contextlib
import functools
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from block_sizes import set_block_size
from trees import BLOCK, CONTENTS, errors, packed_tree, read_tree, text, write_tree

import lmpack
from lmpack._files import replacement as _replacement
from lmpack._files.disk.location import Location
from lmpack._files.same_content import is_compressed_form

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")


FAKE = Path(__file__).parents[1] / "support" / "fake_lmpack.py"


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
        assert is_compressed_form(Location(packed), Location(plain)) == expected


def test_what_needs_another_prefix_is_not_done(tmp_path: Path) -> None:
    source, first, second = tmp_path / "one", lmpack.Prefix(b"first " * 9), lmpack.Prefix(b"second")
    source.write_bytes(b"first " * 20)
    (made,) = lmpack.compress_files([source], level=1, prefix=first)
    assert made.error is None
    for resume in (True, "meta"):
        (again,) = lmpack.compress_files([source], level=1, prefix=first, resume=resume)
        assert again.skipped
        for other in (second, None):
            (result,) = lmpack.compress_files([source], level=1, prefix=other, resume=resume)
            assert "exists already" in str(result.error)
    (result,) = lmpack.compress_files([source], level=1, resume=True, force=True)
    assert lmpack.decompress((tmp_path / "one.lmp").read_bytes()) == source.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(4))
def test_killed_and_resumed_it_gives_the_same_tree(tmp_path: Path, moment: int) -> None:
    contents = {f"{n % 7}/{n}": text(random.Random(n).randrange(1000), n) for n in range(48)}
    write_tree(tmp_path / "in", contents)
    command = [sys.executable, str(FAKE), "compress", "-r", "in", "-o", "out", "--resume", "-T2"]
    process = subprocess.Popen(command, cwd=tmp_path)
    wanted = (2, 12, 24, 40)[moment]
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


@functools.cache
def lmpack_compress_default(content: bytes) -> bytes:
    """As the program does it, whose blocks are not small; each content here is below one."""
    with contextlib.ExitStack() as stack:
        monkeypatch = stack.enter_context(pytest.MonkeyPatch.context())
        set_block_size(monkeypatch, 1 << 20)
        return lmpack.compress(content)


def test_files_that_another_process_writes_are_left_alone(tmp_path: Path) -> None:
    mine = _replacement.Replacement(tmp_path / "file", force=False, like=None)
    (tmp_path / ".lmpack-0011223344556677.tmp").write_bytes(b"of a process that is gone")
    program = (
        "import sys; from pathlib import Path; from lmpack._files.disk.temporary import *; "
        "remove_leftovers(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert len(list(tmp_path.iterdir())) == 1
    mine.sink.write(memoryview(b"whole"))
    mine.commit()
    assert (tmp_path / "file").read_bytes() == b"whole"


@pytest.mark.parametrize("resume", [True, "meta"])
def test_resume_keeps_to_the_limit_of_memory(tree: Path, resume: Any) -> None:
    out, back = tree.parent / "out", tree.parent / "back"
    list(lmpack.compress_files([tree], out, recursive=True))
    list(lmpack.decompress_files([out], back, recursive=True))
    results = list(
        lmpack.decompress_files(
            [out], back, recursive=True, resume=resume, force=True, max_memory=600
        )
    )
    assert any(result.skipped for result in results)
    failed = {Path(result.source).name: result.error for result in results if result.error}
    assert "long.lmp" in failed  # its index alone needs more
    assert all(isinstance(error, lmpack.LimitError) for error in failed.values())

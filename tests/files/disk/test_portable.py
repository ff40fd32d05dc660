"""A system that has less than this one: everything imports, and files come out right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import lmpack

WITHOUT = {
    "fcntl": "sys.modules['fcntl'] = None",
    "flags": "for name in ('O_NOFOLLOW', 'O_NONBLOCK', 'O_DIRECTORY', 'O_CLOEXEC', 'O_PATH'):\n"
    "    os.__dict__.pop(name, None)",
    "descriptors of folders": "os.supports_dir_fd = set()",
    "attributes of descriptors": "os.supports_fd = set()",
    "links": "os.supports_follow_symlinks = set()\n"
    "os.link = lambda *names, **more: os.stat('/nowhere')",
    "names of open files": "fixed = True",
}
PROGRAM = """
import os, sys
fixed = False
{missing}
import lmpack
import lmpack.cli.main
from lmpack._files.disk import system
system.OPEN_FILES_ARE_FIXED = fixed
top, out, back = sys.argv[1:]
def done(results):
    for result in results:
        assert (result.error, result.warnings) == (None, ()), result
        assert result.sizes is not None
options = dict(recursive=True, level=1)
done(lmpack.compress_files([top], out, remove=True, **options))
done(lmpack.decompress_files([out], back, **options))
done(lmpack.decompress_files([out], back, force=True, **options))
"""


EACH = [pytest.param(missing, marks=pytest.mark.slow) for missing in WITHOUT]


@pytest.mark.parametrize("missing", ["all", *EACH])
def test_files_are_compressed_and_back(tmp_path: Path, missing: str) -> None:
    top, out, back = (tmp_path / name for name in ("top", "out", "back"))
    (top / "sub").mkdir(parents=True, mode=0o700)
    (top / "sub" / "file").write_bytes(b"content")
    (top / "sub" / "file").chmod(0o640)
    lines = "\n".join(WITHOUT.values()) if missing == "all" else WITHOUT[missing]
    program = PROGRAM.format(missing=lines)
    subprocess.run([sys.executable, "-c", program, str(top), str(out), str(back)], check=True)
    assert lmpack.decompress((out / "sub" / "file.lmp").read_bytes()) == b"content"
    assert (back / "sub" / "file").read_bytes() == b"content"
    assert [path.stat().st_mode & 0o777 for path in (back / "sub", back / "sub" / "file")] == [
        0o700,
        0o640,
    ]
    assert not list(tmp_path.rglob(".lmpack-*"))
    assert not (top / "sub" / "file").exists()

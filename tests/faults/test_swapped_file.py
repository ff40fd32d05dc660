"""A user puts a link in the place of root's temporary file: what it leads to is not touched."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import inputs
import pytest
from faults import FaultServer

NOBODY = 65534
CONTENT = inputs.SENTENCES
SECRET = b"for root alone"

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root can be tricked by another user: run this test as root",
)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextlib.contextmanager
def swapping_user(folder: Path, victim: Path) -> Iterator[None]:
    """Another user, who puts links to a file in the place of all temporary files in a folder."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        _swap_for_ever(folder, victim)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _swap_for_ever(folder: Path, victim: Path) -> None:
    signal.alarm(60)
    aside = f"{folder}/aside"
    while True:
        for name in os.listdir(folder):
            path = f"{folder}/{name}"
            with contextlib.suppress(OSError):
                if name.startswith(".lmpack-") and not os.path.islink(path):
                    os.rename(path, aside)
                    os.symlink(victim, path)


@pytest.mark.parametrize("options", [[], ["--rm"], ["-f"]], ids=str)
def test_the_file_of_a_link_is_left_alone(
    server: FaultServer, open_folder: Path, options: list[str]
) -> None:
    victim = open_folder / "victim"
    victim.write_bytes(SECRET)
    victim.chmod(0o600)
    folder = open_folder / "theirs"
    folder.mkdir()
    source = folder / "notes"
    source.write_bytes(CONTENT)
    for path in (folder, source):
        os.chown(path, NOBODY, NOBODY)
    with swapping_user(folder, victim):
        run = server.run(["compress", "-1", "-q", *options, str(source)], folder)
    status = victim.stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (0, 0o600)
    assert victim.read_bytes() == SECRET
    assert run.status == 1
    assert run.stderr.startswith("lmpack: ")
    assert source.read_bytes() == CONTENT

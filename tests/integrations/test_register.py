"""lmpack.register(): what other libraries then do with `.lmp` files."""

from __future__ import annotations

import importlib.util
import mimetypes
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lmpack

TEXT = "One line, and another one.\nÄ\n" * 20
OPTIONAL = ("fsspec", "smart_open")

pytestmark = pytest.mark.libraries


@pytest.fixture(autouse=True, scope="module")
def registered() -> Iterator[tuple[str, ...]]:
    yield lmpack.register()
    mimetypes.init()  # as it was


def test_it_says_what_was_registered_and_can_be_called_again(
    registered: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    there = [name for name in OPTIONAL if importlib.util.find_spec(name) is not None]
    assert registered == ("tarfile", "shutil", "mimetypes", *there)
    assert lmpack.register() == registered
    assert not caplog.records


def test_missing_libraries_are_left_out() -> None:
    program = (
        "import importlib.util, sys; find = importlib.util.find_spec; "
        "importlib.util.find_spec = lambda name: None if name in ('fsspec', 'smart_open') "
        "else find(name); import lmpack; print(*lmpack.register()); "
        "print(*({'fsspec', 'smart_open', 'zarr', 'numcodecs'} & sys.modules.keys()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert result.stdout == "tarfile shutil mimetypes\n\n"


def test_the_media_type_is_that_of_lmpack() -> None:
    lmpack.register()
    assert mimetypes.guess_type("notes.txt.lmp") == ("application/x-lmpack", None)
    assert mimetypes.guess_extension("application/x-lmpack") == ".lmp"


@pytest.mark.parametrize("compression", ["lmpack", "infer"])
def test_fsspec(tmp_path: Path, compression: str) -> None:
    fsspec = pytest.importorskip("fsspec", reason="fsspec is missing: pip install fsspec")
    path = tmp_path / ("a.txt.lmp" if compression == "infer" else "a.txt")
    with fsspec.open(path, "wt", encoding="utf-8", newline="", compression=compression) as file:
        file.write(TEXT)
    assert lmpack.decompress(path.read_bytes()) == TEXT.encode()
    with fsspec.open(path, "rb", compression=compression) as file:
        file.seek(5)
        assert file.read(4) == b"ine,"
    path.write_bytes(b"no container")
    with pytest.raises(lmpack.NotLmpackError), fsspec.open(path, compression=compression):
        pass


def test_smart_open(tmp_path: Path) -> None:
    smart_open = pytest.importorskip(
        "smart_open", reason="smart_open is missing: pip install smart_open"
    )
    path = tmp_path / "a.txt.lmp"
    with smart_open.open(path, "w", encoding="utf-8", newline="") as file:
        file.write(TEXT)
    assert lmpack.decompress(path.read_bytes()) == TEXT.encode()
    with smart_open.open(path, encoding="utf-8") as file:
        assert next(file) == "One line, and another one.\n"

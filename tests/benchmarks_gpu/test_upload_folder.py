"""What a pack refuses, before it deletes anything."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from benchmarks.gpu import pack
from benchmarks.gpu.parts import join, names, split

MIB = 1 << 20


@pytest.fixture(autouse=True)
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files in the current folder, which is another one than the output."""
    monkeypatch.setattr(pack, "checkout_size", lambda: 63 * MIB)
    monkeypatch.chdir(tmp_path)
    for name in ("extension.so", "ort.tar.xz", "train.xz", "valid.xz"):
        Path(name).write_text(name)
    sources = {"train": [{"path": "train.xz", "weight": 1.0}], "valid": [{"path": "valid.xz"}]}
    Path("recipe.json").write_text(json.dumps({"architecture": "tiny", **sources}))


def call(*more: str) -> int:
    options = {"extension": "extension.so", "onnxruntime": "ort.tar.xz", "data": "."}
    options |= {"recipe": "recipe.json", "output": "out"}
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    return pack.main([*arguments, *more])


def files() -> dict[str, bytes]:
    """All files in the current folder."""
    paths = (Path(folder) / name for folder, _, names in os.walk(".") for name in names)
    return {str(path): path.read_bytes() for path in paths}


def refused(*more: str, message: str) -> None:
    """Whether a call is refused with a message and nothing is changed."""
    before = files()
    with pytest.raises(SystemExit, match=f"error: .*{message}"):
        call(*more)
    assert files() == before


@pytest.mark.parametrize("name", ["notes.txt", "1/notes.txt", "1/2/x.part00.00000000", "a/b"])
def test_a_folder_with_anything_else_is_refused(name: str) -> None:
    assert call() == 0
    Path("out", name).parent.mkdir(parents=True, exist_ok=True)
    Path("out", name).write_text("precious")
    refused(message=r"is not of an earlier pack: choose another output")


def test_neither_the_current_folder_nor_a_file_is_an_output() -> None:
    refused("--output", ".", message=r"choose another output")
    refused("--output", "train.xz", message=r"train\.xz is no folder")


def test_uploads_of_an_earlier_pack_are_replaced() -> None:
    assert call() == 0
    Path("out", "1").rename(Path("out", "7"))
    Path("train.xz").write_text("another one")
    assert call() == 0
    assert not Path("out", "7").exists()
    join(Path("out"), "source--train.xz", Path("back"))
    assert Path("back").read_text() == "another one"


@pytest.mark.parametrize("name", ["train.xz", "extension.so", "ort.tar.xz"])
def test_without_an_input_the_earlier_uploads_stay(name: str) -> None:
    assert call() == 0
    Path(name).unlink()
    refused(message=name)


def test_a_wheel_without_the_module_is_refused() -> None:
    with zipfile.ZipFile("other.whl", "w") as wheel:
        wheel.writestr("other/__init__.py", b"")
    refused("--extension", "other.whl", message=r"other\.whl has no extension module")


def test_a_state_is_packed_or_it_is_said_that_there_is_none() -> None:
    Path("earlier").mkdir()
    refused("--resume", "earlier", message=r"has no before_fall\.pt\.parts\.json or checkpoint")
    Path("checkpoint.pt").write_text("a state")
    parts = split(Path("checkpoint.pt"), Path("earlier"), 4)
    Path("earlier", "other.part").write_text("not of the state")
    assert call("--resume", "earlier") == 0
    assert "checkpoint.pt" in names(Path("out"))
    assert "other.part" not in {Path(name).name for name in files() if name.startswith("out")}
    parts[1].unlink()
    refused("--resume", "earlier", message=rf"{parts[1].name} is missing")

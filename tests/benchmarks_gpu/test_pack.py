"""What is packed for a machine with a GPU is there again after unpacking."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.gpu import pack, packing, slim
from benchmarks.gpu.parts import PartsError, split
from benchmarks.gpu.results import ROOT
from benchmarks.gpu.unpack import unpack
from lmpack.training.config import read_recipe

MIB = 1 << 20
CODE, PTX = 2, 1


def fatbin(images: list[tuple[int, int, bytes]]) -> bytes:
    """A fat binary of (kind, architecture, payload)."""
    body = b""
    for kind, arch, payload in images:
        head = struct.pack("<HHIQ", kind, 0x101, 64, len(payload)) + bytes(12)
        body += (head + struct.pack("<I", arch)).ljust(64, b"\0") + payload
    return struct.pack("<IHHQ", slim.FATBIN_MAGIC, 1, 16, len(body)) + body


def library(binary: bytes) -> bytes:
    """An ELF64 file with `binary` as its section .nv_fatbin."""
    names = b"\0.nv_fatbin\0.shstrtab\0"
    start, table = 64 + len(names), 64 + len(names) + len(binary)
    sections = [(0, 0, 0), (1, start, len(binary)), (12, 64, len(names))]
    headers = b"".join(
        struct.pack("<IIQQQQIIQQ", name, 1, 0, 0, offset, size, 0, 0, 1, 0)
        for name, offset, size in sections
    )
    head = bytearray(64)
    struct.pack_into("<Q", head, 0x28, table)
    struct.pack_into("<HH", head, 0x3C, len(sections), 2)
    return bytes(head) + names + binary + headers


def test_only_one_architecture_is_kept() -> None:
    images = [(CODE, 80, b"a" * 24), (CODE, 90, b"b" * 16), (PTX, 90, b"c" * 8)]
    before = library(fatbin(images) + bytes(8) + fatbin([(CODE, 90, b"d" * 40)]))
    after = bytearray(before)
    assert slim.keep_architecture(after, 90) == 56
    assert len(after) == len(before)
    for letter, count in ((b"a", 0), (b"b", 16), (b"c", 0), (b"d", 40)):
        assert after.count(letter * 8) == count // 8
    with pytest.raises(ValueError, match="no machine code for sm_75"):
        slim.keep_architecture(bytearray(before), 75)


def test_uploads_are_filled_in_order(tmp_path: Path) -> None:
    files = []
    for number, size in enumerate((4, 4, 1, 6, 5)):
        files.append(tmp_path / str(number))
        files[-1].write_bytes(bytes(size))
    groups = [[path.name for path in group] for group in packing.uploads(files, 10)]
    assert groups == [["0", "1", "2"], ["3"], ["4"]]
    with pytest.raises(ValueError, match="3 does not fit beside the checkout: 6 > 5 bytes"):
        packing.uploads(files, 5)


Pack = Callable[..., Path]


@pytest.fixture
def pack_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pack:
    """Packs a wheel, an archive and four sources into uploads of 1 MiB; their folder."""
    monkeypatch.setattr(pack, "checkout_size", lambda: 63 * MIB)
    monkeypatch.setattr(packing, "PART", MIB // 8)
    data = tmp_path / "data"
    (data / "text").mkdir(parents=True)
    sizes = {"valid": 220_000, "light": 5_000, "heavy": 150_000, "middle": 100_000}
    for name, size in sizes.items():
        (data / "text" / f"{name}.xz").write_bytes(name[:5].encode() * size)
    weights = {"light": 0.1, "heavy": 0.6, "middle": 0.3}
    recipe = {
        "architecture": "tiny",
        "train": [{"path": f"text/{name}.xz", "weight": weights[name]} for name in weights],
        "valid": [{"path": "text/valid.xz"}],
    }
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    with zipfile.ZipFile(tmp_path / "lmpack.whl", "w") as wheel:
        wheel.writestr("lmpack/_native.cpython-312-x86_64-linux-gnu.so", b"code")
        wheel.writestr("lmpack/errors.py", b"")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "module.py").write_text("here = True\n")
    slim.pack(tmp_path / "site", tmp_path / "ort.tar.xz")
    output = tmp_path / "uploads"

    def call(*more: str, recipe: Path = tmp_path / "recipe.json") -> Path:
        arguments = ["--extension", tmp_path / "lmpack.whl", "--data", data, "--output", output]
        arguments += ["--onnxruntime", tmp_path / "ort.tar.xz", "--recipe", recipe, *more]
        assert pack.main(list(map(str, arguments))) == 0
        return output

    return call


@pytest.fixture
def packed(pack_all: Pack) -> Path:
    """The folder of as many uploads as all of it needs."""
    return pack_all("--uploads", "9")


def test_unpacked_it_is_all_there(packed: Path, tmp_path: Path) -> None:
    folders = [path for path in packed.iterdir() if path.is_dir()]
    sizes = [sum(path.stat().st_size for path in upload.iterdir()) for upload in folders]
    assert len(sizes) > 1
    assert max(sizes) <= MIB
    package = tmp_path / "package"
    unpack(packed, package)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert (package / f"_native{suffix}").read_bytes() == b"code"
    assert (packed / "site" / "module.py").read_text() == "here = True\n"
    for path in (tmp_path / "data" / "text").iterdir():
        assert (packed / "data" / "text" / path.name).read_bytes() == path.read_bytes()


def trained(recipe: Path) -> list[str]:
    """Names of the training sources of a recipe."""
    return [source.name for source in read_recipe(recipe).train]


def test_sources_are_left_out_by_weight(
    pack_all: Pack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = pack_all()  # 1.1 of 2 MiB for validation, 0.75 for the heavy one, 0.5 for the middle
    assert "left out: text/middle.xz, 0.5 MiB" in capsys.readouterr().out
    assert sorted(path.name for path in output.iterdir()) == ["1", "2", "recipe.json"]
    arrived = tmp_path / "arrived"
    for number in ("1", "2"):
        shutil.copytree(output / number, arrived / number)
    unpack(arrived, tmp_path / "package")
    assert trained(arrived / "recipe.json") == ["light", "heavy"]
    names = {path.stem for path in (arrived / "data" / "text").iterdir()}
    assert names == {"valid", "light", "heavy"}


def test_a_run_goes_on_with_its_sources(pack_all: Pack, tmp_path: Path) -> None:
    recipe = pack_all() / "recipe.json"
    (tmp_path / "checkpoint.pt").write_bytes(bytes(MIB // 4))
    split(tmp_path / "checkpoint.pt", tmp_path / "state", MIB // 2)
    with pytest.raises(SystemExit, match="goes on with all its sources, but text/"):
        pack_all("--resume", str(tmp_path / "state"))
    again = pack_all("--resume", str(tmp_path / "state"), "--uploads", "3", recipe=recipe)
    assert trained(again / "recipe.json") == ["light", "heavy"]


def test_what_has_to_be_there_is_said(pack_all: Pack) -> None:
    with pytest.raises(SystemExit, match=r"valid\.xz does not fit into 1 uploads: allow more"):
        pack_all("--uploads", "1")


def test_a_source_that_is_not_there_is_said(pack_all: Pack, tmp_path: Path) -> None:
    (tmp_path / "data" / "text" / "heavy.xz").unlink()
    with pytest.raises(SystemExit, match=r"heavy\.xz"):
        pack_all()


def test_only_what_travels_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "ROOT", tmp_path)
    (tmp_path / "benchmarks" / "models").mkdir(parents=True)
    (tmp_path / "wheels").mkdir()
    sizes = {"tracked": 1, "untracked": 10, "ignored": 100, "wheels/a": 1000}
    for name, size in {**sizes, "benchmarks/models/a": 10000}.items():
        (tmp_path / name).write_bytes(bytes(size))
    (tmp_path / ".gitignore").write_text("ignored\n/wheels/\n")
    subprocess.run(["git", "-C", tmp_path, "init", "-q"], check=True)
    subprocess.run(["git", "-C", tmp_path, "add", "tracked"], check=True)
    assert pack.checkout_size() == 10011 + (tmp_path / ".gitignore").stat().st_size


@pytest.mark.parametrize("name", [".gpu/1/a", ".gpu-build/a.whl", "wheels/a.whl"])
def test_what_is_packed_does_not_travel_with_the_checkout(name: str) -> None:
    command = ["git", "-C", str(ROOT), "check-ignore", "-q", name]
    assert subprocess.run(command, check=False).returncode == 0


def test_an_upload_that_is_missing_is_said(packed: Path, tmp_path: Path) -> None:
    next(iter((packed / "1").glob("source--*.part0?.*"))).unlink()
    with pytest.raises(PartsError, match="is missing in"):
        unpack(packed, tmp_path / "package")


def test_the_archive_can_be_opened_as_any_other(packed: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "ort.tar.xz") as archive:
        assert "./module.py" in archive.getnames()

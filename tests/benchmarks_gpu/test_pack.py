"""What is packed for a machine with a GPU is there again after unpacking."""

from __future__ import annotations

import json
import struct
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from benchmarks.gpu import pack, slim
from benchmarks.gpu.parts import PartsError
from benchmarks.gpu.unpack import unpack

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
    groups = [[path.name for path in group] for group in pack.uploads(files, 10)]
    assert groups == [["0", "1", "2"], ["3"], ["4"]]
    with pytest.raises(ValueError, match="3 does not fit beside the checkout: 6 > 5 bytes"):
        pack.uploads(files, 5)


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the uploads, for a wheel, an archive and two sources."""
    monkeypatch.setattr(pack, "checkout_size", lambda: 63 * MIB)
    monkeypatch.setattr(pack, "PART", MIB // 2)
    data = tmp_path / "data"
    (data / "text").mkdir(parents=True)
    for name in ("train", "valid"):
        (data / "text" / f"{name}.xz").write_bytes(name.encode() * 200_000)
    recipe = {
        "architecture": "tiny",
        "train": [{"path": "text/train.xz", "weight": 1.0}],
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
    arguments = ["--extension", tmp_path / "lmpack.whl", "--onnxruntime", tmp_path / "ort.tar.xz"]
    arguments += ["--data", data, "--recipe", tmp_path / "recipe.json", "--output", output]
    assert pack.main(list(map(str, arguments))) == 0
    return output


def test_unpacked_it_is_all_there(packed: Path, tmp_path: Path) -> None:
    sizes = [sum(path.stat().st_size for path in upload.iterdir()) for upload in packed.iterdir()]
    assert len(sizes) > 1
    assert max(sizes) <= MIB
    package = tmp_path / "package"
    unpack(packed, package)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert (package / f"_native{suffix}").read_bytes() == b"code"
    assert (packed / "site" / "module.py").read_text() == "here = True\n"
    for name in ("train", "valid"):
        content = (packed / "data" / "text" / f"{name}.xz").read_bytes()
        assert content == name.encode() * 200_000


def test_an_upload_that_is_missing_is_said(packed: Path, tmp_path: Path) -> None:
    next(iter((packed / "1").glob("source--*.part0?.*"))).unlink()
    with pytest.raises(PartsError, match="is missing in"):
        unpack(packed, tmp_path / "package")


def test_the_archive_can_be_opened_as_any_other(packed: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "ort.tar.xz") as archive:
        assert "./module.py" in archive.getnames()

"""The first bytes of a container belong to nobody else, and other programs can learn them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from lmpack._container import MAGIC
from lmpack._container._header import Header

SHARE = Path(__file__).parents[2] / "docs" / "share"
RULES = SHARE / "misc" / "lmpack.magic"
DESKTOP = SHARE / "mime" / "packages" / "lmpack.xml"
NAMESPACE = "{http://www.freedesktop.org/standards/shared-mime-info}"


def need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here")


def starts() -> list[bytes]:
    """Headers with many names of everything, and something behind them."""
    found = []
    for number in range(60):
        digest = hashlib.sha256(bytes([number])).digest()
        models = (digest[:8], digest[8:16])[: number % 3]
        prefix = digest[16:24] if number % 2 else None
        found.append(Header(models, prefix=prefix).to_bytes() + digest * (number % 5))
    return found


def told_by_file(tmp_path: Path, *options: str) -> list[str]:
    """What `file` says of each of them."""
    need("file")
    paths = []
    for number, content in enumerate(starts()):
        paths.append(tmp_path / f"{number:02}")
        paths[-1].write_bytes(content)
    output = subprocess.run(
        ["file", "--brief", *options, *paths],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return output.splitlines()


def test_it_is_no_text() -> None:
    with pytest.raises(UnicodeDecodeError):
        MAGIC.decode()
    assert MAGIC[0] >= 0x80 and MAGIC.endswith(b"\n")


def test_file_takes_it_for_nothing_else(tmp_path: Path) -> None:
    told = told_by_file(tmp_path)
    assert len(told) == len(starts())
    assert all(line == "data" or line.startswith("lmpack") for line in told)


def test_file_can_learn_it(tmp_path: Path) -> None:
    told = told_by_file(tmp_path, "--magic-file", str(RULES))
    for line, content in zip(told, starts(), strict=True):
        header = Header.parse(content)
        models = " and ".join(fingerprint.hex() for fingerprint in header.fingerprints)
        parts = ["lmpack compressed data, version 1"]
        parts.append(f"model {models}" if models else "without a model")
        parts += [f"prefix {header.prefix.hex()}"] if header.prefix else []
        assert line == ", ".join(parts)
    mime = told_by_file(tmp_path, "--mime-type", "--magic-file", str(RULES))
    assert set(mime) == {"application/x-lmpack"}


def test_desktops_can_learn_it() -> None:
    (mime_type,) = ElementTree.parse(DESKTOP).getroot()
    assert mime_type.get("type") == "application/x-lmpack"
    (glob,) = mime_type.iter(NAMESPACE + "glob")
    assert glob.get("pattern") == "*.lmp" and int(glob.get("weight", "0")) > 50
    (match,) = mime_type.iter(NAMESPACE + "match")
    assert match.get("value", "").encode().decode("unicode_escape").encode("latin-1") == MAGIC


def test_update_mime_database_takes_it(tmp_path: Path) -> None:
    need("update-mime-database")
    (tmp_path / "packages").mkdir()
    shutil.copy(DESKTOP, tmp_path / "packages")
    result = subprocess.run(
        ["update-mime-database", tmp_path], capture_output=True, text=True, check=True
    )
    assert "rror" not in result.stderr
    assert "60:application/x-lmpack:*.lmp" in (tmp_path / "globs2").read_text().splitlines()
    magic = (tmp_path / "magic").read_bytes()
    assert b"[60:application/x-lmpack]\n>0=\0\4" + MAGIC in magic


def test_xmllint_takes_it() -> None:
    need("xmllint")
    subprocess.run(["xmllint", "--noout", DESKTOP], check=True)

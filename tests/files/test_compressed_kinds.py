"""Which files count as compressed: real ones of each kind that Python can make, and no others."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile
from pathlib import Path

import pytest

import lmpack
from lmpack._files.compressed_kinds import compressed_kind
from lmpack._files.disk.location import Location
from lmpack._files.exclusion import left_out

TEXT = b"some text to compress " * 20


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr(zipfile.ZipInfo("text"), TEXT)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (gzip.compress(TEXT, mtime=0), "gzip"),
        (bz2.compress(TEXT), "bzip2"),
        (lzma.compress(TEXT), "xz"),
        (archive(), "zip"),
        (lmpack.compress(TEXT, level=1), "lmpack"),
        (b"\x28\xb5\x2f\xfd" + TEXT, "zstd"),
        (b"RIFF\x10\0\0\0WEBPVP8 " + TEXT, "WebP"),
        (b"\0\0\0\x20ftypisom" + TEXT, "MPEG-4 or HEIF"),
        (b"RIFF\x10\0\0\0WAVEfmt " + TEXT, None),
        (b"BZh9 is how this text begins", None),
        (b"ID3 is a name", None),
        (b"\x1f\x8b", None),
        (b"%PDF-1.7", None),
        (TEXT, None),
        (b"", None),
    ],
)
def test_first_bytes(tmp_path: Path, content: bytes, kind: str | None) -> None:
    (tmp_path / "file").write_bytes(content)
    assert compressed_kind(Location(tmp_path / "file", tmp_path)) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.gz", "compressed file"),
        ("a.tar.ZST", "compressed file"),
        ("a.jpeg", "picture"),
        ("a.mkv", "video"),
        ("a.ts", None),
        ("a.pdf", None),
        ("gz", None),
        (".gz", None),
    ],
)
def test_names(tmp_path: Path, name: str, kind: str | None) -> None:
    (tmp_path / name).write_bytes(TEXT)
    assert compressed_kind(Location(tmp_path / name, tmp_path)) == kind


def test_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(gzip.compress(TEXT, mtime=0))
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    refused = left_out([], compressed=True)
    assert refused(tmp_path / "real", Path("real")) == "it is compressed already: gzip"
    assert refused(tmp_path / "link", Path("link")) is None
    assert refused(tmp_path / "pipe", Path("pipe")) is None
    assert refused(tmp_path / "nowhere", Path("nowhere")) is None

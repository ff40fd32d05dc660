"""Which files are compressed already, so that nothing is to be gained: by name, by first bytes.

The suffixes and first bytes are those of the formats' own specifications. Formats that may hold
their content uncompressed (PDF, TIFF, WAV, AVI, tar) are none of them.
"""

from __future__ import annotations

from lmpack._container import MAGIC
from lmpack._files.disk.location import Location
from lmpack.errors import UsageError

_SUFFIXES = {
    "archive": "7z ace apk arj cab crx deb dmg ear egg epub ipa jar kmz lha lz4 lzh msix nupkg "
    "rar rpm squashfs tbz tbz2 tgz tlz txz tzst vsix war whl xpi zip zipx zpaq",
    "compressed file": "br bz2 bz3 gz lmp lrz lz lzma lzo sz xz z zst zstd",
    "document": "docx odp ods odt pptx xlsx",
    "font": "woff woff2",
    "picture": "avif gif heic heif jp2 jpeg jpg jxl png webp",
    "recording": "aac ape flac m4a mp3 oga ogg opus wma wv",
    "video": "f4v flv m2ts m4v mkv mov mp4 mpeg mpg ogv webm wmv",
}
_KIND_OF_SUFFIX = {suffix: kind for kind, text in _SUFFIXES.items() for suffix in text.split()}

_STARTS: tuple[tuple[int, bytes, str], ...] = (
    (0, MAGIC, "lmpack"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (0, b"\x1f\x9d", "compress"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"LZIP\x01", "lzip"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"\x89LZO\0\r\n\x1a\n", "lzop"),
    (0, b"\xff\x06\0\0sNaPpY", "snappy"),
    (0, b"BZ3v1", "bzip3"),
    (0, b"LRZI", "lrzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (0, b"Rar!\x1a\x07", "RAR"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"MSCF\0\0\0\0", "cabinet"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (8, b"WEBPVP8", "WebP"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (4, b"ftyp", "MPEG-4 or HEIF"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska"),
    (0, b"OggS\0", "Ogg"),
    (0, b"fLaC\0", "FLAC"),
    (0, b"ID3\x03", "MP3"),
    (0, b"ID3\x04", "MP3"),
    (0, b"MAC \x96\x0f", "Monkey's Audio"),
    (0, b"wvpk", "WavPack"),
    (0, b"wOFF", "WOFF"),
    (0, b"wOF2", "WOFF2"),
)
"""Where in a file, which bytes, of what."""

_BZIP2_START = b"BZh"
_BZIP2_BLOCK = b"\x31\x41\x59\x26\x53\x59"
"""A block begins so, behind the start and a digit. A text may well begin with the start alone."""

_HEAD_SIZE = 16


def compressed_kind(place: Location) -> str | None:
    """What a file is compressed with, or what it is; None for one that seems not to be compressed.

    One that cannot be read is not looked into: whoever compresses it says what is wrong.
    """
    by_name = _KIND_OF_SUFFIX.get(place.path.suffix[1:].lower())
    if by_name is not None:
        return by_name
    try:
        with place.open() as file:
            return _kind_of_head(file.read(_HEAD_SIZE))
    except (OSError, UsageError):
        return None


def _kind_of_head(head: bytes) -> str | None:
    if head.startswith(_BZIP2_START) and head[4:10] == _BZIP2_BLOCK:
        return "bzip2"
    return next((kind for at, start, kind in _STARTS if head.startswith(start, at)), None)

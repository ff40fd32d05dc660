"""Writes the first inputs of the fuzz targets, from small containers and small models.

    PYTHONPATH=tests/support python tests/fuzz/make_corpus.py

What fuzzing adds later stays (`scripts/fuzz --merge`). The inputs of the C++ targets are built as
cpp/fuzz/*.cpp read them.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import sys
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import archive_target
import bundle_target
import container_target
import inputs
from archives import member, tar_bytes
from targets import CORPORA, CPP_CORPORA

import lmpack
from lmpack._container import Block, BlockKind, ContainerWriter, Header
from lmpack._models.architecture import WORD, Architecture, ContextTable

LARGEST = 4000

PLAIN = {
    "letter": b"x",
    "text": inputs.TEXT[:24],
    "repetition": b"abcdefgh" * 3,
    "noise": inputs.NOISE[:24],
    "records": bytes(4 * i // 3 % 256 if i % 4 else 7 for i in range(24)),
}
"""What blocks of the C++ targets hold."""

SPARSE = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9999"}

SHAPES = {
    "plain": Architecture(32, 32, 1, 32, 32, (1,), "relu"),
    "tables": Architecture(
        64, 64, 2, 32, 32, (4, 3), tables=(ContextTable(2, 9, 0, 64), ContextTable(WORD, 5, 32, 32))
    ),
}


def containers() -> Iterator[bytes]:
    """Files of the golden inputs, one after another, too, and their payloads in raw blocks."""
    files = [
        lmpack.compress(plain, **options)
        for plain in inputs.CONTAINER_INPUTS.values()
        for options in ({}, {"level": 1}, {"mixing": False})
        if len(plain) < LARGEST
    ]
    small = [lmpack.compress(plain, level=1) for plain in PLAIN.values()]
    for file in [*files, *small, small[0] + small[1] + small[2]]:
        if len(file) < LARGEST:
            yield b"\0" + file
            yield b"\1" + file


def tensors_header(architecture: Architecture) -> bytes:
    """The header of a safetensors file with all tensors of a model."""
    a = architecture
    shapes = {"embedding": ("I8", [a.vocabulary + 1, a.width]), "score_scale": ("F32", [1])}
    queries = a.heads * a.head_width
    matrices = {"head": (a.width, a.vocabulary)}
    for i, window in enumerate(a.windows):
        shapes[f"layers.{i}.bias"] = ("F32", [a.heads, window + 1])
        matrices[f"layers.{i}.qkv"] = (a.width, queries + 2 * a.head_width)
        matrices[f"layers.{i}.out"] = (queries, a.width)
        matrices[f"layers.{i}.up"] = (a.width, a.hidden)
        matrices[f"layers.{i}.down"] = (a.hidden, a.width)
    for i, table in enumerate(a.tables):
        shapes[f"tables.{i}"] = ("I8", [table.rows, table.width])
    for name, (rows, columns) in matrices.items():
        shapes[f"{name}.weight"] = ("I8", [rows, columns])
        shapes[f"{name}.multiplier"] = ("F32", [columns])
    return _placed(shapes)


def _placed(shapes: dict[str, tuple[str, list[int]]]) -> bytes:
    header = {}
    place = 0
    # Types of four bytes first, so that all are aligned.
    for name, (dtype, shape) in sorted(shapes.items(), key=lambda item: item[1][0]):
        size = (4 if dtype == "F32" else 1) * shape[0] * (shape[1] if shape[1:] else 1)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [place, place + size]}
        place += size
    return json.dumps(header, separators=(",", ":")).encode()


def bundles() -> Iterator[bytes]:
    """Whole bundles whose integers and scales are one repeated byte, and pieces of such."""
    for architecture in SHAPES.values():
        symbols = [[architecture.start_symbol, 1, 2]]
        manifest = {
            "name": "fuzz",
            "spec_version": 2,
            "architecture": architecture.to_json(),
            "conformance": [{"symbols": symbols, "sha256": "00"}],
        }
        text, header = json.dumps(manifest).encode(), tensors_header(architecture)
        # 0x38 is a weight of 56, and four of them are a scale of 0.000044.
        for flags in range(4):
            yield bundle_target.pack(flags, text, header, b"\x38")
        yield bundle_target.pack(bundle_target.SIGNED, text, header, b"\x38\xc8\0\x7f")
        yield bundle_target.pack(bundle_target.SIGNED, text, b"{}", b"")
    yield bundle_target.pack(0, b"{", b"", b"")


def archives() -> Iterator[bytes]:
    """Archives of few members, of every kind and in three formats, whole and without an end."""
    link: dict[str, Any] = {"type": tarfile.SYMTYPE, "linkname": "a"}
    groups = (
        [member("a", b"1"), member("b", b"2" * 600)],
        [member("d", type=tarfile.DIRTYPE, mode=0o755), member("d/a", b"1"), member("d/l", **link)],
        [member("a", b"1"), member("h", type=tarfile.LNKTYPE, linkname="a"), member("l", **link)],
        [member("../a", b"1"), member("/a", b"2"), member("l", **link | {"linkname": "../a"})],
        [member("n" * 120, b"1"), member("\u00e4", mtime=1.5)],
        [member("p", type=tarfile.FIFOTYPE), member("c", type=tarfile.CHRTYPE)],
        [member("s", b"0\n".ljust(512, b"\0"), pax_headers=SPARSE)],
    )
    for group in groups:
        for format_ in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
            tar = tar_bytes(group, format_)
            end = -(-len(tar.rstrip(b"\0")) // 512) * 512
            for flags in (archive_target.ENDED, archive_target.ENDED | archive_target.SIGNED, 0):
                yield bytes([flags]) + tar[:end]


NAMES = tuple(bytes(range(start, start + 8)) for start in (0, 8, 16))

HEADERS = {
    Header(NAMES[:1], of_tokens=True): (BlockKind.TOKENS, BlockKind.MIXED_TOKENS),
    Header(NAMES[:2], prefix=NAMES[2]): (BlockKind.MIXED, BlockKind.ADAPTIVE),
}
"""Those of files that need more than a built-in model, and kinds of their blocks."""


def other_headers() -> Iterator[bytes]:
    """Files with such headers."""
    for header, kinds in HEADERS.items():
        sink = io.BytesIO()
        writer = ContainerWriter(sink, header)
        writer.write(Block(BlockKind.RAW, 0, 3, zlib.crc32(b"abc"), b"abc"))
        for kind in kinds:
            writer.write(Block(kind, 1, 40, 7, inputs.NOISE[:20]))
        writer.finish()
        for way in (b"\0", b"\1"):
            yield way + sink.getvalue()


def token_blocks() -> Iterator[bytes]:
    """Payloads of noise over short tables: all bytes, some, and one token."""
    letters = bytes([3, 0, 0, 0, 1, 0, 2, 0, 3])
    nested = bytes(
        [6, *(0, 1), *(1, 1, 2), *(3, 1, 2, 1, 2), *(0, 2), *(1, 3, 3), *(0, 3), *(0, 0)]
    )
    for table in (letters, nested, bytes([0, 2, 1, 2, 0])):
        for mixing in (bytes([0, 0, 0]), bytes([0, 3, 2]), bytes([1])):
            for length, lane in ((1, 0), (12, 11), (24, 7)):
                for payload in (b"", inputs.NOISE[:3], inputs.NOISE[:24]):
                    head = table + b"\7\1\2\3" + mixing + bytes([length - 1, lane])
                    yield head + payload


def blocks(parameters: bytes, coded: bytes) -> Iterator[bytes]:
    """Round trips, and payloads of noise; `parameters` come before the rest of each input."""
    for lanes in (0, 5, 255):
        for plain in PLAIN.values():
            yield coded + parameters + bytes([0, lanes]) + plain
    for length in (1, 12, 24):
        for payload in (b"", inputs.NOISE[:3], inputs.NOISE[:24]):
            yield coded + parameters + bytes([1, length - 1, length // 2]) + payload


def copies() -> Iterator[bytes]:
    """Lists of copies of a block of 1001 bytes, right and wrong ones, and blocks with repeats."""
    for entries in ("", "01 00 01", "05 40 03 00 00 05 02 83 01 40", "05 00 06", "81 00 00 01"):
        yield b"\0" + (1000).to_bytes(2, "little") + bytes.fromhex(entries)
    yield b"\0" + (1000).to_bytes(2, "little") + inputs.NOISE[:24]
    for shortest in (0, 100):
        for plain in (b"\xfc" * 20, inputs.NOISE[:200], inputs.TEXT[:200]):
            yield bytes([1, shortest]) + plain


FILTERS = (
    bytes([0, 1, 2, 0, 0]),
    bytes([0, 1, 2, 1, 0]),
    bytes([0, 0, 0, 0, 12]),
    bytes([0, 0, 0, 2, 9]),
    bytes([0, 2, 3, 7]),
    bytes([1, 1]),
    bytes([2]),
    bytes([3, 1, 2]),
)
"""What the target reads of a filter: which one, and its parameters."""


def cpp_targets() -> Iterator[tuple[str, bytes]]:
    """Target and input."""
    for one in blocks(b"", b""):
        yield "model_block", one
    for number, stride in enumerate((0, 1, 4, 300)):
        for one in blocks(stride.to_bytes(2, "little") + bytes([number % 3]), b""):
            yield "adaptive_block", one
            yield "mixed_block", one
    for filter_ in FILTERS:
        for direction in (0, 1):
            start = bytes([0, *filter_, direction])
            yield "samples_block", start + inputs.NOISE[:640]
            yield "samples_block", start + inputs.SENTENCES[:639]
    for one in blocks(b"", bytes([1, *FILTERS[0], 2, 1])):
        yield "samples_block", one
    yield "samples_block", bytes([2, 1, 5, 1, 0, 1, 255, 255, 0]) + inputs.NOISE[:300]
    yield "samples_block", bytes([2, 4, 2, 4, 6]) + inputs.NOISE[:30]
    for one in copies():
        yield "copies", one
    for one in token_blocks():
        yield "token_block", one
    for vocabulary in (0, 30, 254):
        for payload in (b"", inputs.NOISE[:4], inputs.NOISE[:24]):
            yield "coder", bytes([19, 6, vocabulary, 1, 255, 255]) + payload
            yield "coder", bytes([0, 0, vocabulary, 2, 0, 0, 255, 255, 255, 255]) + payload
    for windows in (b"\1\7", b"\2\x27\3"):
        for tame in (0, 1):
            shape = bytes([7, 0, 1, 0, 1]) + b"\0" + windows + bytes([1, 3, 9, 0, 1, tame, 5])
            yield "engine", shape + inputs.NOISE[:40]


def main() -> int:
    """Adds to the corpora what is not there."""
    files = itertools.chain(containers(), other_headers())
    for target, made in (
        (archive_target, archives()),
        (container_target, files),
        (bundle_target, bundles()),
    ):
        for one in made:
            save(CORPORA / target.NAME, one)
    for name, one in cpp_targets():
        save(CPP_CORPORA / name, one)
    return 0


def save(folder: Path, content: bytes) -> None:
    """A file named like libFuzzer names them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())

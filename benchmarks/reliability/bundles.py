"""Model bundles that an attacker made: manifest, tensors, links and pipes, under right digests."""

from __future__ import annotations

import copy
import os
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lmpack
from benchmarks.reliability.bundle_forging import BundleForge, Json
from benchmarks.reliability.children import Case, run_cases
from benchmarks.reliability.tally import Setting, Tally
from lmpack._models.bundle import GRAPHS, MANIFEST, TENSORS

CONTENT = b"hello hello hello " * 20
NUMBERS: tuple[Any, ...] = (
    -1,
    0,
    1,
    31,
    32,
    65536,
    2**31,
    2**63,
    2**64,
    -(2**63),
    1.5,
    "1",
    None,
    True,
    [],
    {},
)
FLOATS = (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, -1.0, 1e-45, 1e30, 3.4e38, -3.4e38)
SPECIAL_FILES = ("/dev/zero", "/dev/full", "/proc/self/mem", "/", "/nonexistent", ".")
RANDOM_FILES = 150

Make = Callable[[], Path]


def attack(setting: Setting) -> Tally:
    """Compress and decompress with hostile bundles."""
    forge = BundleForge(setting.model, setting.folder)

    def cases() -> Iterator[Case]:
        for group in (_files, _manifests, _tensors, _headers, _noise):
            for name, make in group(forge):
                yield Case(name, _used(make))

    return run_cases(cases, setting.seconds)


def _used(make: Make) -> Callable[[], bool]:
    """Whether content comes back, with and without mixing, through a bundle."""

    def check() -> bool:
        model = make()
        for mixing in (False, True):
            packed = lmpack.compress(CONTENT, model=model, level=6, mixing=mixing, threads=1)
            if lmpack.decompress(packed, model=model, threads=1) != CONTENT:
                return False
        return True

    return check


def _manifests(forge: BundleForge) -> Iterator[tuple[str, Make]]:
    def changed(*path: str, value: Any) -> tuple[str, Make]:
        def change(manifest: Json) -> None:
            place = manifest
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value

        name = f"{'.'.join(path)} = {str(value)[:40]}"
        return name, lambda: forge.with_manifest(change)

    for key in forge.manifest:
        for value in (*NUMBERS, "x" * 100_000):
            yield changed(key, value=value)
    for key in forge.manifest["architecture"]:
        for value in (*NUMBERS, [1024] * 100_000, [0], [-1], ["12"], [2**62]):
            yield changed("architecture", key, value=value)
    table = {"order": 2, "rows": 5, "channel": 0, "width": 32}
    for key in table:
        for number in NUMBERS:
            yield changed("architecture", "tables", value=[{**table, key: number}])
    yield changed("architecture", "tables", value=[table] * 100_000)
    vectors: tuple[Any, ...] = (
        [], [[]], [[257]], [[-1]], [[1.5]], [[1, 2], [3]], [[True]], [["1"]], 5, [5],
        [[0]] * 100_000, [[0] * 3_000_000],
    )  # fmt: skip
    for symbols in vectors:
        yield changed("conformance", value=[{"symbols": symbols, "sha256": "00"}])
    for name in GRAPHS:
        for value in (None, "", "00", 5):
            yield changed("graphs", name, value=value)


def _headers(forge: BundleForge) -> Iterator[tuple[str, Make]]:
    """Tensors whose header says other types, shapes and places."""
    size = len(forge.body)
    values: list[Any] = [*NUMBERS, "F64", "F32", "I8", "BOOL", "\ud800"]
    values += [[n, m] for n in (-1, 0, 8, size, 2**32, 2**62) for m in (0, size + 1, 2**62)]
    values += [[n] for n in NUMBERS]
    for tensor in forge.header:
        if tensor == "__metadata__":
            continue
        for field in ("dtype", "shape", "data_offsets"):
            for value in values:
                header = copy.deepcopy(forge.header)
                header[tensor][field] = value
                tensors = forge.tensor_file(header)
                yield f"{tensor}.{field} = {value!r}", _of(forge, tensors)
    for length in (0, 1, 7, size, 2**31, 2**63, 2**64 - 1):
        yield f"header of {length} bytes", _of(forge, forge.tensor_file(size=length))
    whole = forge.tensor_file()
    for length in (0, 1, 7, 8, 9, 100, len(whole) - 1):
        yield f"tensors cut at {length}", _of(forge, whole[:length])
    yield "tensors with a tail", _of(forge, whole + bytes(100))
    deep = b"[" * 200_000
    yield "deep header", _of(forge, len(deep).to_bytes(8, "little") + deep)


def _tensors(forge: BundleForge) -> Iterator[tuple[str, Make]]:
    """Numbers that training never gives."""
    for tensor, entry in forge.header.items():
        if tensor == "__metadata__":
            continue
        first, end = entry["data_offsets"]
        is_float = entry["dtype"] == "F32"
        for value in FLOATS if is_float else (-128, -127, -65, -64, 64, 65, 127):
            data = struct.pack("<f" if is_float else "b", value)
            for many in (True, False):  # all numbers of the tensor, or its first one
                filled = data * ((end - first) // len(data)) if many else data
                rest = forge.body[first + len(filled) :]
                tensors = forge.tensor_file(body=forge.body[:first] + filled + rest)
                where = "all" if many else "first"
                yield f"{tensor}, {where} {value}", _of(forge, tensors)


def _files(forge: BundleForge) -> Iterator[tuple[str, Make]]:
    """Something else in the place of files."""

    def linked(name: str, target: str) -> Make:
        return lambda: forge.with_file(name, lambda path: path.symlink_to(target))

    def written(name: str, content: bytes) -> Make:
        return lambda: forge.with_file(name, lambda path: path.write_bytes(content))

    def piped(name: str) -> Make:
        return lambda: forge.with_file(name, os.mkfifo)

    for name in (MANIFEST, TENSORS, *GRAPHS):
        for target in SPECIAL_FILES:
            yield f"{name} -> {target}", linked(name, target)
        yield f"{name} is a pipe", piped(name)
        yield f"{name} is empty", written(name, b"")
    texts = {
        "zeros": bytes(100), "open brackets": b"[" * 200_000, "open objects": b'{"a":' * 100_000,
        "a long number": b'{"spec_version":' + b"9" * 100_000 + b"}", "a list": b"[]",
        "NaN": b"NaN",
        "a lone surrogate": b'{"spec_version":"\\ud800"}', "no text": b"\xff\xfe" * 50,
    }  # fmt: skip
    for name, text in texts.items():
        yield f"manifest of {name}", written(MANIFEST, text)


def _noise(forge: BundleForge) -> Iterator[tuple[str, Make]]:
    """Random bytes in header and body of the tensors."""
    noise = random.Random(4)
    whole = forge.tensor_file()
    start = len(whole) - len(forge.body)
    for number in range(RANDOM_FILES):
        tensors = bytearray(whole)
        for _ in range(noise.randrange(1, 9)):
            tensors[noise.randrange(start)] = noise.randrange(256)
        yield f"random header {number}", _of(forge, bytes(tensors))
        tensors = bytearray(whole)
        for _ in range(noise.randrange(1, 2000)):
            place = noise.randrange(start, len(tensors))
            tensors[place] = noise.choice((0, 255, 127, 128, 64, 192))
        yield f"random body {number}", _of(forge, bytes(tensors))


def _of(forge: BundleForge, tensors: bytes) -> Make:
    return lambda: forge.with_tensors(tensors)

"""The built-in models alone beside classical compressors, on the start of real files, in one run.

    python benchmarks/compare.py [--bytes N]

Needs `pip install zstandard pyppmd` and the program zpaq. Every row is decoded and compared. The
classical rates that `lmpack models` shows are those of this benchmark.
"""

from __future__ import annotations

import argparse
import bz2
import functools
import json
import lzma
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pyppmd
import zstandard
from environment import VALIDATION, environment, require_shared, timed, write_result

import lmpack
from lmpack._executors import open_executor
from lmpack._models.bundle import BUILT_IN, CLASSICAL_RATES, load_bundle

PPMD_ORDER = 16
PPMD_MEMORY = 256 << 20

CHUNKED = "text/enwik8_prefix.valid.xz"
CHUNK = 2048
"""The paper's chunks: each is predicted and coded without what stands before it."""

Codec = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


def codecs(threads: int) -> Mapping[str, Codec]:
    """Pairs of compress and decompress by name."""
    models = {
        f"lmpack {bundle.name}": (
            functools.partial(lmpack.compress, model=bundle.name, mixing=False, threads=threads),
            functools.partial(lmpack.decompress, threads=threads),
        )
        for bundle in lmpack.list_models()
    }
    return {
        **models,
        "xz -9e": (
            functools.partial(lzma.compress, preset=9 | lzma.PRESET_EXTREME),
            lzma.decompress,
        ),
        "zstd -19": (zstandard.ZstdCompressor(level=19).compress, zstandard.decompress),
        "bzip2 -9": (bz2.compress, bz2.decompress),
        f"PPMd (order {PPMD_ORDER})": (
            lambda data: pyppmd.compress(data, max_order=PPMD_ORDER, mem_size=PPMD_MEMORY),
            lambda data: pyppmd.decompress(data, max_order=PPMD_ORDER, mem_size=PPMD_MEMORY),
        ),
        "zpaq -m5": (zpaq_compress, zpaq_decompress),
    }


def zpaq_compress(data: bytes) -> bytes:
    """The archive of one file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data").write_bytes(data)
        _zpaq(folder, "add", "archive.zpaq", "data", "-m5")
        return (Path(folder) / "archive.zpaq").read_bytes()


def zpaq_decompress(archive: bytes) -> bytes:
    """The file of an archive of one file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "archive.zpaq").write_bytes(archive)
        _zpaq(folder, "extract", "archive.zpaq", "data")
        return (Path(folder) / "data").read_bytes()


def _zpaq(folder: str, *arguments: str) -> None:
    command = ["zpaq", *arguments, "-threads", "1"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def measure_chunks(model: str, data: bytes) -> dict[str, float]:
    """Size of the file with every chunk on its own, decoded and compared."""
    executor = open_executor(load_bundle(model))
    payload = executor.encode(data, CHUNK, None, lambda step: None)
    if executor.decode(payload, len(data), CHUNK, None, lambda step: None) != data:
        raise RuntimeError("the round trip failed")
    return {"bytes": len(payload), "bits_per_byte": 8 * len(payload) / len(data)}


def measure(data: bytes, codec: Codec) -> dict[str, float]:
    """Size and speeds of one codec; the round trip is checked."""
    compress, decompress = codec
    packed, compress_time = timed(compress, data)
    plain, decompress_time = timed(decompress, packed)
    if plain != data:
        raise RuntimeError("the round trip failed")
    return {
        "bytes": len(packed),
        "bits_per_byte": 8 * len(packed) / len(data),
        "compress_kb_per_s": len(data) / 1000 / compress_time["wall"],
        "decompress_kb_per_s": len(data) / 1000 / decompress_time["wall"],
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    folder = require_shared()
    if not shutil.which("zpaq"):
        sys.exit("this benchmark needs the program zpaq (Debian package zpaq)")
    result = {"environment": environment(), "limit": options.bytes, "files": {}}
    result["threads"] = options.threads
    for bundle in lmpack.list_models():  # loads the models before the clock starts
        lmpack.compress(b"x", model=bundle.name, mixing=False, threads=options.threads)
    for name in VALIDATION:
        data = lzma.decompress((folder / name).read_bytes())[: options.bytes]
        rows = {key: measure(data, codec) for key, codec in codecs(options.threads).items()}
        title = Path(name).name.removesuffix(".xz")
        result["files"][title] = {"bytes": len(data), "codecs": rows}
        write_result("compare", result)
    data = lzma.decompress((folder / CHUNKED).read_bytes())[: options.bytes]
    chunks = {bundle.name: measure_chunks(bundle.name, data) for bundle in lmpack.list_models()}
    result["chunked"] = {"file": CHUNKED, "bytes": len(data), "chunk": CHUNK, "models": chunks}
    write_result("compare", result)
    rates = {
        title: {
            name: round(row["bits_per_byte"], 4)
            for name, row in entry["codecs"].items()
            if not name.startswith("lmpack")
        }
        for title, entry in result["files"].items()
    }
    (BUILT_IN / CLASSICAL_RATES).write_text(json.dumps(rates, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Size and speed beside classical compressors, on the first bytes of real files, in one run.

    python benchmarks/compare.py [--bytes N]

Needs `pip install zstandard pyppmd`. Every row is decoded and compared.
"""

from __future__ import annotations

import argparse
import bz2
import functools
import lzma
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pyppmd
import zstandard
from environment import environment, require_shared, timed, write_result

import lmpack

FILES = (
    "text/wikipedia_en_2014.valid.xz",
    "text/enwik8_prefix.valid.xz",
    "text/novels_en.valid.xz",
    "general/code.valid.xz",
    "general/docs.valid.xz",
    "general/structured.valid.xz",
    "general/multilingual.valid.xz",
    "general/latex_mail.valid.xz",
)
PPMD_ORDER = 16
PPMD_MEMORY = 256 << 20

Codec = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


def codecs(threads: int) -> Mapping[str, Codec]:
    """Pairs of compress and decompress by name."""
    return {
        f"lmpack ({threads} thread{'s' * (threads > 1)})": (
            functools.partial(lmpack.compress, threads=threads),
            functools.partial(lmpack.decompress, threads=threads),
        ),
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
    }


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
    result = {"environment": environment(), "limit": options.bytes, "files": {}}
    lmpack.compress(b"loads the model before the clock starts", threads=options.threads)
    for name in FILES:
        data = lzma.decompress((folder / name).read_bytes())[: options.bytes]
        rows = {key: measure(data, codec) for key, codec in codecs(options.threads).items()}
        title = Path(name).name.removesuffix(".xz")
        result["files"][title] = {"bytes": len(data), "codecs": rows}
        write_result("compare", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

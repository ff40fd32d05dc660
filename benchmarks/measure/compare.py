"""The built-in models alone and classical compressors, on the start of real files, in one run.

    scripts/bench compare [--bytes N]

Needs `pip install 'lmpack[eval]'` and the program zpaq. Every row is decoded and compared. The
classical rates that `lmpack models` shows are those of this benchmark.
"""

from __future__ import annotations

import argparse
import functools
import json
import lzma
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.data import ENWIK, VALIDATION, require_shared, start_of, title_of
from benchmarks.measure.programs import BACK, PLAIN, ZPAQ
from benchmarks.record import environment, write_result
from lmpack._models.bundle import BUILT_IN, CLASSICAL_RATES, list_models
from lmpack.evaluation.classical import Classical
from lmpack.evaluation.compressors import find_compressor
from lmpack.evaluation.data_sets import load_data_set
from lmpack.evaluation.paper import CHUNK
from lmpack.evaluation.protocol import Compressor
from lmpack.evaluation.rates import Measurement, measure_chunks, measure_whole


def compressors() -> Mapping[str, Compressor]:
    """All by their names in the result: the models, then the classical ones."""
    extreme = functools.partial(lzma.compress, preset=9 | lzma.PRESET_EXTREME)
    return {
        **{f"lmpack {name}": find_compressor(f"model:{name}") for name in models()},
        "xz -9e": Classical("xz -9e", extreme, lzma.decompress),
        "zstd -19": find_compressor("zstd"),
        "bzip2 -9": find_compressor("bzip2"),
        "PPMd (order 16)": find_compressor("ppmd"),
        "zpaq -m5": Classical("zpaq -m5", zpaq_compress, zpaq_decompress),
    }


def models() -> list[str]:
    """Names of the built-in models, fastest first."""
    return [bundle.name for bundle in list_models()]


def zpaq_compress(data: bytes) -> bytes:
    """The archive of one file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / PLAIN).write_bytes(data)
        ZPAQ.pack(folder)
        return ZPAQ.packed(folder).read_bytes()


def zpaq_decompress(archive: bytes) -> bytes:
    """The file of an archive of one file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ZPAQ.packed(folder).write_bytes(archive)
        ZPAQ.unpack(folder)
        return (folder / BACK).read_bytes()


def size_of(measured: Measurement) -> dict[str, float]:
    return {"bytes": measured.compressed_bytes, "bits_per_byte": 8 * measured.rate}


def measure(compressor: Compressor, data: bytes) -> dict[str, float]:
    """Size and speeds of both ways."""
    measured = measure_whole(compressor, data)
    return {
        **size_of(measured),
        "compress_kb_per_s": len(data) / 1000 / measured.compress_seconds,
        "decompress_kb_per_s": len(data) / 1000 / measured.decompress_seconds,
    }


def in_chunks(limit: int) -> dict[str, Any]:
    """The models on the paper's chunks, each predicted and coded without the others."""
    data = load_data_set("text", require_shared() / ENWIK, limit // CHUNK)
    rows = {
        name: size_of(measure_chunks(find_compressor(f"model:{name}"), data.chunks))
        for name in models()
    }
    return {"file": ENWIK, "bytes": len(data.data), "chunk": CHUNK, "models": rows}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=1_000_000)
    limit = parser.parse_args(arguments).bytes
    if not shutil.which(ZPAQ.program):
        sys.exit("this benchmark needs the program zpaq (Debian package zpaq)")
    result: dict[str, Any] = {"environment": environment(), "limit": limit, "files": {}}
    chosen = compressors()
    for compressor in chosen.values():  # loads what there is to load before the clock starts
        compressor.compress(b"x")
    for name in VALIDATION:
        data = start_of(name, limit)
        rows = {key: measure(compressor, data) for key, compressor in chosen.items()}
        result["files"][title_of(name)] = {"bytes": len(data), "codecs": rows}
        write_result("compare", result)
    result["chunked"] = in_chunks(limit)
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

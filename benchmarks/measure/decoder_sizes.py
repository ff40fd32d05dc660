"""Files packed with an imported language model, beside level -9, and opened in other ways.

    scripts/bench decoder_sizes BUNDLE [--bytes N] [--onnxruntime-bytes N]
    scripts/bench decoder_sizes --level-9

The start of some validation files, coded with the model and mixing. Each is opened with another
number of threads than it was packed with and compared; the same text is also packed in other lanes
and opened again. A shorter piece is packed by ONNX Runtime: the file must be the same.

With --level-9 only that level is measured again, in the result that is there.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import lmpack
from benchmarks.data import ENWIK, VALIDATION, WIKIPEDIA, start_of, title_of
from benchmarks.decoders import require_decoder
from benchmarks.record import environment, read_result, timed, write_result
from lmpack._blocks.coding import Coding, no_progress
from lmpack._container import BlockKind
from lmpack._executors import open_executor
from lmpack._executors.mixing import Predictor
from lmpack._models.decoder.bundle import DecoderBundle

FILES = (WIKIPEDIA, "text/novels_en.valid.xz", "general/code.valid.xz", ENWIK)
OTHER_LEVEL = 1
"""Of which the lanes are others."""

MOST_LANES_LOG2 = 3
RESULT = "decoder_sizes"

assert set(FILES) <= set(VALIDATION)


def checked(text: bytes, model: str, level: int, threads: tuple[int, int]) -> tuple[bytes, float]:
    """A packed text, and the seconds that packing it took; opened again and compared."""
    packed, seconds = timed(
        lmpack.compress, text, level=level, model=model, device="cpu", threads=threads[0]
    )
    if lmpack.decompress(packed, model=model, device="cpu", threads=threads[1]) != text:
        raise RuntimeError("the round trip failed")
    return packed, seconds["wall"]


def payloads_by_lanes(bundle: DecoderBundle, text: bytes) -> dict[int, int]:
    """Bytes of the payload of one block of a text, by its number of lanes."""
    executor = open_executor(bundle, "cpu")
    return {
        1 << log2: len(
            Coding(BlockKind.MIXED_TOKENS, log2, predictor=Predictor.FULL).encode(
                executor, text, no_progress
            )
        )
        for log2 in range(MOST_LANES_LOG2 + 1)
    }


def measure(name: str, bundle: DecoderBundle, size: int, short: int) -> dict[str, Any]:
    """What the start of a file comes to."""
    text, model = start_of(name, size), str(bundle.path)
    packed, seconds = checked(text, model, 9, (2, 1))
    other, _ = checked(text, model, OTHER_LEVEL, (1, 2))
    piece = text[:short]
    by_native = lmpack.compress(piece, level=9, model=model, device="cpu")
    if by_native != lmpack.compress(piece, level=9, model=model, device="cpu:onnxruntime"):
        raise RuntimeError("ONNX Runtime made another file")
    smallest = lmpack.compress(text, level=9)
    return {
        "file": title_of(name),
        "bytes": len(text),
        "level_9": len(smallest),
        "model": len(packed),
        "model_in_other_lanes": len(other),
        "saved": round(1 - len(packed) / len(smallest), 4),
        "seconds": round(seconds, 1),
        "payloads_by_lanes": payloads_by_lanes(bundle, text),
        "bytes_by_onnxruntime": short,
    }


def measure_level_9() -> None:
    """Bring the column of level -9 up to date, as after a change of its model."""
    result = read_result(RESULT)
    if result is None:
        sys.exit("there is no result yet: give a BUNDLE")
    files = {title_of(name): name for name in FILES}
    for row in result["rows"]:
        row["level_9"] = len(lmpack.compress(start_of(files[row["file"]], row["bytes"]), level=9))
        row["saved"] = round(1 - row["model"] / row["level_9"], 4)
    write_result(RESULT, {**result, "level_9_environment": environment()})


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", nargs="?")
    parser.add_argument("--level-9", action="store_true", help="measure that level alone, again")
    parser.add_argument("--bytes", type=int, default=32768, help="of each file")
    parser.add_argument("--onnxruntime-bytes", type=int, default=1024, help="of each file")
    options = parser.parse_args(arguments)
    if options.level_9:
        measure_level_9()
        return 0
    if options.bundle is None:
        parser.error("give a BUNDLE")
    bundle = require_decoder(options.bundle)
    result: dict[str, Any] = {"environment": environment(), "model": bundle.name, "rows": []}
    for name in FILES:
        row = measure(name, bundle, options.bytes, options.onnxruntime_bytes)
        result["rows"].append(row)
        print(row, flush=True)
        write_result(RESULT, result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

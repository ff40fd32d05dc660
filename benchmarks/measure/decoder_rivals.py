"""An imported language model in lmpack beside llama.cpp in float, on the same text and threads.

    scripts/bench decoder_rivals BUNDLE GGUF [--tokens N] [--rounds N]

GGUF is the file that BUNDLE was imported from: its weights are written to a temporary file as
16-bit floats, which llama.cpp (package xllamacpp) runs by turns with lmpack's native engine, one
thread each. Both feed the same number of tokens at once, then take single steps. llama.cpp gives
probabilities of the last token only while it feeds a prompt, lmpack those of every one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import WIKIPEDIA, start_of
from benchmarks.decoders import require_decoder
from benchmarks.record import environment, write_result
from lmpack._executors import open_executor

BYTES_PER_TOKEN = 8
"""Of text, more than any tokenizer needs."""

COPIED = ("general.architecture",)
"""Fields that the writer makes itself."""


def write_floats(source: Path, target: Path) -> None:
    """A GGUF file with the same fields, and its matrices as 16-bit floats."""
    import gguf

    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, reader.fields["general.architecture"].contents())
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name in COPIED:
            continue
        if name == "general.file_type":
            writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), kind, inner)
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        writer.add_tensor(tensor.name, values.astype(np.float16 if values.ndim > 1 else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class LlamaCpp:
    """A GGUF file in llama.cpp, with one thread."""

    def __init__(self, path: Path, tokens: int) -> None:
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = 2 * tokens
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
        self._server = xllamacpp.Server(parameters)
        self.version = xllamacpp.__version__

    def speeds(self, prompt: str, steps: int) -> tuple[int, float, float]:
        """Tokens of the prompt, and tokens a second: of the prompt, of steps."""
        request = {"prompt": prompt, "n_predict": steps, "temperature": 0, "cache_prompt": False}
        answer = self._server.handle_completions({**request, "ignore_eos": True})
        timings = answer["timings"]
        return timings["prompt_n"], timings["prompt_per_second"], timings["predicted_per_second"]


def lmpack_speeds(executor: Any, symbols: Any, steps: int) -> tuple[float, float]:
    """Tokens a second of feeding symbols [n], and of steps after them."""
    state = executor.start(1)
    started = time.perf_counter()
    for first in range(0, len(symbols), 64):  # bounds the weights that are kept
        executor.prefill(state, symbols[None, first : first + 64])
    fed = time.perf_counter()
    for symbol in symbols[:steps]:
        executor.step(state, symbol[None])
    return len(symbols) / (fed - started), steps / (time.perf_counter() - fed)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle")
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--steps", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    bundle = require_decoder(options.bundle)
    text = start_of(WIKIPEDIA, BYTES_PER_TOKEN * options.tokens)
    symbols = bundle.segmenter().segment(text)[: options.tokens]
    prompt = b"".join(bundle.token_table()[symbol] for symbol in symbols)
    executor = open_executor(bundle, "cpu", 1)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        floats = Path(folder, "float16.gguf")
        write_floats(options.gguf, floats)
        rival = LlamaCpp(floats, options.tokens)
        for _ in range(options.rounds):
            ours = lmpack_speeds(executor, symbols, options.steps)
            fed, *theirs = rival.speeds(prompt.decode(errors="replace"), options.steps)
            rows.append({"lmpack": ours, "llama_cpp": theirs, "llama_cpp_tokens": fed})
            print(rows[-1], flush=True)
    ratios = {
        way: round(statistics.median(r["lmpack"][i] / r["llama_cpp"][i] for r in rows), 3)
        for i, way in enumerate(("prefill", "steps"))
    }
    result = {
        "environment": environment() | {"xllamacpp": rival.version},
        "model": bundle.name,
        "tokens": len(symbols),
        "rounds": rows,
        "lmpack_over_llama_cpp": ratios,
    }
    write_result("decoder_rivals", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

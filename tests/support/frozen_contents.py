"""What the frozen files hold and need: small contents by rule, and a small model of tokens."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path

import inputs
import numpy as np
from decoder_bundles import byte_tokenizer, write_bundle
from random_decoder import random_decoder, small_shape

from lmpack._executors.native_decoder import NativeDecoderExecutor
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack.importing.conformance import conformance_vectors
from lmpack.importing.exact import ExactDecoder

ZEROS = "20000 zeros"
"""The name of a content that is told by its name, and lies in no file."""

MODEL = "model"
"""The folder of the model of tokens."""

_MERGES = ("b e", "b y", "t e", "by te")
TOKENS = sorted({*(bytes([byte]) for byte in range(256)), b"be", b"by", b"te", b"byte"})


def recording(width: int, order: str) -> bytes:
    """Two channels of 200 samples of so many bytes, in the byte order "little" or "big"."""
    top = 1 << (8 * width - 2)
    samples = (
        round(top * math.sin(i / (9 + 2 * channel))) for i in range(200) for channel in range(2)
    )
    return b"".join(sample.to_bytes(width, order, signed=True) for sample in samples)  # type: ignore[arg-type]


def picture() -> bytes:
    """24 rows of 20 pixels, each of three bytes."""
    pixels = ((5 * x + 3 * y, 200 - 4 * x + y, x * y // 3) for y in range(24) for x in range(20))
    return b"".join(bytes(part % 256 for part in pixel) for pixel in pixels)


def x86_code() -> bytes:
    """Functions that call one of three functions."""
    code = b""
    for i in range(60):
        code += b"\x55\x48\x89\xe5\x8b\x05" + struct.pack("<i", 4000 - len(code))
        code += b"\xe8" + struct.pack("<i", 300 * (i % 3) - len(code) - 5) + b"\x5d\xc3"
    return code


def arm64_code() -> bytes:
    """Functions that call one of three functions, and load an address of a page."""
    words = []
    for i in range(60):
        words += [0xA9BF7BFD, 0x90000000 | 3 << 5 | i % 4 << 29]
        words += [0x94000000 | (100 * (i % 3) - len(words)) % (1 << 26), 0xD65F03C0]
    return struct.pack(f"<{len(words)}I", *words)


def numbers(code: str) -> bytes:
    """A growing row of 100 numbers of a type of the module struct, little-endian."""
    return struct.pack(f"<100{code}", *(i * i % 30_000 for i in range(100)))


def rows() -> bytes:
    """A table with rows of 12 bytes."""
    return b"".join(struct.pack("<IHHf", 7000 + i, i % 5, 300 - i, i / 8) for i in range(60))


_SENTENCES = inputs.SENTENCES
_NEW = _SENTENCES[8000:9500] + inputs.TEXT + _SENTENCES[9500:10_800]

CONTENTS: dict[str, Callable[[], bytes]] = {
    "empty": bytes,
    "byte": lambda: b"\0",
    "noise": lambda: inputs.NOISE[:300],
    "text": lambda: _SENTENCES[:600],
    "utf-8": lambda: inputs.CONTAINER_INPUTS["utf-8"][:600],
    "twice": lambda: _SENTENCES[12_000:14_100] + inputs.NOISE[:50] + _SENTENCES[12_000:14_100],
    ZEROS: lambda: bytes(20_000),
    "rows": rows,
    "samples-16": lambda: recording(2, "little"),
    "samples-24": lambda: recording(3, "big"),
    "picture": picture,
    "x86": x86_code,
    "arm64": arm64_code,
    "numbers-2": lambda: numbers("H"),
    "numbers-4": lambda: numbers("I"),
    "numbers-8": lambda: numbers("Q"),
    "words": lambda: _SENTENCES[4000:5500],
    "numbers-thrice": lambda: numbers("Q")[:480] * 3,
    "note": lambda: inputs.TEXT[61:],
    "record": lambda: _SENTENCES[5400:5560],
    "row": lambda: rows()[240:300],
    "new": lambda: _NEW,
    "old": lambda: _SENTENCES[8000:8700] + b"An earlier version.\n" + _SENTENCES[8900:10_800],
}
"""By name: of files, and of prefixes."""


def write_model(folder: Path) -> DecoderBundle:
    """Writes the model of tokens, whose weights are random, with vectors that it fulfils."""
    shape = small_shape(
        *("llama", TOKENS),
        width=32,
        heads=1,
        kv_heads=1,
        hidden=32,
        context=32,
        windows=(32,),
        ropes=(0,),
    )
    tensors = random_decoder(shape, TOKENS, 0)
    tokenizer = json.loads(byte_tokenizer())
    tokenizer["model"]["merges"] = _MERGES
    for merge in _MERGES:
        tokenizer["model"]["vocab"][merge.replace(" ", "")] = len(tokenizer["model"]["vocab"])
    vectors = conformance_vectors(ExactDecoder(shape, tensors))
    return write_bundle(folder, shape, tensors, {}, vectors, json.dumps(tokenizer).encode())


def likely_content(decoder: NativeDecoderExecutor) -> bytes:
    """The bytes that the model finds likeliest, one after another, and words of several tokens."""
    state, symbol = decoder.start(1), decoder.architecture.start_symbol
    bytes_alone = [number for number, token in enumerate(TOKENS) if len(token) == 1]
    content = b""
    for _ in range(decoder.architecture.context):
        weights = decoder.prefill(state, np.array([[symbol]]))[0, -1]
        symbol = max(bytes_alone, key=weights.__getitem__)
        content += TOKENS[symbol]
    return content * 4 + b"bytes be bytes"

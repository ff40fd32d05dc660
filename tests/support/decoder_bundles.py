"""Bundles of random decoders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from random_decoder import random_decoder

from lmpack._models.bundle import MANIFEST, TENSORS, TOKENIZER
from lmpack._models.decoder.bundle import TOKENS, DecoderBundle, read_decoder_bundle
from lmpack._models.decoder.pieces import BYTE_OF
from lmpack._models.decoder.shape import FAMILY, SPEC_VERSION, DecoderShape
from lmpack._models.decoder.writing import TensorWriter, fingerprint_of_file

UNPROVED = [{"symbols": [[0]], "sha256": "00" * 32}]
"""Conformance vectors that no executor fulfils."""


def byte_tokenizer() -> bytes:
    """A tokenizer of the package `tokenizers` that gives bytes: GPT-2's without any merge."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": byte_level,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "vocab": {character: number for number, character in enumerate(BYTE_OF)},
            "merges": [],
        },
    }
    return json.dumps(tokenizer).encode()


def write_random_bundle(
    folder: Path,
    shape: DecoderShape,
    tokens: Sequence[bytes],
    seed: int = 0,
    *,
    graphs: Mapping[str, bytes] | None = None,
    conformance: Sequence[Mapping[str, Any]] = UNPROVED,
    tokenizer: bytes | None = None,
) -> DecoderBundle:
    """Writes the bundle of :func:`random_decoder` into a folder, which is made if needed."""
    tensors = random_decoder(shape, list(tokens), seed)
    return write_bundle(folder, shape, tensors, graphs or {}, conformance, tokenizer)


def write_bundle(
    folder: Path,
    shape: DecoderShape,
    tensors: Mapping[str, np.ndarray],
    graphs: Mapping[str, bytes],
    conformance: Sequence[Mapping[str, Any]],
    tokenizer: bytes | None = None,
) -> DecoderBundle:
    """Writes a bundle of these parts, its tokenizer being one of bytes if there is no other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / TENSORS).open("wb") as file:
        written = TensorWriter(shape, file)
        for name, values in tensors.items():
            written.write(name, values)
    for name, content in graphs.items():
        (folder / name).write_bytes(content)
    tokenizer = byte_tokenizer() if tokenizer is None else tokenizer
    (folder / TOKENIZER).write_bytes(tokenizer)
    manifest = {
        "family": FAMILY,
        "spec_version": SPEC_VERSION,
        "name": "random",
        "architecture": shape.to_json(),
        "fingerprint": fingerprint_of_file(shape, folder / TENSORS).hex(),
        "graphs": {name: digest(content) for name, content in graphs.items()},
        "tokenizer": {"kind": TOKENS, "file": TOKENIZER, "sha256": digest(tokenizer)},
        "conformance": list(conformance),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return read_decoder_bundle(folder.resolve())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""Checkpoints of llama2.c (version 0 of its format) as a FloatSource.

Format: https://github.com/karpathy/llama2.c, export.py. A header of seven integers, then float32
tensors, those of one kind for all layers one after another; the tokenizer is a file beside it.
"""

from __future__ import annotations

import math
import struct
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from lmpack._models.decoder.shape import (
    LARGEST_HEADS,
    LARGEST_INPUTS,
    LARGEST_LAYERS,
    LARGEST_VOCABULARY,
    LARGEST_WIDTH,
)
from lmpack.errors import BundleError
from lmpack.importing.fields import Fields
from lmpack.importing.mapped_source import MappedSource
from lmpack.importing.recipes import Naming
from lmpack.importing.rope import rope_frequencies
from lmpack.importing.source import Floats, FloatShape, SourceTokens
from lmpack.importing.vocabulary.pieces import SPACE, Kind, Piece, is_byte
from lmpack.importing.vocabulary.source_tokens import sentencepiece_tokens

_HEADER = struct.Struct("<7i")
_NEWER = (b"42ka", b"ak42")
_EPSILON = 1e-5
_ROPE_BASE = 10000.0
_UNKNOWN, _START, _END = range(3)
_LONGEST_TOKEN = 255

_ORDER = {
    "attention_norm": "att_norm.{i}",
    "q": "wq.{i}",
    "k": "wk.{i}",
    "v": "wv.{i}",
    "out": "wo.{i}",
    "feed_forward_norm": "ffn_norm.{i}",
    "gate": "w1.{i}",
    "down": "w2.{i}",
    "up": "w3.{i}",
}
"""Tensors of layers in the order of the file."""

_NAMING = Naming(
    {"embedding": "embedding", **_ORDER, "final_norm": "final_norm", "head": "head"},
    interleaved=True,
)


class Llama2cSource(MappedSource):
    """A model in a .bin file of llama2.c.

    Args:
        path: the file. Its tokenizer, tok{vocabulary}.bin or tokenizer.bin, stands beside it.

    Raises:
        BundleError: it is damaged, of another version, or its tokenizer is missing.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        shape = _read_shape(path)
        self._tokenizer = _tokenizer_path(path, shape.vocabulary)
        tokens = _read_tokens(self._tokenizer, shape.vocabulary)
        recipes = _NAMING.recipes(shape)
        by_name = {recipe.stored: recipe.shape for recipe in recipes.values()}
        layers = range(shape.layers)
        order = ["embedding.weight"]
        order += [f"{stem[:-4]}.{i}.weight" for stem in _ORDER.values() for i in layers]
        order += ["final_norm.weight"]
        sizes = [math.prod(by_name[name]) for name in order]
        # Two tables of cosines and sines follow, which nobody needs.
        unused = 2 * shape.context * (shape.head_width // 2)
        if not shape.tied:
            order.append("head.weight")
            sizes[-1] += unused
            sizes.append(math.prod(by_name["head.weight"]))
        else:
            sizes[-1] += unused
        *starts, end = accumulate(sizes, initial=0)
        self._starts = dict(zip(order, starts, strict=True))
        self._shapes = by_name
        expected = _HEADER.size + 4 * end
        if path.stat().st_size != expected:
            raise BundleError(
                f"{path} has {path.stat().st_size:,} bytes, but the model that its header "
                f"describes {expected:,}: it is damaged or no checkpoint of llama2.c"
            )
        super().__init__(shape, tokens, recipes, by_name)

    def read(self, stored: str) -> Floats:
        """A stored tensor as float32.

        Raises:
            BundleError: it cannot be read.
        """
        shape = self._shapes[stored]
        offset = _HEADER.size + 4 * self._starts[stored]
        try:
            return np.fromfile(self._path, "<f4", math.prod(shape), offset=offset).reshape(shape)
        except (OSError, ValueError) as error:
            raise BundleError(f"{self._path} cannot be read: {error}") from error

    def description(self) -> dict[str, Any]:
        """The format has no place for a name or a licence."""
        return {"name": self._path.stem, "format": "llama2.c", "licence": "not stated"}

    def files(self) -> list[Path]:
        """The weights and the tokenizer."""
        return [self._path, self._tokenizer]


def _read_shape(path: Path) -> FloatShape:
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
    if header[:4] in _NEWER:
        raise BundleError(f"{path} is of a newer version of llama2.c: export it as version 0")
    if len(header) < _HEADER.size:
        raise BundleError(f"{path} is no checkpoint of llama2.c: it is too short")
    keys = ("dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len")
    values = dict(zip(keys, _HEADER.unpack(header), strict=True))
    tied = values["vocab_size"] > 0
    fields = Fields(
        values | {"vocab_size": abs(values["vocab_size"])}, f"{path}, header of llama2.c"
    )
    width = fields.integer("dim", LARGEST_WIDTH)
    heads = fields.integer("n_heads", LARGEST_HEADS)
    kv_heads = fields.integer("n_kv_heads", LARGEST_HEADS)
    layers = fields.integer("n_layers", LARGEST_LAYERS)
    head_width = width // heads
    if width % heads or head_width % 2 or heads % kv_heads:
        raise BundleError(f"{path} is damaged: {heads} heads do not fit its other sizes")
    return FloatShape(
        family="llama",
        vocabulary=fields.integer("vocab_size", LARGEST_VOCABULARY),
        width=width,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_width=head_width,
        hidden=fields.integer("hidden_dim", LARGEST_INPUTS),
        context=fields.integer("seq_len", 2**31 - 1),
        windows=(0,) * layers,
        norm="rms",
        epsilon=_EPSILON,
        post_norms=False,
        qk_norm=False,
        activation="silu",
        gated=True,
        rope_frequencies=(rope_frequencies(head_width, _ROPE_BASE),) * layers,
        query_scale=1 / math.sqrt(head_width),
        embedding_scale=1.0,
        tied=tied,
    )


def _tokenizer_path(path: Path, vocabulary: int) -> Path:
    names = (f"tok{vocabulary}.bin", "tokenizer.bin")
    for name in names:
        if path.with_name(name).is_file():
            return path.with_name(name)
    raise BundleError(f"the tokenizer of {path} is missing: put {' or '.join(names)} beside it")


def _read_tokens(path: Path, vocabulary: int) -> SourceTokens:
    largest = 4 + vocabulary * (8 + _LONGEST_TOKEN)
    if path.stat().st_size > largest:
        raise BundleError(
            f"{path} is no tokenizer of {vocabulary:,} tokens: it has more than {largest:,} bytes"
        )
    content = path.read_bytes()
    pieces = []
    position = 4  # behind the length of the longest token
    for number in range(vocabulary):
        try:
            score, length = struct.unpack_from("<fi", content, position)
            position += 8
            if not 0 <= length <= _LONGEST_TOKEN or not math.isfinite(score):
                raise ValueError(f"token {number} has {length} bytes and the score {score}")
            if position + length > len(content):
                raise ValueError(f"it ends within token {number}")
            text = content[position : position + length].decode()
        except (struct.error, ValueError) as error:
            raise BundleError(
                f"{path} is no tokenizer of {vocabulary:,} tokens: {error}"
            ) from error
        position += length
        pieces.append(Piece(text.replace(" ", SPACE), score, _kind(number, text)))
    if position != len(content):
        raise BundleError(f"{path} is no tokenizer of {vocabulary:,} tokens: it has more")
    return sentencepiece_tokens(pieces, _START, vocabulary=vocabulary)


def _kind(number: int, text: str) -> Kind:
    if number in (_START, _END):
        return Kind.CONTROL
    if number == _UNKNOWN:
        return Kind.UNKNOWN
    return Kind.BYTE if is_byte(text) else Kind.NORMAL

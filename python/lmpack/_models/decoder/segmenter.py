"""From bytes to tokens of a decoder: any way will do, and the tokenizer of its authors is the best.

The format needs nothing of a tokenizer but the table of tokens (docs/format.md, section 5.6). So
each token that the library gives is compared with the bytes that it should stand for; where it
stands for others, the longest tokens that match are taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lmpack._extras import import_extra
from lmpack._models.decoder.pieces import byte_level_bytes, sentence_piece_bytes
from lmpack._models.panics import panics_as_errors
from lmpack.errors import BundleError, ModelError

BYTES = 256

_SHORT_NORMALIZERS = ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Strip", "Nmt")
"""Their results are a few times as long as the text at most."""

_NO_TEXT = re.compile("[\udc80-\udcff]+")
"""Bytes that are no UTF-8, as `surrogateescape` gives them."""


class Segmenter:
    """Cuts any bytes into tokens.

    Args:
        tokens: the table of the bundle, ascending.
        tokenizer: a `tokenizer.json` of the package `tokenizers`.
        path: of its file, for messages.

    Raises:
        BundleError: it is no tokenizer, or some byte has no token of its own.
        ModelError: the package `tokenizers` is not installed.
    """

    def __init__(self, tokens: Sequence[bytes], tokenizer: bytes, path: Path) -> None:
        self._numbers = {token: number for number, token in enumerate(tokens)}
        for byte in range(BYTES):
            if bytes([byte]) not in self._numbers:
                raise BundleError(
                    f"no token of {path.parent} stands for the byte {byte:#04x}, so not all data "
                    "can be coded with it: import the model again"
                )
        self._lengths = _lengths_by_first_byte(tokens)
        self._tokenizer = _open(tokenizer, path)
        self._piece_bytes = _reader_of_pieces(self._tokenizer)
        self._known: dict[int, bytes] = {}

    def segment(self, data: bytes) -> npt.NDArray[np.int32]:
        """Numbers int32 [n] of tokens in the table whose bytes, joined, are the data."""
        numbers: list[int] = []
        text = data.decode(errors="surrogateescape")
        end = 0
        for gap in _NO_TEXT.finditer(text):
            numbers += self._text(text[end : gap.start()])
            numbers += self._longest(gap[0].encode(errors="surrogateescape"))
            end = gap.end()
        numbers += self._text(text[end:])
        return np.array(numbers, np.int32)

    def _text(self, text: str) -> Iterator[int]:
        data = text.encode()
        pieces, encoding = self._pieces(text)
        # Their lengths first: an unknown word may stand for a text of any length.
        is_whole = sum(map(len, pieces)) == len(data) and b"".join(pieces) == data
        if is_whole and all(piece in self._numbers for piece in pieces):
            return map(self._numbers.__getitem__, pieces)
        return self._aligned(data, list(_placed(text, pieces, encoding)))

    def _pieces(self, text: str) -> tuple[list[bytes], Any]:
        """Bytes of the tokens that the library gives, and what it gives."""
        if not text:
            return [], None
        try:
            with panics_as_errors():
                encoding = self._tokenizer.encode(text, add_special_tokens=False)
            return [self._bytes_of(number) for number in encoding.ids], encoding
        except Exception:  # the library raises Exception itself; any text can be cut without it
            return [], None

    def _bytes_of(self, number: int) -> bytes:
        known = self._known.get(number)
        if known is None:
            piece = self._tokenizer.id_to_token(number)
            known = self._known[number] = b"" if piece is None else self._piece_bytes(piece)
        return known

    def _aligned(self, data: bytes, pieces: Sequence[_Piece]) -> Iterator[int]:
        """Those of the tokens that stand where their bytes are; between them the longest ones."""
        position = 0
        for token, start in pieces:
            number = self._numbers.get(token)
            if number is None:
                continue
            if not data.startswith(token, position):
                if start <= position or not data.startswith(token, start):
                    continue
                yield from self._longest(data[position:start])
                position = start
            yield number
            position += len(token)
        yield from self._longest(data[position:])

    def _longest(self, data: bytes) -> Iterator[int]:
        """At each place the longest token that matches."""
        position = 0
        while position < len(data):
            lengths = self._lengths[data[position]]  # that of the byte alone at least
            parts = (data[position : position + length] for length in lengths)
            token = next(part for part in parts if part in self._numbers)
            yield self._numbers[token]
            position += len(token)


class _Piece(NamedTuple):
    """A token as the library gives it: its bytes, and the byte of the text that it begins at."""

    token: bytes
    start: int


def _placed(text: str, pieces: Sequence[bytes], encoding: Any) -> Iterator[_Piece]:
    if not pieces:
        return
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    widths = 1 + (codes >= 0x80) + (codes >= 0x800) + (codes >= 0x10000)
    starts = np.concatenate([[0], np.cumsum(widths)]).tolist()
    for piece, (character, _) in zip(pieces, encoding.offsets, strict=True):
        yield _Piece(piece, starts[min(character, len(text))])


def _lengths_by_first_byte(tokens: Sequence[bytes]) -> list[list[int]]:
    """For each first byte the lengths of tokens that begin with it, the longest first."""
    lengths: list[set[int]] = [set() for _ in range(BYTES)]
    for token in tokens:
        lengths[token[0]].add(len(token))
    return [sorted(found, reverse=True) for found in lengths]


def _open(content: bytes, path: Path) -> Any:
    library = import_extra("tokenizers", "tokenizers", extra="import", error=ModelError)
    try:
        with panics_as_errors():
            tokenizer = library.Tokenizer.from_buffer(content)
            tokenizer.no_truncation()
            tokenizer.no_padding()
            tokenizer.encode_special_tokens = True  # spelled in a text they are text
            tokenizer.post_processor = None  # it may repeat the text
            _require_short_texts(tokenizer.normalizer)
            _require_one_byte_level(json.loads(tokenizer.to_str())["pre_tokenizer"])
    except Exception as error:  # the library raises Exception itself
        reason = " ".join(str(error).split())[:200]
        raise BundleError(
            f"{path} is no tokenizer: {reason}: get the whole bundle again"
        ) from error
    return tokenizer


def _require_short_texts(normalizer: Any) -> None:
    """Refuse a normaliser that could make texts longer, and so take any memory.

    Args:
        normalizer: of the tokenizer; None if it has none.

    Raises:
        ValueError: it is one.
    """
    if normalizer is None:
        return
    state = json.loads(normalizer.__getstate__())
    replaced = state.get("pattern", {}).get("String")
    if state["type"] == "Replace" and replaced and len(state["content"]) <= 1:
        return
    if state["type"] not in _SHORT_NORMALIZERS:
        raise ValueError(f"its normalizer {state['type']} could make texts longer")


def _require_one_byte_level(pre_tokenizer: Any) -> None:
    """Refuse steps before the tokens that write bytes as characters again and again.

    Args:
        pre_tokenizer: as it stands in the file; None if there is none.

    Raises:
        ValueError: they make a text twice as long each time.
    """
    kinds, rest = [], [pre_tokenizer]
    while rest:
        step = rest.pop()
        if step is not None:
            kinds.append(step["type"])
            rest += step.get("pretokenizers", [])
    if kinds.count("ByteLevel") > 1:
        raise ValueError("its pre-tokenizer could make texts longer")


def _reader_of_pieces(tokenizer: Any) -> Callable[[str], bytes]:
    parts = f"{tokenizer.pre_tokenizer!r} {tokenizer.decoder!r}"
    return byte_level_bytes if "ByteLevel" in parts else sentence_piece_bytes

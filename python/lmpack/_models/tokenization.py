"""Tokenizers: bytes to symbols of a larger or smaller vocabulary and back, for any bytes.

A kind of tokenizer is "bytes", "ascii", or "bpe:N" for byte pair encoding with N symbols.

The library `tokenizers` works on text; bytes pass through it as the characters U+0000 to U+00FF.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lmpack._extras import import_extra
from lmpack._models.architecture import ALIGNMENT
from lmpack._models.files import read_file
from lmpack._models.panics import panics_as_errors
from lmpack.errors import EvaluationError, UsageError

BYTES = 256
ESCAPE = 127
"""The symbol of the ASCII tokenizer after which a byte from 127 on is meant, less 127."""

PIECE = 1 << 16
"""Bytes that the library gets at a time. Merges do not go beyond them, either."""

LARGEST_FILE = 1 << 26
"""Bytes of a file of merges: 64 MiB."""

PLAIN = "bytes"
"""The kind of tokenizer that makes each byte a symbol."""

WORDS = r" ?[^\s]+|\s+"
"""Merges do not go beyond a word, the space before it included."""

Symbols = npt.NDArray[np.int32]


class Tokenizer(Protocol):
    """Bytes to symbols and back.

    Attributes:
        name: as in tables.
        vocabulary: number of symbols.
    """

    name: str
    vocabulary: int

    def encode(self, data: bytes) -> Symbols:
        """The symbols of any bytes: int32 [n], below `vocabulary`."""

    def decode(self, symbols: npt.NDArray[np.integer]) -> bytes:
        """The bytes of symbols that :meth:`encode` gave.

        Raises:
            EvaluationError: it cannot have given these.
        """


class ByteTokenizer:
    """Each byte is a symbol: what the paper's models without a tokenizer see."""

    name = "bytes"
    vocabulary = BYTES

    def encode(self, data: bytes) -> Symbols:
        """See :class:`Tokenizer`."""
        return np.frombuffer(data, np.uint8).astype(np.int32)

    def decode(self, symbols: npt.NDArray[np.integer]) -> bytes:
        """See :class:`Tokenizer`."""
        _check(symbols, BYTES)
        return symbols.astype(np.uint8).tobytes()


class AsciiTokenizer:
    """The 7 bits of ASCII; any other byte, and 127, is two symbols.

    The paper drops the eighth bit and counts it; this gives it back.
    """

    name = "ASCII"
    vocabulary = 128

    def encode(self, data: bytes) -> Symbols:
        """See :class:`Tokenizer`. A byte of 254 or 255 is three symbols."""
        escaped = bytearray()
        for byte in data:
            while byte >= ESCAPE:
                escaped.append(ESCAPE)
                byte -= ESCAPE
            escaped.append(byte)
        return np.frombuffer(bytes(escaped), np.uint8).astype(np.int32)

    def decode(self, symbols: npt.NDArray[np.integer]) -> bytes:
        """See :class:`Tokenizer`."""
        _check(symbols, self.vocabulary)
        data = bytearray()
        above = 0
        for symbol in symbols.tolist():
            above += symbol
            if symbol == ESCAPE:
                continue
            if above >= BYTES:
                raise EvaluationError(f"symbols add up to {above}, which is no byte")
            data.append(above)
            above = 0
        if above:
            raise EvaluationError("the symbols end within a byte")
        return bytes(data)


class BpeTokenizer:
    """Byte pair encoding, as the library `tokenizers` learns it.

    Args:
        path: file that :func:`train_bpe` wrote.
        content: of that file, if it was read already.

    Raises:
        EvaluationError: it cannot be read, or the library is not installed.
    """

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        library = import_extra("tokenizers", "tokenizers")
        try:
            content = read_file(path, LARGEST_FILE) if content is None else content
            with panics_as_errors():
                self._tokenizer = library.Tokenizer.from_buffer(content)
        except Exception as error:  # the library raises Exception itself
            raise EvaluationError(f"{path} is no tokenizer: {error}") from error
        self.vocabulary: int = self._tokenizer.get_vocab_size()
        self.name = f"BPE {self.vocabulary:,}"
        texts = self._tokenizer.get_vocab()
        try:
            by_number = sorted((number, text.encode("latin-1")) for text, number in texts.items())
        except UnicodeEncodeError as error:
            raise EvaluationError(f"{path} is a tokenizer of text, not of bytes") from error
        self._bytes = [data for _, data in by_number]
        if not set(map(bytes, zip(range(BYTES)))) <= set(self._bytes):
            raise EvaluationError(f"{path} does not know all 256 bytes")

    def encode(self, data: bytes) -> Symbols:
        """See :class:`Tokenizer`."""
        encodings = (self._tokenizer.encode(text).ids for text in _texts(data))
        return np.fromiter(itertools.chain.from_iterable(encodings), np.int32)

    def decode(self, symbols: npt.NDArray[np.integer]) -> bytes:
        """See :class:`Tokenizer`."""
        _check(symbols, self.vocabulary)
        return b"".join(self._bytes[symbol] for symbol in symbols.tolist())


def vocabulary_of(kind: str) -> int:
    """The number of symbols of a kind of tokenizer. One that learned from little may have fewer.

    Raises:
        UsageError: there is no such kind.
    """
    name, _, number = kind.partition(":") if isinstance(kind, str) else ("", "", "")
    if kind == PLAIN:
        return BYTES
    if kind == "ascii":
        return AsciiTokenizer.vocabulary
    if name == "bpe" and number.isdecimal() and len(number) < 10 and int(number) >= BYTES:
        return int(number)
    raise UsageError(
        f"there is no tokenizer {kind!r}: choose {PLAIN}, ascii, or bpe:N with N from {BYTES} on"
    )


def is_learned(kind: str) -> bool:
    """Whether a kind of tokenizer comes from a file that :func:`train_bpe` wrote."""
    return kind.startswith("bpe:")


def open_tokenizer(kind: str, path: Path, content: bytes | None = None) -> Tokenizer:
    """The tokenizer of a kind.

    Args:
        kind: see :func:`vocabulary_of`.
        path: its file, if it is learned.
        content: of that file, if it was read already.

    Raises:
        UsageError: there is no such kind.
        EvaluationError: the file cannot be read, or the library is not installed.
    """
    vocabulary_of(kind)
    if is_learned(kind):
        return BpeTokenizer(path, content)
    return ByteTokenizer() if kind == PLAIN else AsciiTokenizer()


def train_bpe(data: bytes, vocabulary: int, path: Path) -> BpeTokenizer:
    """Learn the most frequent merges of a text, and write them to a file.

    Args:
        data: the text.
        vocabulary: number of symbols, at least 256. A short text may give fewer.
        path: of the file, JSON.

    Raises:
        UsageError: the vocabulary is too small.
        EvaluationError: the library is not installed.
    """
    if vocabulary < BYTES:
        raise UsageError(f"a vocabulary of {vocabulary} cannot hold the {BYTES} bytes")
    library = import_extra("tokenizers", "tokenizers")
    tokenizer = library.Tokenizer(library.models.BPE())
    tokenizer.pre_tokenizer = library.pre_tokenizers.Split(
        library.Regex(WORDS), behavior="isolated"
    )
    trainer = library.trainers.BpeTrainer(
        vocab_size=vocabulary,
        initial_alphabet=list(map(chr, range(BYTES))),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(data), trainer)
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))
    return BpeTokenizer(path)


def aligned(vocabulary: int) -> int:
    """The vocabulary of a model for so many symbols."""
    return -(-vocabulary // ALIGNMENT) * ALIGNMENT


def _texts(data: bytes) -> Iterator[Any]:
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE].decode("latin-1")


def _check(symbols: npt.NDArray[np.integer], vocabulary: int) -> None:
    if len(symbols) and not 0 <= symbols.min() <= symbols.max() < vocabulary:
        raise EvaluationError(f"there are symbols outside 0 to {vocabulary - 1}")

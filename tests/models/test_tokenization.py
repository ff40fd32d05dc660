"""Tokenizers give back any bytes."""

from __future__ import annotations

from pathlib import Path

import inputs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmpack._models.tokenization import (
    AsciiTokenizer,
    BpeTokenizer,
    ByteTokenizer,
    Tokenizer,
    aligned,
    train_bpe,
)
from lmpack.errors import EvaluationError, UsageError

TEXT = inputs.SENTENCES + "Größe, élève, 日本語\r\n\u0085\u00a0".encode() * 20


@pytest.fixture(scope="module")
def bpe(tmp_path_factory: pytest.TempPathFactory) -> BpeTokenizer:
    return train_bpe(TEXT, 400, tmp_path_factory.mktemp("bpe") / "bpe.json")


@pytest.fixture(params=["bytes", "ascii", "bpe"], scope="module")
def tokenizer(request: pytest.FixtureRequest, bpe: BpeTokenizer) -> Tokenizer:
    tokenizers: dict[str, Tokenizer] = {
        "bytes": ByteTokenizer(),
        "ascii": AsciiTokenizer(),
        "bpe": bpe,
    }
    return tokenizers[request.param]


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_come_back(tokenizer: Tokenizer, data: bytes) -> None:
    symbols = tokenizer.encode(data)
    assert symbols.dtype == np.int32
    assert tokenizer.decode(symbols) == data
    assert not len(symbols) or 0 <= symbols.min() <= symbols.max() < tokenizer.vocabulary


def test_every_byte_alone_and_the_whole_text(tokenizer: Tokenizer) -> None:
    for data in (*map(bytes, zip(range(256))), bytes(range(256)), TEXT):
        assert tokenizer.decode(tokenizer.encode(data)) == data


def test_symbols_of_the_simple_ones() -> None:
    assert ByteTokenizer().encode(b"a\xff").tolist() == [97, 255]
    symbols = AsciiTokenizer().encode(b"a~\x7f\x80\xff").tolist()
    assert symbols == [97, 126, 127, 0, 127, 1, 127, 127, 1]


def test_merges_make_text_shorter(bpe: BpeTokenizer) -> None:
    assert bpe.vocabulary == 400
    assert len(bpe.encode(TEXT)) < len(TEXT) / 2
    assert bpe.name == "BPE 400"


def test_a_file_is_read_again(bpe: BpeTokenizer, tmp_path: Path) -> None:
    again = train_bpe(TEXT, 400, tmp_path / "deep" / "bpe.json")
    symbols = BpeTokenizer(tmp_path / "deep" / "bpe.json").encode(TEXT)
    assert symbols.tolist() == again.encode(TEXT).tolist() == bpe.encode(TEXT).tolist()


def test_vocabularies_of_models() -> None:
    assert [aligned(n) for n in (128, 256, 257, 1000, 20_000)] == [128, 256, 288, 1024, 20_000]


@pytest.mark.parametrize(
    ("symbols", "message"),
    [([-1], "outside"), ([500], "outside"), ([127], "within a byte"), ([127, 127, 5], "no byte")],
)
def test_symbols_of_no_bytes(bpe: BpeTokenizer, symbols: list[int], message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        AsciiTokenizer().decode(np.array(symbols))
    if message == "outside":
        for other in (ByteTokenizer(), bpe):
            with pytest.raises(EvaluationError, match=message):
                other.decode(np.array(symbols))


def test_bad_files_and_vocabularies(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(EvaluationError, match="is no tokenizer"):
        BpeTokenizer(tmp_path / "a.json")
    with pytest.raises(UsageError, match="cannot hold the 256 bytes"):
        train_bpe(TEXT, 255, tmp_path / "b.json")

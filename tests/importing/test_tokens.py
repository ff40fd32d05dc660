"""Vocabularies: bytes of tokens, and tokenizers that cut plain text and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import pytest
import sentencepiece
import tokenizers
from float_models import (
    END,
    VOCABULARY,
    byte_level_tokenizer,
    sentencepiece_style_tokenizer,
    write_json,
)
from gguf_models import add_byte_level_tokens

from lmpack.errors import BundleError
from lmpack.importing.fields import Fields
from lmpack.importing.gguf_file.header import read_header
from lmpack.importing.gguf_file.tokens import read_tokens as read_gguf_tokens
from lmpack.importing.hugging_face.tokens import read_tokens
from lmpack.importing.source import SourceTokens
from lmpack.importing.vocabulary.pieces import SPACE, Kind, Piece
from lmpack.importing.vocabulary.sentencepiece_model import read_pieces
from lmpack.importing.vocabulary.tokenizer_json import _merges

TEXT = (
    "The theory of the thing, then: 12345 things, isn't it?\n\n\n  two spaces, a\ttab,\r\n"
    f"caf\u00e9, \u65e5\u672c\u8a9e, \u2581 \u00a0 e\u0301 {END} <s></s> "
    "<tool_call> <0x41> \U0001f600"
)
"""Plain text that holds the texts of control tokens, and characters that normalisers change."""


def joined(tokens: SourceTokens, text: str) -> tuple[bytes, list[int]]:
    """The bytes of the ids that a tokenizer gives, and the ids."""
    ids = tokenizers.Tokenizer.from_str(tokens.tokenizer).encode(text).ids
    return b"".join(tokens.texts[number] or b"<never>" for number in ids), ids


def hugging_face_tokens(folder: Path, tokenizer: dict[str, Any], **config: Any) -> SourceTokens:
    write_json(folder / "tokenizer.json", tokenizer)
    fields = Fields({"bos_token_id": 1} | config, "config.json")
    return read_tokens(folder, fields, vocabulary=VOCABULARY)


def test_byte_level(tmp_path: Path) -> None:
    tokens = hugging_face_tokens(tmp_path, byte_level_tokenizer(), bos_token_id=256)
    assert len(tokens.texts) == VOCABULARY
    assert tokens.texts[:256] == [bytes([byte]) for byte in range(256)]
    assert tokens.texts[256:262] == [None, b" t", b" th", b" the", b"<tool_call>", None]
    assert tokens.start == 256
    bytes_, ids = joined(tokens, TEXT)
    assert bytes_ == TEXT.encode(), "no prefix, no NFC, no control token"
    assert 260 in ids, "an added token that is text"
    assert joined(tokens, "in the") == (b"in the", [*b"in", 259])


def test_sentencepiece_style(tmp_path: Path) -> None:
    tokens = hugging_face_tokens(tmp_path, sentencepiece_style_tokenizer())
    assert tokens.texts[:4] == [None, None, None, b"\0"]
    assert tokens.texts[259] == b" ", "the same as that of the byte token 35"
    assert tokens.texts[268] == b" the"
    plain = TEXT.replace("\u2581", "")  # stands for a space there; whoever encodes takes care of it
    assert joined(tokens, plain)[0] == plain.encode()
    assert joined(tokens, "the the</s>")[1][:2] == [267, 268]


def test_words_of_metaspace_have_no_prefix(tmp_path: Path) -> None:
    content = sentencepiece_style_tokenizer()
    content["normalizer"] = None
    content["pre_tokenizer"] = {
        "type": "Metaspace",
        "replacement": "\u2581",
        "prepend_scheme": "always",
        "split": True,
    }
    assert joined(hugging_face_tokens(tmp_path, content), "the the")[1] == [267, 268]


def test_start_tokens(tmp_path: Path) -> None:
    content = byte_level_tokenizer()
    assert hugging_face_tokens(tmp_path, content, bos_token_id=[5, 6]).start == 5
    assert hugging_face_tokens(tmp_path, content, bos_token_id=None, eos_token_id=7).start == 7
    write_json(
        tmp_path / "tokenizer_config.json", {"bos_token": None, "eos_token": {"content": END}}
    )
    assert hugging_face_tokens(tmp_path, content, bos_token_id=None).start == 256
    (tmp_path / "tokenizer_config.json").unlink()
    with pytest.raises(BundleError, match="names no token that stands before a text"):
        hugging_face_tokens(tmp_path, content, bos_token_id=None)
    with pytest.raises(BundleError, match="bos_token_id must be an integer below 288"):
        hugging_face_tokens(tmp_path, content, bos_token_id=288)


def test_special_tokens_beyond_the_embedding_are_no_matter(tmp_path: Path) -> None:
    content = byte_level_tokenizer()
    content["added_tokens"][0]["id"] = content["model"]["vocab"][END] = VOCABULARY + 5
    assert len(hugging_face_tokens(tmp_path, content).texts) == VOCABULARY


def change_model(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["model"].update(changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_model(type="Unigram"), "kind 'Unigram'"),
        (change_model(end_of_word_suffix="</w>"), "end_of_word_suffix"),
        (change_model(vocab={"a": -1}), "the id -1"),
        (change_model(vocab={"a": 10**12}), "the id 1000000000000"),
        (change_model(vocab=[]), "tokenizer.json is damaged"),
        (change_model(vocab={"\u65e5": 0}), "not of a byte-level vocabulary"),
        (change_model(vocab={"\ud800": 0}), "not of a byte-level vocabulary"),
        (change_model(merges=["a zz"]), "cannot be used"),
        (change_model(merges=[7]), "damaged|cannot be used"),
        (lambda content: content["model"]["vocab"].pop("a"), "no token for the byte 0x61"),
        (
            lambda content: content["model"]["vocab"].update(aa=288),
            "289 tokens, but the model only",
        ),
        (lambda content: content.pop("model"), "damaged: KeyError"),
        (
            lambda content: content.update(pre_tokenizer={"type": "Nonsense"}),
            "no token for the byte|cannot be used",
        ),
    ],
)
def test_tokenizers_that_cannot_be_used(
    change: Callable[[dict[str, Any]], object], message: str, tmp_path: Path
) -> None:
    content = byte_level_tokenizer()
    change(content)
    with pytest.raises(BundleError, match=message):
        hugging_face_tokens(tmp_path, content)


@pytest.fixture(scope="module")
def trained() -> bytes:
    """A model that SentencePiece trained on a page of this project."""
    text = (Path(__file__).parents[2] / "docs" / "format.md").read_text()
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text.splitlines()),
        model_writer=model,
        model_type="bpe",
        vocab_size=700,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        user_defined_symbols=["\n\n", SPACE * 2],
        minloglevel=2,
    )
    return model.getvalue()


def test_tokenizer_model_of_sentencepiece(trained: bytes, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.model").write_bytes(trained)
    fields = Fields({"bos_token_id": 1}, "config.json")
    tokens = read_tokens(tmp_path, fields, vocabulary=704)
    theirs = sentencepiece.SentencePieceProcessor(model_proto=trained)
    pieces = read_pieces(trained)
    assert [piece.text for piece in pieces] == [theirs.id_to_piece(i) for i in range(700)]
    assert [piece.score for piece in pieces] == [theirs.get_score(i) for i in range(700)]
    assert [piece.kind for piece in pieces[:5]] == [2, 3, 3, Kind.USER_DEFINED, Kind.USER_DEFINED]
    text = (Path(__file__).parents[2] / "docs" / "model.md").read_text() + "\n\nna\u00efve   end"
    bytes_, ids = joined(tokens, text)
    assert bytes_ == text.encode()
    assert ids == theirs.encode(text)


def test_damaged_models_of_sentencepiece(trained: bytes) -> None:
    for content in (
        b"",
        trained[:1000],
        b"\xff" * 40,
        b"\x0a\x02\x08\x01",
        b"\x0a\0",
        b"\x0b" + trained,
    ):
        with pytest.raises(BundleError, match=r"tokenizer\.model is damaged"):
            read_pieces(content)
    piece = b"\x0a\x01a"
    with pytest.raises(BundleError, match="only models of the kind BPE"):
        read_pieces(b"\x0a" + bytes([len(piece)]) + piece)


def gguf_tokens(
    path: Path, add: Callable[[gguf.GGUFWriter], None], vocabulary: int
) -> SourceTokens:
    file = gguf.GGUFWriter(path, "llama")
    add(file)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    return read_gguf_tokens(Fields(read_header(path).metadata, "GGUF"), vocabulary=vocabulary)


@pytest.mark.parametrize("pre", ["gpt-2", "llama-bpe", "qwen2", "smollm"])
def test_byte_level_in_gguf(pre: str, tmp_path: Path) -> None:
    content = byte_level_tokenizer()

    def add(file: gguf.GGUFWriter) -> None:
        add_byte_level_tokens(file, content, VOCABULARY, pre)

    tokens = gguf_tokens(tmp_path / "model.gguf", add, VOCABULARY)
    assert tokens.texts == hugging_face_tokens(tmp_path, content, bos_token_id=256).texts
    bytes_, ids = joined(tokens, TEXT)
    assert bytes_ == TEXT.encode()
    assert {259, 260} <= set(ids)


def test_sentencepiece_in_gguf(trained: bytes, tmp_path: Path) -> None:
    pieces = read_pieces(trained)

    def add(file: gguf.GGUFWriter) -> None:
        file.add_tokenizer_model("llama")
        file.add_token_list([piece.text for piece in pieces])
        file.add_token_scores([piece.score for piece in pieces])
        file.add_token_types([int(piece.kind) for piece in pieces])
        file.add_bos_token_id(1)

    tokens = gguf_tokens(tmp_path / "model.gguf", add, 700)
    (tmp_path / "tokenizer.model").write_bytes(trained)
    fields = Fields({"bos_token_id": 1}, "config.json")
    assert tokens == read_tokens(tmp_path, fields, vocabulary=700)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tokens", None, "tokens must be a list of texts"),
        ("token_type", [1, 1], "token_type must be 288 numbers"),
        ("token_type", [9] * VOCABULARY, "token_type 9 is not known"),
        ("merges", ["a b c"], "pairs with one space"),
        ("merges", None, "merges must be a list of texts"),
    ],
)
def test_damaged_vocabularies_in_gguf(key: str, value: Any, message: str, tmp_path: Path) -> None:
    def add(file: gguf.GGUFWriter) -> None:
        add_byte_level_tokens(file, byte_level_tokenizer(), VOCABULARY, "gpt-2")
        del file.kv_data[0][f"tokenizer.ggml.{key}"]
        if value is not None:
            file.add_array(f"tokenizer.ggml.{key}", value)

    with pytest.raises(BundleError, match=message):
        gguf_tokens(tmp_path / "model.gguf", add, VOCABULARY)


def test_the_tokenizer_is_plain(tmp_path: Path) -> None:
    content = json.loads(hugging_face_tokens(tmp_path, byte_level_tokenizer()).tokenizer)
    assert content["normalizer"] is None
    assert content["post_processor"] is None
    assert content["model"]["dropout"] is None
    assert content["pre_tokenizer"]["add_prefix_space"] is False
    assert [token["content"] for token in content["added_tokens"]] == ["<tool_call>"]


def test_merges_of_a_piece_that_no_table_has_are_not_looked_for() -> None:
    pieces = [Piece("a" * length, -float(length), Kind.NORMAL) for length in (1, 2, 20_000)]
    vocabulary = {piece.text: number for number, piece in enumerate(pieces)}
    assert _merges(pieces, vocabulary) == [("a", "a")]

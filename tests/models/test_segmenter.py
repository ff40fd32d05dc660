"""Any bytes come back from the tokens that they are cut into, whatever the tokenizer does."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from decoder_bundles import byte_tokenizer

from lmpack._models.decoder.pieces import BYTE_OF, byte_level_bytes, sentence_piece_bytes
from lmpack._models.decoder.segmenter import Segmenter
from lmpack.errors import BundleError, ModelError

tokenizers = pytest.importorskip("tokenizers")

PATH = Path("folder/tokenizer.json")
WORDS = ("the", "▁the", "▁", "▁▁", "▁cat", "é", "e", "t", "h", "a", "c", "th", "he", "▁t", "▁c",
         "ca", "at", "cat", "\n", "<", ">", "b", "o", "s", "0", "x", "4", "1", "de")  # fmt: skip
NASTY = {
    "nothing": b"",
    "plain": b"the cat, the cat\nat the  hat",
    "cut text": "naïve €".encode()[:-1] + b"the" + "€".encode()[1:],
    "lone surrogate": b"the\xed\xa0\x80cat",
    "the mark of a space": "the ▁cat▁▁▁the".encode(),
    "control tokens": b"<bos>the<eos> <unk><s></s> cat",
    "names of bytes": b"<0x41> the <0x0A><0x4> cat",
    "zero bytes": b"\0\0the\0cat\0",
    "byte order mark": b"\xef\xbb\xbfthe cat",
    "combining": "the cafe\u0301 e\u0301\u0301 \u1e9b\u0323 ﬁ Å \u212b".encode(),
    "spaces": b"   the    cat  \t \r\n ",
    "random": random.Random(0).randbytes(20_000),
    "half random": b"".join(b"the cat " + random.Random(n).randbytes(n % 5) for n in range(2000)),
}


def bpe(
    vocabulary: Sequence[str], merges: Sequence[tuple[str, str]], **parts: Any
) -> dict[str, Any]:
    model = {
        "type": "BPE",
        "vocab": {piece: number for number, piece in enumerate(dict.fromkeys(vocabulary))},
        "merges": [list(merge) for merge in merges],
        "byte_fallback": parts.pop("byte_fallback", False),
    }
    return {"version": "1.0", "added_tokens": [], "model": model} | parts


def added(number: int, text: str) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": text, "special": True} | flags


def sentence_piece(**parts: Any) -> dict[str, Any]:
    pieces = [*(f"<0x{byte:02X}>" for byte in range(256)), *WORDS]
    merges = [("t", "h"), ("th", "e"), ("▁", "the"), ("▁", "▁"), ("c", "a"), ("ca", "t")]
    spaces = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    return bpe(pieces, [*merges, ("▁", "cat")], byte_fallback=True, normalizer=spaces, **parts)


def byte_level(**parts: Any) -> dict[str, Any]:
    byte_part = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                 "use_regex": True}  # fmt: skip
    merges = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("c", "a"), ("ca", "t"), ("Ġ", "cat")]
    pieces = [*BYTE_OF, *("".join(merge) for merge in merges)]
    return bpe(pieces, merges, **({"pre_tokenizer": byte_part} | parts))


PREFIXED = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
KINDS: Mapping[str, dict[str, Any]] = {
    "bytes": json.loads(byte_tokenizer()),
    "byte level": byte_level(),
    "byte level with a prefix": byte_level(pre_tokenizer=PREFIXED),
    "byte level, NFC": byte_level(normalizer={"type": "NFC"}),
    "byte level, lower case": byte_level(normalizer={"type": "Lowercase"}),
    "byte level, control": byte_level(added_tokens=[added(900, "<bos>"), added(901, "<eos>")]),
    "SentencePiece": sentence_piece(),
    "SentencePiece, control": sentence_piece(
        added_tokens=[added(900, "<bos>"), added(2**31 - 1, "<eos>")]
    ),
    "SentencePiece, prefix": sentence_piece(
        pre_tokenizer={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always",
                       "split": False}
    ),
    "SentencePiece, truncated": sentence_piece(
        truncation={"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}
    ),
    "SentencePiece, padded": sentence_piece(
        padding={"strategy": {"Fixed": 64}, "direction": "Right", "pad_to_multiple_of": None,
                 "pad_id": 0, "pad_type_id": 0, "pad_token": "<0x00>"}
    ),
    "no vocabulary": bpe(["q"], []),
}  # fmt: skip


def table(kind: str) -> list[bytes]:
    """The bytes of all tokens, and single bytes."""
    read = byte_level_bytes if kind.startswith("byte") else sentence_piece_bytes
    pieces = map(read, KINDS[kind]["model"]["vocab"])
    return sorted({bytes([byte]) for byte in range(256)} | set(pieces))


def segmenter(kind: str) -> Segmenter:
    return Segmenter(table(kind), json.dumps(KINDS[kind]).encode(), PATH)


@pytest.mark.parametrize("kind", KINDS)
def test_any_bytes_come_back(kind: str) -> None:
    tokens, cut = table(kind), segmenter(kind)
    for name, data in NASTY.items():
        numbers = cut.segment(data)
        assert numbers.dtype == np.int32
        assert b"".join(tokens[number] for number in numbers) == data, name


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"bytes", "no vocabulary"}))
def test_it_is_the_tokenizer_that_cuts(kind: str) -> None:
    tokens, cut = table(kind), segmenter(kind)
    pieces = [tokens[number] for number in cut.segment(b"the cat the cat")]
    assert pieces[1:] == [b" cat", b" the", b" cat"]


def test_only_the_smallest_stretch_is_cut_otherwise() -> None:
    tokens, cut = table("SentencePiece"), segmenter("SentencePiece")
    mark = "▁".encode()
    pieces = [tokens[number] for number in cut.segment(b"the cat" + mark + b" the cat")]
    assert pieces == [b"the", b" cat", *(bytes([byte]) for byte in mark), b" the", b" cat"]


def test_a_control_token_that_is_spelled_is_text() -> None:
    tokens, cut = table("SentencePiece, control"), segmenter("SentencePiece, control")
    pieces = [tokens[number] for number in cut.segment(b"the<bos> cat")]
    assert pieces == [b"the", b"<", b"b", b"o", b"s", b">", b" cat"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff" * 100, b'{"model": {}}', b"[" * 100_000,
     json.dumps(bpe(["a"], [("a", "b")])).encode(),
     json.dumps(byte_level(pre_tokenizer={"type": "Split", "pattern": {"Regex": "("},
                                          "behavior": "Isolated", "invert": False})).encode()],
)  # fmt: skip
def test_what_is_no_tokenizer_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError, match=r"tokenizer\.json is no tokenizer: ") as caught:
        Segmenter(table("bytes"), content, PATH)
    assert len(str(caught.value)) < 500


def test_a_tokenizer_that_refuses_a_text_is_done_without() -> None:
    words = {"type": "WordLevel", "vocab": {"the": 0}, "unk_token": "missing"}
    content = json.dumps({"version": "1.0", "model": words}).encode()
    cut = Segmenter(table("bytes"), content, PATH)
    assert cut.segment(b"cat").tolist() == list(b"cat")


def test_a_tokenizer_that_panics_is_done_without(capfd: pytest.CaptureFixture[str]) -> None:
    """Its regular expression needs more steps than the library allows."""
    split = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated",
             "invert": False}  # fmt: skip
    cut = Segmenter(table("bytes"), json.dumps(byte_level(pre_tokenizer=split)).encode(), PATH)
    data = b"a" * 60 + b"b"
    assert cut.segment(data).tolist() == list(data)
    assert "panicked" in capfd.readouterr().err


@pytest.mark.parametrize(
    "normalizer",
    [{"type": "Replace", "pattern": {"String": "a"}, "content": "b" * 100_000},
     {"type": "Replace", "pattern": {"String": ""}, "content": "b"},
     {"type": "Replace", "pattern": {"Regex": ""}, "content": "b"},
     {"type": "Prepend", "prepend": "b" * 100_000},
     {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "bb"}] * 99}],
)  # fmt: skip
def test_a_tokenizer_that_makes_texts_longer_is_refused(normalizer: dict[str, Any]) -> None:
    content = json.dumps(byte_level(normalizer=normalizer)).encode()
    with pytest.raises(BundleError, match="could make texts longer"):
        Segmenter(table("bytes"), content, PATH)


def test_a_byte_without_a_token_is_refused() -> None:
    tokens = [bytes([byte]) for byte in range(256) if byte != 0x41]
    with pytest.raises(BundleError, match="the byte 0x41"):
        Segmenter(tokens, byte_tokenizer(), PATH)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    with pytest.raises(ModelError, match=r"pip install 'lmpack\[import\]'"):
        Segmenter(table("bytes"), byte_tokenizer(), PATH)


def test_a_pre_tokenizer_that_doubles_texts_is_refused() -> None:
    inner = {"type": "Sequence", "pretokenizers": [PREFIXED, PREFIXED]}
    steps = {"type": "Sequence", "pretokenizers": [inner]}
    content = json.dumps(byte_level(pre_tokenizer=steps)).encode()
    with pytest.raises(BundleError, match="its pre-tokenizer could make texts longer"):
        Segmenter(table("bytes"), content, PATH)


def test_a_template_that_repeats_the_text_is_not_used() -> None:
    template = {
        "type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 0}}] * 1000,
        "pair": [{"Sequence": {"id": name, "type_id": 0}} for name in "AB"],
        "special_tokens": {},
    }
    content = json.dumps(byte_level(post_processor=template)).encode()
    cut = Segmenter(table("byte level"), content, PATH)
    _, encoding = cut._pieces("the cat")
    assert len(encoding.ids) == 2


def test_unknown_words_do_not_stand_for_texts_of_any_length() -> None:
    words = {"type": "WordLevel", "vocab": {"u" * 100_000: 0}, "unk_token": "u" * 100_000}
    tokenizer = {"version": "1.0", "model": words, "pre_tokenizer": {"type": "Whitespace"}}
    cut = Segmenter(table("bytes"), json.dumps(tokenizer).encode(), PATH)
    data = b"cat " * 3000
    tracemalloc.start()
    try:
        assert cut.segment(data).tolist() == list(data)
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()

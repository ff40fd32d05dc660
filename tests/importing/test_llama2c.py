"""Checkpoints of llama2.c: a small random one, and stories260K where the shared data are."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tokenizers
import torch

from lmpack.errors import BundleError
from lmpack.importing.float_model import FloatDecoder
from lmpack.importing.llama2c import Llama2cSource
from lmpack.importing.opening import open_source

DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, VOCABULARY, CONTEXT = 16, 24, 2, 4, 2, 262, 8


def tokenizer_bytes() -> bytes:
    tokens = [b"<unk>", b"\n<s>\n", b"\n</s>\n", *(b"<0x%02X>" % byte for byte in range(256))]
    tokens += [b"t", b"h", b" th"]
    return struct.pack("<i", 8) + b"".join(
        struct.pack("<fi", -number, len(token)) + token for number, token in enumerate(tokens)
    )


def checkpoint(vocabulary: int = VOCABULARY) -> bytes:
    """A random model; with a negative vocabulary its head is a matrix of its own."""
    kv, rows = KV_HEADS * DIM // HEADS, abs(vocabulary)
    layer = 2 * DIM + 2 * DIM * DIM + 2 * kv * DIM + 3 * HIDDEN * DIM
    floats = rows * DIM + LAYERS * layer + DIM + CONTEXT * DIM // HEADS
    floats += rows * DIM if vocabulary < 0 else 0
    header = struct.pack("<7i", DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, vocabulary, CONTEXT)
    values = np.random.default_rng(1).normal(0, 0.3, floats)
    return header + values.astype("<f4").tobytes()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / f"tok{VOCABULARY}.bin").write_bytes(tokenizer_bytes())
    (tmp_path / "model.bin").write_bytes(checkpoint())
    return tmp_path / "model.bin"


def test_stories_are_told_as_they_are_documented(shared_data: Path) -> None:
    source = open_source(shared_data / "llm" / "stories260K.bin")
    decoder = FloatDecoder(source, keep=True)
    ids = [source.tokens.start]
    for _ in range(40):
        ids.append(int(decoder.logits(torch.tensor(ids))[-1].argmax()))
    told = b"".join(source.tokens.texts[number] or b"" for number in ids)
    assert told.startswith(
        b" Once upon a time, there was a little girl named Lily. She loved to play"
    )
    # The tokenizer cuts the story into those tokens that the model told it in.
    encoded = tokenizers.Tokenizer.from_str(source.tokens.tokenizer).encode(told.decode())
    assert encoded.ids == ids[1:]


def test_places_of_all_tensors(model: Path) -> None:
    source = Llama2cSource(model)
    values = np.frombuffer(model.read_bytes()[28:], "<f4")
    assert np.array_equal(source.tensor("embedding"), values[: VOCABULARY * DIM].reshape(-1, DIM))
    end = CONTEXT * DIM // HEADS
    assert np.array_equal(source.tensor("final_norm"), values[-end - DIM : -end])
    w2 = values[-end - DIM - LAYERS * HIDDEN * DIM - HIDDEN * DIM :][: HIDDEN * DIM]
    assert np.array_equal(source.tensor("layers.1.down"), w2.reshape(DIM, HIDDEN))
    assert source.shape.tied
    assert source.tokens.texts[1:5] == [None, None, b"\0", b"\1"]
    assert source.facts["files"].keys() == {"model.bin", "tok262.bin"}


def test_a_head_of_its_own(model: Path) -> None:
    model.write_bytes(checkpoint(-VOCABULARY))
    source = Llama2cSource(model)
    values = np.frombuffer(model.read_bytes()[28:], "<f4")
    assert np.array_equal(source.tensor("head"), values[-VOCABULARY * DIM :].reshape(-1, DIM))
    assert FloatDecoder(source).logits(torch.tensor([1, 2, 3])).shape == (3, VOCABULARY)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "too short"),
        (checkpoint()[:-4], "bytes, but the model that its header describes"),
        (checkpoint() + bytes(4), "bytes, but the model that its header describes"),
        (struct.pack("<7i", 16, 24, 2**31 - 1, 4, 2, 262, 8), "n_layers must be an integer"),
        (struct.pack("<7i", 16, 24, 2, 0, 2, 262, 8), "n_heads must be an integer"),
        (struct.pack("<7i", 16, 24, 2, 3, 3, 262, 8), "3 heads do not fit"),
        (struct.pack("<7i", 16, 24, 2, 4, 2, 0, 8), "vocab_size must be an integer"),
        (b"42ka" + bytes(252), "newer version of llama2.c"),
    ],
)
def test_damaged_checkpoints(content: bytes, message: str, model: Path) -> None:
    model.write_bytes(content)
    with pytest.raises(BundleError, match=message):
        open_source(model)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tokenizer_bytes()[:-1], "it ends within token 261"),
        (tokenizer_bytes()[:100], "no tokenizer of 262 tokens"),
        (tokenizer_bytes() + b"x", "it has more"),
        (tokenizer_bytes().replace(b" th", b"\xffth"), "codec can't decode"),
        (tokenizer_bytes().replace(b"<0x61>", b"<0x62>"), "no token for the byte 0x61"),
        (bytes(4) + struct.pack("<fi", 0, -1), "token 0 has -1 bytes"),
    ],
)
def test_damaged_tokenizers(content: bytes, message: str, model: Path) -> None:
    model.with_name(f"tok{VOCABULARY}.bin").write_bytes(content)
    with pytest.raises(BundleError, match=message):
        open_source(model)


def test_a_missing_tokenizer(model: Path) -> None:
    tokenizer = model.with_name(f"tok{VOCABULARY}.bin")
    tokenizer.rename(model.with_name("tokenizer.bin"))
    assert open_source(model).tokens.start == 1
    model.with_name("tokenizer.bin").unlink()
    with pytest.raises(BundleError, match=r"put tok262.bin or tokenizer.bin beside it"):
        open_source(model)

"""Files that are packed with a decoder: kinds of tokens, all of the public functions."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from block_sizes import set_block_size
from decoder_bundles import write_random_bundle
from random_decoder import random_tokens
from ruled_decoder import RuledDecoder

import lmpack
from lmpack._blocks import coders
from lmpack._container import BlockKind
from lmpack._models.bundle import load_bundle
from lmpack.errors import DamagedError, LimitError, ModelError

TOKENS = random_tokens(300, np.random.default_rng(1))


@pytest.fixture(scope="module")
def decoder() -> RuledDecoder:
    return RuledDecoder(TOKENS, context=1000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, decoder: RuledDecoder) -> Path:
    folder = tmp_path_factory.mktemp("models") / "ruled"
    write_random_bundle(folder, decoder.architecture, TOKENS)
    return folder


@pytest.fixture(autouse=True)
def ruled(monkeypatch: pytest.MonkeyPatch, decoder: RuledDecoder) -> None:
    """Decoders follow the rule."""
    monkeypatch.setattr(coders, "cached_executor", lambda *_, **__: decoder)
    set_block_size(monkeypatch, 1000)


@pytest.fixture(scope="module")
def content(decoder: RuledDecoder) -> bytes:
    return decoder.likely_content(1000, choices=3) + np.random.default_rng(2).bytes(1000)


@pytest.mark.parametrize("mixing", [True, False])
def test_files_come_back_and_tell_what_they_hold(
    folder: Path, content: bytes, mixing: bool
) -> None:
    packed = lmpack.compress(content, model=folder, mixing=mixing, verify=True)
    assert packed[4:6] == b"\x01\x05"
    assert lmpack.decompress(packed, model=folder) == content
    (info,) = lmpack.describe(io.BytesIO(packed), model=folder)
    assert info.version == 1
    assert info.fingerprints == (load_bundle(folder).fingerprint[:8],)
    assert [block.kind for block in info.blocks] == [
        "mixed tokens" if mixing else "tokens",
        "raw",
    ]
    assert all(block.memory for block in info.blocks)
    with lmpack.open(io.BytesIO(packed), model=folder) as file:
        file.seek(700)
        assert file.read(400) == content[700:1100]


def test_a_decoder_is_needed_for_its_blocks_alone(folder: Path, content: bytes) -> None:
    packed = lmpack.compress(content[:1000], model=folder)
    with pytest.raises(ModelError, match="made with model"):
        lmpack.decompress(packed)
    noise = content[1000:]
    packed = lmpack.compress(noise, model=folder)
    assert packed[4:6] == b"\x01\x05"
    assert lmpack.decompress(packed) == noise


def test_kinds_of_bytes_in_such_a_file_are_damage(folder: Path, content: bytes) -> None:
    packed = bytearray(lmpack.compress(content, model=folder))
    for kind in (BlockKind.MODEL, BlockKind.MIXED):
        packed[18] = packed[18] & 0xF8 | kind
        with pytest.raises(DamagedError, match=f"kind {kind:d} needs a model of bytes"):
            lmpack.decompress(bytes(packed), model=folder)


def test_a_file_with_a_hole_gives_the_other_blocks(folder: Path, decoder: RuledDecoder) -> None:
    content = decoder.likely_content(1000) * 3
    packed = bytearray(lmpack.compress(content, model=folder))
    (info,) = lmpack.describe(io.BytesIO(packed), model=folder)
    packed[info.blocks[2].offset - 1] ^= 1  # the last byte of a payload
    options = lmpack.Options(model=folder)
    sink = io.BytesIO()
    found = lmpack.salvage_stream(io.BytesIO(packed), sink, options=options)
    assert sink.getvalue()[:1000] == content[:1000]
    assert sink.getvalue()[-1000:] == content[-1000:]
    assert [damage.length for damage in found.damage] == [1000]


def test_memory_is_refused_before_anything_is_decoded(folder: Path, content: bytes) -> None:
    packed = lmpack.compress(content[:1000], model=folder)
    with pytest.raises(LimitError, match="memory"):
        lmpack.decompress(packed, model=folder, max_memory=100_000)

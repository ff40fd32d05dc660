"""GGUF files of the package gguf give the logits of the folders that they were made of."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from float_models import TEXT, VOCABULARY, SavedModels, byte_level_tokenizer
from gguf.gguf_writer import GGUFValue
from gguf_models import add_byte_level_tokens, converted_tensors, finish, write, writer

from lmpack.errors import BundleError
from lmpack.importing.float_model import FloatDecoder
from lmpack.importing.gguf_file.reader import GgufSource
from lmpack.importing.hugging_face.reader import HuggingFaceSource
from lmpack.importing.opening import open_source


def write_model(
    path: Path,
    folder: Path,
    family: str,
    *,
    add: Callable[[gguf.GGUFWriter], None] = lambda file: None,
    tensors: Mapping[str, Any] = MappingProxyType({}),
) -> Path:
    """Write the model of a folder with some other tensors; those that are None are left out."""
    file = writer(path, folder, family)
    add_byte_level_tokens(file, byte_level_tokenizer(), VOCABULARY, "gpt-2")
    add(file)
    changed = {**converted_tensors(folder, family), **tensors}
    write(file, {name: tensor for name, tensor in changed.items() if tensor is not None})
    return path


@pytest.mark.parametrize("family", ["llama", "qwen3", "gpt2"])
def test_every_family(family: str, saved_models: SavedModels, tmp_path: Path) -> None:
    saved = saved_models(family)
    source = open_source(write_model(tmp_path / "model.gguf", saved.folder, family))
    torch.testing.assert_close(
        FloatDecoder(source).logits(TEXT), saved.logits, rtol=1e-4, atol=1e-4
    )
    facts = source.facts
    assert (facts["name"], facts["licence"], facts["format"]) == ("A model", "apache-2.0", "gguf")
    assert source.tokens.texts == HuggingFaceSource(saved.folder).tokens.texts


def test_gemma(saved_models: SavedModels, tmp_path: Path) -> None:
    saved = saved_models("gemma3")

    def pattern(file: gguf.GGUFWriter) -> None:
        file.add_array("gemma3.attention.sliding_window_pattern", [True, False, True])

    path = write_model(tmp_path / "model.gguf", saved.folder, "gemma3", add=pattern)
    source = GgufSource(path)
    assert source.shape.windows == (5, 0, 5)
    # GGUF does not say what queries are scaled by: llama.cpp takes the width of a head.
    decoder = FloatDecoder(source)
    object.__setattr__(source.shape, "query_scale", 24**-0.5)
    torch.testing.assert_close(decoder.logits(TEXT), saved.logits, rtol=1e-4, atol=1e-4)


def test_gemma_without_a_pattern(saved_models: SavedModels, tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.gguf", saved_models("gemma3").folder, "gemma3")
    assert GgufSource(path).shape.windows == (5, 5, 5), "only the sixth layer sees everything"


def test_biases_of_qwen2(saved_models: SavedModels, tmp_path: Path) -> None:
    saved = saved_models("qwen2")
    path = write_model(tmp_path / "model.gguf", saved.folder, "qwen2")
    source, expected = GgufSource(path), HuggingFaceSource(saved.folder)
    assert source.names() == expected.names()
    assert all(
        np.array_equal(source.tensor(name), expected.tensor(name)) for name in source.names()
    )


def test_factors_of_llama3(saved_models: SavedModels, tmp_path: Path) -> None:
    saved = saved_models("llama3")
    expected = HuggingFaceSource(saved.folder).shape.rope_frequencies[0]
    factors = (10000.0 ** (-np.arange(8) / 8) / expected).astype(np.float32)
    path = write_model(
        tmp_path / "model.gguf", saved.folder, "llama", tensors={"rope_freqs.weight": factors}
    )
    source = GgufSource(path)
    assert source.shape.tied
    torch.testing.assert_close(
        FloatDecoder(source).logits(TEXT), saved.logits, rtol=1e-4, atol=1e-4
    )


def test_an_empty_tensor(saved_models: SavedModels, tmp_path: Path) -> None:
    folder, none = saved_models("llama").folder, np.ones(0, np.float32)
    path = write_model(
        tmp_path / "model.gguf", folder, "llama", tensors={"rope_freqs.weight": none}
    )
    with pytest.raises(BundleError, match=r"rope_freqs\.weight is empty"):
        open_source(path)


@pytest.mark.parametrize("kind", ["F16", "BF16", "Q4_0", "Q8_0"])
def test_quantised_tensors(kind: str, saved_models: SavedModels, tmp_path: Path) -> None:
    folder = saved_models("llama").folder
    tensors = converted_tensors(folder, "llama")
    types = gguf.GGMLQuantizationType
    file = writer(tmp_path / "model.gguf", folder, "llama")
    add_byte_level_tokens(file, byte_level_tokenizer(), VOCABULARY, "gpt-2")
    for name, tensor in tensors.items():
        if name == "blk.1.ffn_down.weight":
            quantised = gguf.quantize(tensor, types[kind])
            file.add_tensor(name, quantised, raw_dtype=types[kind])
            expected = gguf.dequantize(quantised, types[kind])
        else:
            file.add_tensor(name, np.ascontiguousarray(tensor))
    finish(file)
    read = GgufSource(tmp_path / "model.gguf").tensor("layers.1.down")
    assert read.dtype == np.float32
    assert np.array_equal(read, expected)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("llama.expert_count", 8, "expert_count = 8"),
        ("llama.attn_logit_softcapping", 50.0, "attn_logit_softcapping"),
        ("llama.rope.scaling.type", "yarn", "rope.scaling.type = 'yarn'"),
        ("llama.rope.dimension_count", 4, "dimension_count = 4"),
        ("llama.attention.value_length", 8, "value_length = 8"),
        ("llama.block_count", 4, "blk.3.attn_q.weight is missing"),
        ("llama.block_count", 2, "has no tensor blk.2"),
        ("llama.block_count", 2**31, "block_count must be an integer, 1 to 1,024"),
        ("llama.feed_forward_length", 32, r"shape \[64, 32\], but \[32, 32\]"),
        ("llama.attention.layer_norm_rms_epsilon", float("nan"), "must be a number above 0"),
        ("general.architecture", "mamba", "architecture 'mamba'"),
        ("split.count", 3, "split.count = 3"),
        ("tokenizer.ggml.model", "rwkv", "kind 'rwkv'"),
        ("tokenizer.ggml.pre", "chameleon", "'chameleon' cuts text"),
        ("tokenizer.ggml.bos_token_id", 4000, "bos_token_id must be an integer, 0 to 287"),
    ],
)
def test_what_cannot_be_imported(
    key: str, value: Any, message: str, saved_models: SavedModels, tmp_path: Path
) -> None:
    def change(file: gguf.GGUFWriter) -> None:
        kind = gguf.GGUFValueType.get_type(value)
        if kind == gguf.GGUFValueType.INT32:
            kind = gguf.GGUFValueType.UINT32
        file.kv_data[0][key] = GGUFValue(value, kind)

    path = write_model(tmp_path / "model.gguf", saved_models("llama").folder, "llama", add=change)
    with pytest.raises(BundleError, match=message):
        GgufSource(path)


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("blk.0.ffn_up.weight", None, "blk.0.ffn_up.weight is missing"),
        ("token_embd.weight", None, "token_embd.weight is missing"),
        ("blk.0.attn_q.bias", np.zeros(64, np.float32), "no tensor blk.0.attn_q.bias"),
        ("blk.0.ffn_up.weight", np.zeros((32, 64), np.float32), r"\[32, 64\]"),
        ("blk.0.ffn_up.weight", np.zeros((64, 32), np.int32), "cannot be read"),
        ("rope_freqs.weight", np.zeros(8, np.float32), "rope_freqs.weight does not fit"),
    ],
)
def test_wrong_tensors(
    name: str, tensor: Any, message: str, saved_models: SavedModels, tmp_path: Path
) -> None:
    folder = saved_models("llama").folder
    path = write_model(tmp_path / "model.gguf", folder, "llama", tensors={name: tensor})
    with pytest.raises(BundleError, match=message):
        GgufSource(path).tensor("layers.0.up")


def test_values_that_are_not_finite(saved_models: SavedModels, tmp_path: Path) -> None:
    folder = saved_models("llama").folder
    gains = np.full(32, np.inf, np.float32)
    path = write_model(tmp_path / "m.gguf", folder, "llama", tensors={"output_norm.weight": gains})
    with pytest.raises(BundleError, match=r"output_norm\.weight has values that are not finite"):
        GgufSource(path).tensor("final_norm")


def test_every_cut_of_the_header(saved_models: SavedModels, tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.gguf", saved_models("llama").folder, "llama")
    content = path.read_bytes()
    for size in [*range(4, 600, 7), *range(600, len(content), len(content) // 60)]:
        path.write_bytes(content[:size])
        with pytest.raises(BundleError, match=r"damaged|fetch it again"):
            GgufSource(path)


def test_lengths_that_are_absurd(saved_models: SavedModels, tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.gguf", saved_models("llama").folder, "llama")
    content = path.read_bytes()
    for position in (8, 16, 24):  # tensors, entries, length of the first key
        damaged = bytearray(content)
        damaged[position : position + 8] = struct.pack("<Q", 2**63)
        path.write_bytes(damaged)
        with pytest.raises(BundleError, match="damaged"):
            GgufSource(path)


def test_another_version(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + struct.pack(">I", 3) + bytes(100))
    with pytest.raises(BundleError, match="only 2 and 3 of little-endian"):
        open_source(path)

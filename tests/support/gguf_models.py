"""Writing the models of float_models as GGUF, with the names and the writer of gguf."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
import safetensors.numpy

from lmpack.importing.vocabulary.pieces import Kind

Tensors = dict[str, npt.NDArray[Any]]

_ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "gemma3": gguf.MODEL_ARCH.GEMMA3,
    "gpt2": gguf.MODEL_ARCH.GPT2,
}


def converted_tensors(folder: Path, family: str) -> Tensors:
    """The tensors of a folder as llama.cpp's converter writes them."""
    config = json.loads((folder / "config.json").read_text())
    names = gguf.get_tensor_name_map(_ARCHITECTURES[family], 3)
    tensors: Tensors = {}
    for name, tensor in safetensors.numpy.load_file(folder / "model.safetensors").items():
        if family == "llama" and "q_proj" in name:
            tensor = _interleaved(tensor, config["num_attention_heads"])
        elif family == "llama" and "k_proj" in name:
            tensor = _interleaved(tensor, config["num_key_value_heads"])
        elif family == "gemma3" and "norm" in name:
            tensor = tensor + 1
        elif family == "gpt2" and tensor.ndim == 2 and ".h." in name:
            tensor = tensor.T
        known = names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert known, name
        tensors[known] = tensor
    return tensors


def _interleaved(rows: npt.NDArray[Any], heads: int) -> npt.NDArray[Any]:
    """Rows of halves of heads, in turns."""
    return rows.reshape(heads, 2, -1, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def writer(path: Path, folder: Path, family: str) -> gguf.GGUFWriter:
    """A writer that holds the metadata of a model, but for its tokens."""
    config = json.loads((folder / "config.json").read_text())
    file = gguf.GGUFWriter(path, family)
    file.add_name("A model")
    file.add_license("apache-2.0")
    if family == "gpt2":
        file.add_context_length(config["n_positions"])
        file.add_embedding_length(config["n_embd"])
        file.add_feed_forward_length(4 * config["n_embd"])
        file.add_block_count(config["n_layer"])
        file.add_head_count(config["n_head"])
        file.add_layer_norm_eps(config["layer_norm_epsilon"])
        return file
    file.add_context_length(config["max_position_embeddings"])
    file.add_embedding_length(config["hidden_size"])
    file.add_feed_forward_length(config["intermediate_size"])
    file.add_block_count(config["num_hidden_layers"])
    file.add_head_count(config["num_attention_heads"])
    file.add_head_count_kv(config["num_key_value_heads"])
    file.add_key_length(config["head_dim"])
    file.add_value_length(config["head_dim"])
    file.add_layer_norm_rms_eps(config["rms_norm_eps"])
    if family == "gemma3":
        file.add_sliding_window(config["sliding_window"])
        file.add_rope_freq_base(config["rope_parameters"]["full_attention"]["rope_theta"])
        file.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        file.add_rope_scaling_factor(config["rope_parameters"]["full_attention"]["factor"])
    else:
        file.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    return file


def add_byte_level_tokens(
    file: gguf.GGUFWriter, tokenizer: dict[str, Any], vocabulary: int, pre: str
) -> None:
    """A tokenizer of float_models, in the form of llama.cpp."""
    texts = {number: text for text, number in tokenizer["model"]["vocab"].items()}
    kinds = dict.fromkeys(texts, Kind.NORMAL)
    for token in tokenizer["added_tokens"]:
        texts[token["id"]] = token["content"]
        kinds[token["id"]] = Kind.CONTROL if token["special"] else Kind.USER_DEFINED
    numbers = range(vocabulary)
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre(pre)
    file.add_token_list([texts.get(number, f"[PAD{number}]") for number in numbers])
    file.add_token_types([int(kinds.get(number, Kind.UNUSED)) for number in numbers])
    merges = tokenizer["model"]["merges"]
    file.add_token_merges([pair if isinstance(pair, str) else " ".join(pair) for pair in merges])
    file.add_bos_token_id(256)


def write(file: gguf.GGUFWriter, tensors: Tensors) -> None:
    """Write a file with tensors of float32, or of what they are already quantised to."""
    for name, tensor in tensors.items():
        file.add_tensor(name, np.ascontiguousarray(tensor))
    finish(file)


def finish(file: gguf.GGUFWriter) -> None:
    """Write what was added."""
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()

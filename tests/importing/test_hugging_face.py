"""Folders of transformers that are incomplete, damaged, or of models that cannot be imported."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from float_models import SavedModels, changed_json, save_model

from lmpack.errors import BundleError
from lmpack.importing.opening import open_source


@pytest.fixture
def folder(saved_models: SavedModels, tmp_path: Path) -> Path:
    """A model that may be changed."""
    return shutil.copytree(saved_models("llama").folder, tmp_path / "model")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model_type", "mamba", "model_type 'mamba'"),
        ("model_type", None, "model_type is missing"),
        ("quantization_config", {"bits": 4}, "quantization_config = "),
        ("attn_logit_softcapping", 50.0, "attn_logit_softcapping = 50.0"),
        ("num_local_experts", 8, "num_local_experts = 8"),
        ("auto_map", {"AutoModel": "code.py"}, "auto_map = "),
        ("rope_parameters", {"rope_type": "yarn", "factor": 4.0}, "rotary scaling 'yarn'"),
        ("rope_parameters", {"partial_rotary_factor": 0.5}, "partial_rotary_factor = 0.5"),
        ("rope_parameters", "fast", "rope_parameters must be an object"),
        ("hidden_act", "relu2", "hidden_act must be one of"),
        ("hidden_size", None, "hidden_size is missing"),
        ("hidden_size", 64, r"shape \[288, 32\], but \[288, 64\]"),
        ("hidden_size", 10**9, "hidden_size must be an integer, 1 to 8,192"),
        ("hidden_size", 32.0, "hidden_size must be an integer"),
        ("num_hidden_layers", 10**9, "num_hidden_layers must be an integer"),
        ("num_hidden_layers", 2, "has no tensor model.layers.2"),
        ("num_key_value_heads", 3, "4 heads cannot share 3"),
        ("head_dim", 15, "heads of 15 channels"),
        ("rms_norm_eps", -1.0, "rms_norm_eps must be a number above 0"),
        ("tie_word_embeddings", "yes", "tie_word_embeddings must be true or false"),
        ("layer_types", [["full_attention"]] * 3, "layer_types must name"),
        ("layer_types", ["linear_attention"] * 3, "layer_types must name"),
        ("attention_bias", True, "self_attn.q_proj.bias is missing"),
    ],
)
def test_settings(key: str, value: Any, message: str, folder: Path) -> None:
    changed_json(folder / "config.json", **{key: value})
    with pytest.raises(BundleError, match=message):
        open_source(folder)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("use_bidirectional_attention", True, "use_bidirectional_attention = True"),
        ("final_logit_softcapping", 30.0, "final_logit_softcapping = 30.0"),
        ("layer_types", ["full_attention"], "for every layer"),
    ],
)
def test_settings_of_gemma(
    key: str, value: Any, message: str, saved_models: SavedModels, tmp_path: Path
) -> None:
    folder = shutil.copytree(saved_models("gemma3").folder, tmp_path / "model")
    changed_json(folder / "config.json", **{key: value})
    with pytest.raises(BundleError, match=message):
        open_source(folder)


def test_settings_of_gpt2(saved_models: SavedModels, tmp_path: Path) -> None:
    folder = shutil.copytree(saved_models("gpt2").folder, tmp_path / "model")
    changed_json(folder / "config.json", scale_attn_by_inverse_layer_idx=True)
    with pytest.raises(BundleError, match="scale_attn_by_inverse_layer_idx = True"):
        open_source(folder)
    changed_json(folder / "config.json", scale_attn_by_inverse_layer_idx=False, n_head=5)
    with pytest.raises(BundleError, match="n_head must be a divisor of n_embd, 32"):
        open_source(folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", r"holds no config\.json"),
        ("model.safetensors", "neither model.safetensors nor model.safetensors.index.json"),
        ("tokenizer.json", r"tokenizer\.json or tokenizer\.model is needed"),
    ],
)
def test_missing_files(name: str, message: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=message):
        open_source(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_broken_json(name: str, content: bytes, folder: Path) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match=f"{name} is damaged"):
        open_source(folder)


@pytest.mark.parametrize("keep", [0, 7, 500, -1])
def test_cut_weights(keep: int, folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BundleError, match=r"model\.safetensors cannot be read"):
        open_source(folder)


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("model.norm.weight", None, "model.norm.weight is missing"),
        ("model.embed_tokens.weight", None, "model.embed_tokens.weight is missing"),
        ("model.norm.weight", torch.ones(31), r"shape \[31\], but \[32\]"),
        ("model.norm.weight", torch.ones(32, dtype=torch.float64), "has the type F64"),
        ("model.norm.weight", torch.full((32,), float("nan")), "values that are not finite"),
        ("score.weight", torch.ones(3), "no tensor score.weight"),
    ],
)
def test_wrong_tensors(name: str, tensor: Any, message: str, folder: Path) -> None:
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    tensors[name] = tensor
    kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    safetensors.torch.save_file(kept, folder / "model.safetensors")
    with pytest.raises(BundleError, match=message):
        open_source(folder).tensor("final_norm")


def test_wrong_shards(tmp_path: Path) -> None:
    save_model("qwen3", tmp_path, max_shard_size="40KB")
    index = tmp_path / "model.safetensors.index.json"
    places = json.loads(index.read_text())["weight_map"]
    first, *_, last = sorted(set(places.values()))
    changed_json(index, weight_map=places | {"model.norm.weight": first})
    with pytest.raises(BundleError, match=r"says that .* holds model.norm.weight, but"):
        open_source(tmp_path)
    for wrong in ({}, {"model.norm.weight": "../" + first}, {"model.norm.weight": 3}):
        changed_json(index, weight_map=wrong)
        with pytest.raises(BundleError, match=r"index\.json is damaged"):
            open_source(tmp_path)
    changed_json(index, weight_map=places)
    (tmp_path / last).unlink()
    with pytest.raises(BundleError, match=f"{last} is missing"):
        open_source(tmp_path)


def test_licences(folder: Path) -> None:
    assert open_source(folder).facts["licence"] == "not stated"
    (folder / "README.md").write_text(
        "---\nlibrary_name: x\nlicense: apache-2.0\n---\nlicense: no\n"
    )
    facts = open_source(folder).facts
    assert (facts["licence"], facts["name"]) == ("apache-2.0", "model")
    (folder / "README.md").write_text("license: mit\n")
    assert open_source(folder).facts["licence"] == "not stated"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_licence(folder: Path) -> None:
    os.mkfifo(folder / "README.md")
    assert open_source(folder).facts["licence"] == "not stated"


def test_paths_that_are_no_model(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="neither a file nor a folder"):
        open_source(tmp_path / "nothing")
    (tmp_path / "text.txt").write_text("text")
    with pytest.raises(BundleError, match="no model that lmpack can import"):
        open_source(tmp_path / "text.txt")

"""Models that transformers saved give the logits that transformers gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from float_models import RECIPES, TEXT, SavedModels, changed_json, logits_of, save_model

from lmpack.errors import BundleError, UsageError
from lmpack.importing.float_model import FloatDecoder
from lmpack.importing.opening import open_source
from lmpack.importing.source import FloatSource


def assert_same_logits(source: FloatSource, expected: torch.Tensor) -> None:
    logits = FloatDecoder(source).logits(TEXT)
    assert logits.dtype == torch.float32
    assert expected.std() > 1, "logits that hardly differ would hide errors"
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", RECIPES)
def test_every_family(name: str, saved_models: SavedModels) -> None:
    saved = saved_models(name)
    assert_same_logits(open_source(saved.folder), saved.logits)


@pytest.mark.parametrize("name", ["llama3", "qwen2", "gemma3"])
def test_settings_as_they_were_before_transformers_5(
    name: str, saved_models: SavedModels, tmp_path: Path
) -> None:
    saved = saved_models(name)
    folder = shutil.copytree(saved.folder, tmp_path / "old")
    ropes = json.loads((folder / "config.json").read_text())["rope_parameters"]
    if name == "gemma3":
        changes = {
            "rope_theta": ropes["full_attention"].pop("rope_theta"),
            "rope_scaling": ropes["full_attention"],
            "rope_local_base_freq": ropes["sliding_attention"]["rope_theta"],
            "layer_types": None,
            "sliding_window_pattern": 2,
        }
    else:
        changes = {
            "rope_theta": ropes.pop("rope_theta"),
            "rope_scaling": ropes,
            "layer_types": None,
        }
        ropes["type"] = ropes.pop("rope_type")
    changed_json(folder / "config.json", rope_parameters=None, **changes)
    assert_same_logits(open_source(folder), saved.logits)


def test_gemma_with_a_part_for_images(saved_models: SavedModels, tmp_path: Path) -> None:
    saved = saved_models("gemma3")
    folder = shutil.copytree(saved.folder, tmp_path / "images")
    config = json.loads((folder / "config.json").read_text())
    del config["bos_token_id"]
    config = {"model_type": "gemma3", "bos_token_id": 256, "text_config": config}
    (folder / "config.json").write_text(json.dumps(config))
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    renamed = {f"language_model.{name}": tensor for name, tensor in tensors.items()}
    renamed["vision_tower.vision_model.embeddings.position_embedding.weight"] = torch.zeros(2, 2)
    safetensors.torch.save_file(renamed, folder / "model.safetensors")
    assert_same_logits(open_source(folder), saved.logits)


def test_shards(tmp_path: Path) -> None:
    model = save_model("gpt2", tmp_path, max_shard_size="40KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    assert_same_logits(open_source(tmp_path), logits_of(model))
    source = open_source(tmp_path)
    assert {path.name for path in tmp_path.glob("*.safetensors")} < source.facts["files"].keys()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(dtype: torch.dtype, saved_models: SavedModels, tmp_path: Path) -> None:
    folder = shutil.copytree(saved_models("qwen3").folder, tmp_path / "half")
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    halves = {name: tensor.to(dtype) for name, tensor in tensors.items()}
    safetensors.torch.save_file(halves, folder / "model.safetensors")
    read = open_source(folder).tensor("layers.1.down")
    assert read.dtype == np.float32
    assert torch.equal(
        torch.from_numpy(read), halves["model.layers.1.mlp.down_proj.weight"].float()
    )


def test_tables_that_old_versions_saved_are_left_out(
    saved_models: SavedModels, tmp_path: Path
) -> None:
    for name, extra in (
        ("gpt2", "transformer.h.0.attn.bias"),
        ("llama", "model.layers.0.self_attn.rotary_emb.inv_freq"),
        ("llama3", "lm_head.weight"),
    ):
        saved = saved_models(name)
        folder = shutil.copytree(saved.folder, tmp_path / name)
        tensors = safetensors.torch.load_file(folder / "model.safetensors")
        safetensors.torch.save_file(tensors | {extra: torch.zeros(2)}, folder / "model.safetensors")
        assert_same_logits(open_source(folder), saved.logits)


def test_hidden_of_several_texts_and_kept_weights(saved_models: SavedModels) -> None:
    saved = saved_models("gemma3")
    decoder = FloatDecoder(open_source(saved.folder), keep=True)
    hidden = decoder.hidden(torch.stack([TEXT, TEXT.flip(0)]))
    assert hidden.shape == (2, len(TEXT), 32)
    again = decoder.hidden(torch.stack([TEXT, TEXT.flip(0)]))
    assert torch.equal(again, hidden)
    torch.testing.assert_close(hidden[0] @ decoder.head().T, saved.logits, rtol=1e-4, atol=1e-4)


def test_more_positions_than_the_model_has(saved_models: SavedModels) -> None:
    decoder = FloatDecoder(open_source(saved_models("gpt2").folder))
    with pytest.raises(UsageError, match="1 to 64 positions"):
        decoder.logits(torch.zeros(65, dtype=torch.int64))


def test_a_tensor_that_there_is_not(saved_models: SavedModels) -> None:
    source = open_source(saved_models("gpt2").folder)
    assert "head" not in source.names()
    with pytest.raises(BundleError, match="no tensor head"):
        source.tensor("head")

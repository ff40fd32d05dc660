"""Small random models as transformers saves them, of every family that can be imported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch

from lmpack._models.decoder.pieces import BYTE_OF
from lmpack.importing.vocabulary.pieces import SPACE

VOCABULARY = 288
"""Rows of the embedding: 256 bytes, some words, control tokens, and some that nothing uses."""
END = "<|endoftext|>"
_CHARACTER = {byte: character for character, byte in BYTE_OF.items()}

_COMMON: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 64,
    "bos_token_id": 256,
    "eos_token_id": 256,
    "pad_token_id": None,
}
_GPT2: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "n_embd": 32,
    "n_head": 4,
    "n_layer": 3,
    "n_positions": 64,
    "bos_token_id": 256,
    "eos_token_id": 256,
}
_GEMMA3_ROPES = {
    "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0},
    "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
}
_LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 0.5,
    "high_freq_factor": 2.0,
    "original_max_position_embeddings": 16,
}


TEXT = torch.arange(7, 7 + 40 * 17, 17) % 256
"""Ids of a text that is longer than the windows and shorter than the context."""


class Recipe(NamedTuple):
    """A class of transformers and the settings of its configuration."""

    name: str
    settings: dict[str, Any]


RECIPES = {
    "llama": Recipe("Llama", _COMMON),
    "llama3": Recipe(
        "Llama", _COMMON | {"rope_parameters": _LLAMA3_ROPE, "tie_word_embeddings": True}
    ),
    "llama_biased": Recipe("Llama", _COMMON | {"attention_bias": True, "mlp_bias": True}),
    "mistral": Recipe("Mistral", _COMMON | {"sliding_window": 5}),
    "qwen2": Recipe(
        "Qwen2",
        _COMMON
        | {"use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1, "head_dim": 8},
    ),
    "qwen3": Recipe("Qwen3", _COMMON | {"tie_word_embeddings": True}),
    "gemma3": Recipe(
        "Gemma3",
        _COMMON
        | {
            "sliding_window": 5,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
            "rope_parameters": _GEMMA3_ROPES,
            "query_pre_attn_scalar": 24,
        },
    ),
    "gpt2": Recipe("GPT2", _GPT2),
    "gpt2_changed": Recipe(
        "GPT2",
        _GPT2
        | {
            "activation_function": "gelu",
            "scale_attn_weights": False,
            "attn_implementation": "eager",  # the other one of 5.0 scales all the same
            "n_inner": 48,
            "tie_word_embeddings": False,
        },
    ),
}


def save_model(name: str, folder: Path, **saving: Any) -> Any:
    """Write a random model with its tokenizer into a folder; returns the model of transformers."""
    import transformers

    recipe = RECIPES[name]
    config = "Gemma3Text" if recipe.name == "Gemma3" else recipe.name
    head = "LMHeadModel" if recipe.name == "GPT2" else "ForCausalLM"
    torch.manual_seed(len(name))
    model = getattr(transformers, recipe.name + head)(
        getattr(transformers, config + "Config")(**recipe.settings)
    ).eval()
    with torch.no_grad():
        # Gains differ from 1, biases from 0, and attention has something to choose from.
        for parameter in model.parameters():
            parameter += torch.randn_like(parameter) * (0.3 if parameter.ndim == 1 else 0.2)
    model.save_pretrained(folder, **saving)
    write_json(folder / "tokenizer.json", byte_level_tokenizer())
    return model


class Saved(NamedTuple):
    """A model in a folder, and the logits of TEXT that transformers gives."""

    folder: Path
    logits: torch.Tensor


class SavedModels:
    """Random models, saved when they are first asked for."""

    def __init__(self, make_folder: Callable[[str], Path]) -> None:
        self._make_folder = make_folder
        self._known: dict[str, Saved] = {}

    def __call__(self, name: str) -> Saved:
        """A model by its name in RECIPES."""
        if name not in self._known:
            folder = self._make_folder(name)
            model = save_model(name, folder)
            self._known[name] = Saved(folder, logits_of(model))
        return self._known[name]


def logits_of(model: Any) -> torch.Tensor:
    """Logits of TEXT as transformers computes them."""
    with torch.inference_mode():
        logits: torch.Tensor = model(TEXT[None]).logits[0]
    return logits


def write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))


def changed_json(path: Path, **changes: Any) -> None:
    """Set keys of a JSON file; those set to None are removed."""
    content = json.loads(path.read_text()) | changes
    write_json(path, {key: value for key, value in content.items() if value is not None})


def added_token(number: int, content: str, *, special: bool) -> dict[str, Any]:
    return {
        "id": number,
        "content": content,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": special,
    }


def byte_level_tokenizer() -> dict[str, Any]:
    """A tokenizer.json like that of Qwen: bytes, " t", " th" and " the", and added tokens."""
    vocabulary = {_CHARACTER[byte]: byte for byte in range(256)} | {END: 256}
    space = _CHARACTER[ord(" ")]
    vocabulary |= {f"{space}t": 257, f"{space}th": 258, f"{space}the": 259}
    byte_level = {
        "type": "ByteLevel",
        "add_prefix_space": True,
        "trim_offsets": True,
        "use_regex": True,
    }
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            added_token(256, END, special=True),
            added_token(260, "<tool_call>", special=False),
        ],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": byte_level,
        "post_processor": byte_level,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": 0.1,
            "vocab": vocabulary,
            "merges": [f"{space} t", [f"{space}t", "h"], f"{space}th e"],
        },
    }


def sentencepiece_style_tokenizer() -> dict[str, Any]:
    """A tokenizer.json like that of Llama 2: control tokens, byte tokens, pieces with SPACE."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    pieces += [SPACE, "t", "h", "e", "<", "s", ">", "th", "the", f"{SPACE}the", "\n\n"]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            *(added_token(number, pieces[number], special=True) for number in range(3)),
            added_token(pieces.index("\n\n"), "\n\n", special=False),
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": SPACE},
                {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
            ],
            "pair": [],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
        },
        "decoder": None,
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "fuse_unk": True,
            "byte_fallback": True,
            "vocab": {piece: number for number, piece in enumerate(pieces)},
            "merges": [["t", "h"], ["th", "e"], [SPACE, "the"]],
        },
    }

"""How transformers names and holds the tensors of each family."""

from __future__ import annotations

import re
from collections.abc import Collection

from lmpack.errors import BundleError
from lmpack.importing.fields import Fields
from lmpack.importing.recipes import QKV, Naming
from lmpack.importing.tensor_shapes import ATTENTION, FEED_FORWARD

_DECODER = {
    "embedding": "embed_tokens",
    "final_norm": "norm",
    "attention_norm": "layers.{i}.input_layernorm",
    "q": "layers.{i}.self_attn.q_proj",
    "k": "layers.{i}.self_attn.k_proj",
    "v": "layers.{i}.self_attn.v_proj",
    "out": "layers.{i}.self_attn.o_proj",
    "q_norm": "layers.{i}.self_attn.q_norm",
    "k_norm": "layers.{i}.self_attn.k_norm",
    "feed_forward_norm": "layers.{i}.post_attention_layernorm",
    "gate": "layers.{i}.mlp.gate_proj",
    "up": "layers.{i}.mlp.up_proj",
    "down": "layers.{i}.mlp.down_proj",
}
_GEMMA3 = _DECODER | {
    "post_attention_norm": "layers.{i}.post_attention_layernorm",
    "feed_forward_norm": "layers.{i}.pre_feedforward_layernorm",
    "post_feed_forward_norm": "layers.{i}.post_feedforward_layernorm",
}
_GPT2 = {
    "embedding": "wte",
    "positions": "wpe",
    "final_norm": "ln_f",
    "attention_norm": "h.{i}.ln_1",
    QKV: "h.{i}.attn.c_attn",
    "out": "h.{i}.attn.c_proj",
    "feed_forward_norm": "h.{i}.ln_2",
    "up": "h.{i}.mlp.c_fc",
    "down": "h.{i}.mlp.c_proj",
}
_PREFIXES = {
    "gemma3": ("model.", "", "language_model.model.", "model.language_model."),
    "gpt2": ("transformer.", ""),
}
_IGNORED = re.compile(
    r"(.*\.)?rotary_emb\.inv_freq"  # tables that old versions saved
    r"|(transformer\.)?h\.\d+\.attn\.(masked_)?bias"
)
_IMAGES = re.compile(r"(model\.)?(vision_tower|multi_modal_projector)\..*")


def read_naming(family: str, config: Fields, stored: Collection[str]) -> Naming:
    """The names of a model's tensors.

    Args:
        family: the family of the model.
        config: the part of config.json that describes the language model.
        stored: names of all tensors that there are.

    Raises:
        BundleError: there is no embedding among them.
    """
    stems = {"gpt2": _GPT2, "gemma3": _GEMMA3}.get(family, _DECODER)
    prefixes = _PREFIXES.get(family, ("model.", ""))
    embedding = stems["embedding"] + ".weight"
    prefix = next((prefix for prefix in prefixes if prefix + embedding in stored), None)
    if prefix is None:
        raise BundleError(f"the tensor {prefixes[0]}{embedding} is missing")
    heads = ("language_model.lm_head", "lm_head")
    head = next((head for head in heads if head + ".weight" in stored), heads[-1])
    names = {part: prefix + stem for part, stem in stems.items()} | {"head": head}
    if family == "gpt2":
        biased = frozenset({*ATTENTION, "up", "down"})
        return Naming(names, biased=biased, transposed=True)
    increment = 1.0 if family == "gemma3" else 0.0
    return Naming(names, biased=_biased(family, config), norm_increment=increment)


def _biased(family: str, config: Fields) -> frozenset[str]:
    if family == "qwen2":
        return frozenset("qkv")
    parts: frozenset[str] = frozenset()
    if config.flag("attention_bias", default=False):
        parts |= {*ATTENTION}
    if config.flag("mlp_bias", default=False):
        parts |= {*FEED_FORWARD}
    return parts


def ignored(family: str, naming: Naming, *, tied: bool, stored: Collection[str]) -> list[str]:
    """Stored tensors that the language model does without."""
    names = [name for name in stored if _IGNORED.fullmatch(name)]
    if family == "gemma3":
        names += [name for name in stored if _IMAGES.fullmatch(name)]
    return [*names, naming.stems["head"] + ".weight"] if tied else names

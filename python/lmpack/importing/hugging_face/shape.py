"""From config.json to the shape of the model."""

from __future__ import annotations

import math
from typing import Any

from lmpack._models.decoder.shape import (
    LARGEST_HEAD_WIDTH,
    LARGEST_HEADS,
    LARGEST_INPUTS,
    LARGEST_LAYERS,
    LARGEST_VOCABULARY,
    LARGEST_WIDTH,
)
from lmpack.errors import BundleError
from lmpack.importing.fields import Fields
from lmpack.importing.hugging_face.rope import FULL, SLIDING, read_ropes
from lmpack.importing.source import FloatShape

FAMILIES = ("llama", "mistral", "qwen2", "qwen3", "gemma3", "gpt2")

_LONGEST_CONTEXT = 2**31 - 1
_ACTIVATIONS = {
    "silu": "silu",
    "swish": "silu",
    "gelu": "gelu_erf",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
}
_ONLY: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("quantization_config", ()),
    ("attn_logit_softcapping", ()),
    ("final_logit_softcapping", ()),
    ("num_experts", (0,)),
    ("num_local_experts", (0,)),
    ("n_routed_experts", (0,)),
    ("no_rope_layers", ()),
    ("use_bidirectional_attention", (False,)),
    ("is_encoder_decoder", (False,)),
    ("add_cross_attention", (False,)),
    ("scale_attn_by_inverse_layer_idx", (False,)),
    ("auto_map", ()),
)
"""What changes the arithmetic in ways that lmpack does not know, and the values that do not."""

# What the classes of transformers put where config.json says nothing.
_GEMMA3 = {
    "vocab_size": 262208,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "hidden_activation": "gelu_pytorch_tanh",
    "max_position_embeddings": 131072,
    "sliding_window": 4096,
    "tie_word_embeddings": True,
}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "llama": {},
    "mistral": {"num_key_value_heads": 8},
    "qwen2": {"num_key_value_heads": 32},
    "qwen3": {"num_key_value_heads": 32, "head_dim": 128},
    "gemma3": _GEMMA3,
}


def language_config(config: dict[str, Any]) -> tuple[str, Fields]:
    """The family, and the part of config.json that describes the language model.

    Raises:
        BundleError: the family is not one of FAMILIES.
    """
    fields = Fields(config, "config.json")
    kind = fields.text("model_type")
    text = fields.fields("text_config")
    if kind == "gemma3" and text is not None:  # with a part for images, which is left out
        # An id of the part for text is that of the whole, where only one of them states it.
        shared = {key: config.get(key) for key in ("bos_token_id", "eos_token_id")}
        fields = Fields({**shared, **config["text_config"]}, "config.json, text_config")
    elif kind == "gemma3_text":
        kind = "gemma3"
    if kind not in FAMILIES:
        raise BundleError(
            f"config.json: lmpack cannot import the model_type {kind!r}, only "
            + ", ".join(FAMILIES)
        )
    return kind, fields


def read_shape(family: str, config: Fields) -> FloatShape:
    """The shape of the model.

    Args:
        family: one of FAMILIES.
        config: the part of config.json that describes the language model.

    Raises:
        BundleError: a value is missing, absurd, or of a model that lmpack cannot import.
    """
    for key, allowed in _ONLY:
        config.allow_only(key, *allowed)
    return _gpt2_shape(config) if family == "gpt2" else _shape(family, config)


def _shape(family: str, config: Fields) -> FloatShape:
    defaults = _DEFAULTS[family]

    def integer(key: str, most: int, default: int | None = None) -> int:
        return config.integer(key, most, default=defaults.get(key, default))

    width, heads = integer("hidden_size", LARGEST_WIDTH), integer("num_attention_heads", 1024)
    head_width = integer("head_dim", LARGEST_HEAD_WIDTH, width // heads)
    gemma3 = family == "gemma3"
    kinds = _kinds(family, config, integer("num_hidden_layers", LARGEST_LAYERS))
    window = integer("sliding_window", _LONGEST_CONTEXT) if SLIDING in kinds else 0
    activation = "hidden_activation" if gemma3 else "hidden_act"
    scalar = config.number("query_pre_attn_scalar", default=256.0) if gemma3 else head_width
    return FloatShape(
        family="llama" if family == "mistral" else family,
        vocabulary=integer("vocab_size", LARGEST_VOCABULARY),
        width=width,
        layers=len(kinds),
        heads=heads,
        kv_heads=integer("num_key_value_heads", LARGEST_HEADS, heads),
        head_width=head_width,
        hidden=integer("intermediate_size", LARGEST_INPUTS),
        context=integer("max_position_embeddings", _LONGEST_CONTEXT),
        windows=tuple(window if kind == SLIDING else 0 for kind in kinds),
        norm="rms",
        epsilon=config.number("rms_norm_eps", default=1e-6),
        post_norms=gemma3,
        qk_norm=family in ("qwen3", "gemma3"),
        activation=_activation(config, activation, defaults.get(activation, "silu")),
        gated=True,
        rope_frequencies=read_ropes(config, kinds, head_width, gemma3=gemma3),
        query_scale=1 / math.sqrt(scalar),
        embedding_scale=math.sqrt(width) if gemma3 else 1.0,
        tied=config.flag("tie_word_embeddings", default=defaults.get("tie_word_embeddings", False)),
    )


def _kinds(family: str, config: Fields, layers: int) -> tuple[str, ...]:
    """What each layer sees: SLIDING or FULL."""
    kinds = config.get("layer_types")
    if kinds is not None and family != "mistral":
        known = isinstance(kinds, list) and all(kind in (SLIDING, FULL) for kind in kinds)
        if not known or len(kinds) != layers:
            raise config.wrong("layer_types", f"must name {SLIDING} or {FULL} for every layer")
        return tuple(kinds)
    if family == "gemma3":
        period = config.integer("sliding_window_pattern", LARGEST_LAYERS, default=6)
        return tuple(FULL if (i + 1) % period == 0 else SLIDING for i in range(layers))
    if family == "mistral":
        return (SLIDING if config.get("sliding_window") is not None else FULL,) * layers
    if family in ("qwen2", "qwen3") and config.flag("use_sliding_window", default=False):
        full = config.integer("max_window_layers", 2**31 - 1, least=0, default=28)
        return tuple(FULL if i < full else SLIDING for i in range(layers))
    return (FULL,) * layers


def _gpt2_shape(config: Fields) -> FloatShape:
    width = config.integer("n_embd", LARGEST_WIDTH)
    heads = config.integer("n_head", LARGEST_HEADS)
    layers = config.integer("n_layer", LARGEST_LAYERS)
    if width % heads:
        raise config.wrong("n_head", f"must be a divisor of n_embd, {width}")
    scaled = config.flag("scale_attn_weights", default=True)
    return FloatShape(
        family="gpt2",
        vocabulary=config.integer("vocab_size", LARGEST_VOCABULARY),
        width=width,
        layers=layers,
        heads=heads,
        kv_heads=heads,
        head_width=width // heads,
        hidden=config.integer("n_inner", LARGEST_INPUTS, default=4 * width),
        context=config.integer("n_positions", _LONGEST_CONTEXT),
        windows=(0,) * layers,
        norm="layer",
        epsilon=config.number("layer_norm_epsilon", default=1e-5),
        post_norms=False,
        qk_norm=False,
        activation=_activation(config, "activation_function", "gelu_new"),
        gated=False,
        rope_frequencies=(),
        query_scale=1 / math.sqrt(width // heads) if scaled else 1.0,
        embedding_scale=1.0,
        tied=config.flag("tie_word_embeddings", default=True),
    )


def _activation(config: Fields, key: str, default: str) -> str:
    activation = config.text(key, default=default)
    if activation not in _ACTIVATIONS:
        raise config.wrong(key, "must be one of " + ", ".join(_ACTIVATIONS))
    return _ACTIVATIONS[activation]

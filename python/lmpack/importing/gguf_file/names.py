"""How GGUF names and holds the tensors of each architecture."""

from __future__ import annotations

from lmpack.importing.recipes import QKV, Naming
from lmpack.importing.tensor_shapes import ATTENTION

ROPE_FACTORS = "rope_freqs.weight"

_DECODER = {
    "embedding": "token_embd",
    "head": "output",
    "final_norm": "output_norm",
    "attention_norm": "blk.{i}.attn_norm",
    "q": "blk.{i}.attn_q",
    "k": "blk.{i}.attn_k",
    "v": "blk.{i}.attn_v",
    "out": "blk.{i}.attn_output",
    "q_norm": "blk.{i}.attn_q_norm",
    "k_norm": "blk.{i}.attn_k_norm",
    "post_attention_norm": "blk.{i}.post_attention_norm",
    "feed_forward_norm": "blk.{i}.ffn_norm",
    "gate": "blk.{i}.ffn_gate",
    "up": "blk.{i}.ffn_up",
    "down": "blk.{i}.ffn_down",
    "post_feed_forward_norm": "blk.{i}.post_ffw_norm",
}
_GPT2 = _DECODER | {"positions": "position_embd", QKV: "blk.{i}.attn_qkv"}

NAMINGS = {
    # llama.cpp turns neighbours together for this architecture, so its files are ordered for that.
    "llama": Naming(_DECODER, interleaved=True),
    "qwen2": Naming(_DECODER, biased=frozenset("qkv")),
    "qwen3": Naming(_DECODER),
    "gemma3": Naming(_DECODER),
    "gpt2": Naming(_GPT2, biased=frozenset({*ATTENTION, "up", "down"})),
}

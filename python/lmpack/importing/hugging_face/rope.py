"""Rotary frequencies as config.json describes them, in its older and its newer form."""

from __future__ import annotations

from lmpack._models.decoder.shape import LARGEST_CONTEXT
from lmpack.errors import BundleError
from lmpack.importing.fields import Fields
from lmpack.importing.rope import Frequencies, llama3_frequencies, rope_frequencies

SLIDING, FULL = "sliding_attention", "full_attention"

_BASE = 10000.0
_GEMMA3_BASE = 1000000.0
_LONGEST_ORIGINAL = 2**10 * LARGEST_CONTEXT


def read_ropes(
    config: Fields, kinds: tuple[str, ...], head_width: int, *, gemma3: bool
) -> tuple[Frequencies, ...]:
    """Frequencies of every layer.

    Args:
        config: config.json.
        kinds: "sliding_attention" or "full_attention" for each layer.
        head_width: channels of a head.
        gemma3: whether the layers of a short window have frequencies of their own.

    Raises:
        BundleError: they are scaled in a way that lmpack does not know.
    """
    config.allow_only("partial_rotary_factor", 1, 1.0)
    by_kind = {kind: _frequencies(config, kind, head_width, gemma3) for kind in set(kinds)}
    return tuple(by_kind[kind] for kind in kinds)


def _frequencies(config: Fields, kind: str, head_width: int, gemma3: bool) -> Frequencies:
    parameters = config.fields("rope_parameters")
    if parameters is not None:  # since transformers 5
        parameters = parameters.fields(kind) or parameters
        base = parameters.number("rope_theta", default=_GEMMA3_BASE if gemma3 else _BASE)
        return _scaled(rope_frequencies(head_width, base), parameters)
    if gemma3 and kind == SLIDING:
        return rope_frequencies(head_width, config.number("rope_local_base_freq", default=_BASE))
    base = config.number("rope_theta", default=_GEMMA3_BASE if gemma3 else _BASE)
    frequencies = rope_frequencies(head_width, base)
    scaling = config.fields("rope_scaling")
    return frequencies if scaling is None else _scaled(frequencies, scaling)


def _scaled(frequencies: Frequencies, scaling: Fields) -> Frequencies:
    scaling.allow_only("partial_rotary_factor", 1, 1.0)
    kind = scaling.text("rope_type", default=scaling.text("type", default="default"))
    if kind == "default":
        return frequencies
    if kind == "linear":
        return frequencies / scaling.number("factor")
    if kind == "llama3":
        low, high = scaling.number("low_freq_factor"), scaling.number("high_freq_factor")
        if low >= high:
            raise scaling.wrong("high_freq_factor", "must be above low_freq_factor")
        original = scaling.integer("original_max_position_embeddings", _LONGEST_ORIGINAL)
        factor = scaling.number("factor")
        return llama3_frequencies(
            frequencies, factor=factor, low=low, high=high, positions=original
        )
    raise BundleError(
        f"config.json: lmpack cannot import a model with the rotary scaling {kind!r}, only "
        "default, linear and llama3"
    )

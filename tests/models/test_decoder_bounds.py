"""Values of a decoder with which its arithmetic would not have one right answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_decoder import Tensors, random_decoder, random_tokens, small_shape

from lmpack._models.decoder.bounds import check_decoder_bounds
from lmpack.errors import BundleError

SIGNALLING = np.uint32(0x7FA00000).view(np.float32)
TOKENS = random_tokens(290, np.random.default_rng(2))
SHAPE = small_shape("gpt2", TOKENS, ropes=())
ROTARY = small_shape("llama", TOKENS)


@pytest.fixture(scope="module")
def gpt2() -> Tensors:
    return random_decoder(SHAPE, TOKENS)


def changed(tensors: Tensors, name: str, place: int, value: Any) -> Tensors:
    tensor = tensors[name].copy()
    tensor.flat[place] = value
    return {**tensors, name: tensor}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        *(
            (name, value, "that are not 0 and not")
            for name in ("layers.0.up.bias", "layers.1.attention_norm.gain", "positions")
            for value in (np.nan, np.inf, 1e-45, 2.0**41, 2.0**-41, SIGNALLING)
        ),
        *(
            (name, value, "not above 0")
            for name in ("embedding.multiplier", "layers.1.down.multiplier", "score_scale",
                         "norm_epsilon")
            for value in (0.0, -0.5)
        ),
        *(("layers.0.qkv.weight", value, "beyond -64 to 64") for value in (65, -65, 127, -128)),
        ("positions", 0.5, "integers up to 8,388,608"),
        ("positions", 2.0**23 + 2, "integers up to"),
        ("activation", 1.25, "beyond -1 to 1"),
        ("activation", -1.25, "beyond -1 to 1"),
        ("attention_exp2", 65534, "must begin with 65,535"),
        ("exp2", 2.0**29, "must begin with"),
        ("token_lengths", 0, "a token has no bytes"),
        ("token_lengths", 2, "add up to"),
        ("token_bytes", 255, "do not ascend"),
    ],
)  # fmt: skip
def test_values_out_of_bounds_are_refused(
    gpt2: Tensors, name: str, value: Any, message: str
) -> None:
    check_decoder_bounds(SHAPE, gpt2)
    with pytest.raises(BundleError, match=message) as caught:
        check_decoder_bounds(SHAPE, changed(gpt2, name, 0, value))
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("attention_exp2", -1), ("attention_exp2", 65536), ("exp2", 0.5), ("exp2", 2.0**30 + 128)],
)
def test_tables_of_powers_are_bounded(gpt2: Tensors, name: str, value: float) -> None:
    with pytest.raises(BundleError, match=name):
        check_decoder_bounds(SHAPE, changed(gpt2, name, 7, value))


def test_rotary_tables_are_bounded() -> None:
    tensors = random_decoder(ROTARY, TOKENS)
    check_decoder_bounds(ROTARY, tensors)
    with pytest.raises(BundleError, match=r"rope\.1\.sin has values beyond"):
        check_decoder_bounds(ROTARY, changed(tensors, "rope.1.sin", -1, 1.001))


def test_the_same_token_twice_is_refused(gpt2: Tensors) -> None:
    place = sum(map(len, TOKENS[:9]))
    assert len(TOKENS[8]) == len(TOKENS[9]) == 1
    with pytest.raises(BundleError, match="do not ascend strictly"):
        check_decoder_bounds(SHAPE, changed(gpt2, "token_bytes", place, TOKENS[8][0]))

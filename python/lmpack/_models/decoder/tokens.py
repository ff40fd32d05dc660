"""The table of a decoder's tokens: which bytes each stands for."""

from __future__ import annotations

import itertools
import operator

import numpy as np

from lmpack._models.decoder.shape import DecoderShape
from lmpack._models.tensors import Tensors
from lmpack.errors import BundleError


def split_tokens(shape: DecoderShape, tensors: Tensors) -> list[bytes]:
    """The bytes of each token, ascending.

    Args:
        shape: of the model.
        tensors: of its bundle; `token_lengths` and `token_bytes` are used.

    Raises:
        BundleError: a token is empty, they do not ascend, or their lengths do not add up.
    """
    lengths = tensors["token_lengths"][: shape.vocabulary]
    if not lengths.all():
        raise BundleError("token_lengths: a token has no bytes")
    ends = np.cumsum(lengths, dtype=np.int64)
    if ends[-1] != shape.token_bytes:
        raise BundleError(
            f"token_lengths: they add up to {ends[-1]:,} bytes, not to {shape.token_bytes:,}"
        )
    content = tensors["token_bytes"].tobytes()
    tokens = [content[a:b] for a, b in itertools.pairwise([0, *ends.tolist()])]
    if not all(map(operator.lt, tokens, tokens[1:])):
        raise BundleError("token_bytes: the tokens do not ascend strictly")
    return tokens

"""Conformance vectors of decoders: what every executor has to reproduce before it may be used."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._executors.conformance import odds_digest
from lmpack._models.decoder.shape import DecoderShape
from lmpack.importing.exact import ExactDecoder

LANES = 4
SHORT = 64
"""Positions of the lanes that are fed side by side, if the vocabulary is small."""
SHORT_WEIGHTS = 1 << 24
"""So many weights they have at most, if that leaves 8 positions."""

SEEN = 512
"""Positions before the end of the long lane, where no window is shorter than the context."""
COUNTED = 8
"""Positions at the end of the long lane whose weights count."""
LONG_PRODUCTS = 1 << 38
"""Products of the long lane, at most: some seconds on a CPU."""


def conformance_vectors(decoder: ExactDecoder) -> list[dict[str, Any]]:
    """Vectors of a decoder as a manifest has them; see ConformanceVector.

    One has a few short lanes that differ. The other is a lane on which the largest window that is
    shorter than the context has moved on, as far as LONG_PRODUCTS allow, and of which only the last
    positions count.

    Args:
        decoder: the model; its tensors have `token_lengths`.
    """
    long = long_lane(decoder.architecture)
    return [
        _vector(decoder, short_lanes(decoder.architecture, decoder.single_bytes()), 0),
        _vector(decoder, long, max(0, long.shape[1] - COUNTED)),
    ]


def short_lanes(
    shape: DecoderShape, single_bytes: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """Symbols [L, T]: any tokens, one again and again, single bytes, the first and the last ones.

    Args:
        shape: of the model.
        single_bytes: numbers of the tokens of one byte; without any, other tokens are taken.
    """
    count = min(shape.context, SHORT, max(8, SHORT_WEIGHTS // (LANES * shape.vocabulary)))
    random = np.random.default_rng(0)
    last = shape.vocabulary - 1
    return np.stack(
        [
            _started(shape, random.integers(0, shape.vocabulary, count)),
            _started(shape, np.full(count, random.integers(0, shape.vocabulary))),
            _started(shape, random.choice(single_bytes if len(single_bytes) else [last], count)),
            random.choice([0, last, shape.start_symbol], count),
        ]
    )


def long_lane(shape: DecoderShape) -> npt.NDArray[np.int64]:
    """Symbols [1, T], half of them one that repeats."""
    window = max((window for window in shape.windows if window < shape.context), default=SEEN)
    affordable = max(COUNTED, LONG_PRODUCTS // shape.products_per_symbol)
    count = min(shape.context, window + COUNTED, affordable)
    random = np.random.default_rng(1)
    symbols = random.integers(0, shape.vocabulary, count)
    symbols[random.random(count) < 0.5] = symbols[-1]
    return _started(shape, symbols)[None]


def _started(shape: DecoderShape, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    return np.concatenate([[shape.start_symbol], symbols[:-1]]).astype(np.int64)


def _vector(decoder: ExactDecoder, symbols: npt.NDArray[np.int64], first: int) -> dict[str, Any]:
    state = decoder.start(len(symbols))
    if first:
        decoder.hidden(state, symbols[:, :first])  # without the head, which is most of the work
    weights = decoder.prefill(state, symbols[:, first:])
    return {"symbols": symbols.tolist(), "from": first, "sha256": odds_digest(weights)}

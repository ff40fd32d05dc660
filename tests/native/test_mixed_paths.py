"""Blocks with mixing that are encoded by the probabilities of their bits, in place of all odds."""

from __future__ import annotations

import numpy as np
import pytest

from lmpack._native import MixedEncoder
from lmpack.errors import UsageError

PLAIN, LANE = b"a cat and a bat sat", 10
MIXING = (0, 1)


def symbols_by_lane() -> np.ndarray:
    padded = np.zeros(2 * LANE, np.uint8)
    padded[: len(PLAIN)] = np.frombuffer(PLAIN, np.uint8)
    return padded.reshape(2, LANE)


def path_of(odds: np.ndarray, symbol: int) -> list[int]:
    """Of docs/mixing.md, section 5."""
    found = []
    for shift in range(7, -1, -1):
        ending = np.arange(256) >> shift
        ones = int(odds[ending == (symbol >> shift | 1)].sum())
        zeros = int(odds[ending == (symbol >> shift & ~1)].sum())
        found.append(min(max(65536 * ones // (ones + zeros), 1), 65535))
    return found


@pytest.mark.parametrize("models", [1, 2])
def test_they_make_the_payload_of_the_odds(models: int) -> None:
    random = np.random.default_rng(0)
    odds = random.integers(1, 1 << 24, (models, 2, LANE, 256)).astype(np.int32)
    by_odds = MixedEncoder(PLAIN, LANE, MIXING, models)
    by_odds.encode(*odds)
    symbols = symbols_by_lane()
    paths = np.array(
        [
            [[path_of(odds[m, lane, t], int(symbols[lane, t])) for m in range(models)]
             for t in range(LANE)]
            for lane in range(2)
        ],
        np.uint16,
    )  # fmt: skip
    by_paths = MixedEncoder(PLAIN, LANE, MIXING, models)
    by_paths.encode_paths(np.ascontiguousarray(paths[:, :4]))
    by_paths.encode_paths(np.ascontiguousarray(paths[:, 4:]))
    assert by_paths.finish() == by_odds.finish()


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (np.zeros((2, LANE, 1, 8), np.uint16), "1 to 65535, not 0"),
        (np.ones((2, LANE, 1, 8), np.int32), "uint16"),
        (np.ones((2, LANE, 2, 8), np.uint16), "shape"),
        (np.ones((2, LANE + 1, 1, 8), np.uint16), "steps"),
    ],
)
def test_what_is_no_path_is_refused(paths: np.ndarray, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        MixedEncoder(PLAIN, LANE, MIXING).encode_paths(paths)

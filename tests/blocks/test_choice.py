"""What a probe of a block decides."""

from __future__ import annotations

import pytest

from lmpack._blocks.choice import Probed, codings_worth_trying
from lmpack._blocks.coding import Coding
from lmpack._container import BlockKind
from lmpack._executors.mixing import Predictor

ADAPTIVE = Coding(BlockKind.ADAPTIVE, 0, predictor=Predictor.FULL)
MIXED = Coding(BlockKind.MIXED, 1, predictor=Predictor.FULL)
LENGTH = 100_000


@pytest.mark.parametrize(
    ("with_model", "expected"),
    [
        (985, ADAPTIVE),
        (975, MIXED._replace(lanes_log2=0)),
        (935, MIXED._replace(lanes_log2=0)),
        (925, MIXED),
    ],
)
def test_model_and_lanes_go_to_what_the_model_helps(with_model: int, expected: Coding) -> None:
    probed = Probed(LENGTH, 1000, with_model)
    assert codings_worth_trying(ADAPTIVE, MIXED, LENGTH, probed) == [expected]


def test_mixing_alone_catches_up_in_a_long_block() -> None:
    probed = Probed(LENGTH, 1000, 850)
    assert codings_worth_trying(ADAPTIVE, MIXED, LENGTH, probed) == [MIXED]
    assert codings_worth_trying(ADAPTIVE, MIXED, 10 * LENGTH, probed) == [MIXED]
    assert codings_worth_trying(ADAPTIVE, MIXED, 500 * LENGTH, probed) == [ADAPTIVE]

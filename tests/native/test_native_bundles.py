"""Whatever a bundle holds, the C++ engine says what is wrong with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from random_models import ARCHITECTURES, random_bundle

from lmpack._executors.protocol import no_progress
from lmpack._models.bundle import Bundle
from lmpack._native import Engine, ThreadTeam
from lmpack.errors import UsageError

PLAIN = bytes(range(256)) * 20
LANE = 300


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES["tables"])


def engine_with(bundle: Bundle, **fields: Any) -> Engine:
    """The engine of a bundle with other fields of its architecture."""
    shape = bundle.architecture.to_json() | fields
    return Engine(shape, bundle.tensors(), "portable")


def unaligned(array: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """A copy at an address that is no multiple of the item's size."""
    memory = np.zeros(array.nbytes + 1, np.uint8)
    copy = memory[1:].view(np.float32).reshape(array.shape)
    copy[...] = array
    return copy


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": 95}, "the width must be a multiple of 32, not 95"),
        ({"width": 2**62}, "the width must be 32 to 65536"),
        ({"heads": 0}, "the number of heads must be 1 to 2048, not 0"),
        ({"windows": ()}, "the number of layers must be 1 to 65536, not 0"),
        ({"windows": (0,)}, "a window must be 1 to 1024, not 0"),
        (
            {"tables": ({"order": 2, "rows": 0, "channel": 0, "width": 32},)},
            "the rows of a table must be 1 to 16777216, not 0",
        ),
        (
            {"tables": ({"order": 2, "rows": 9, "channel": 96, "width": 32},)},
            "the channel of a table must be 0 to 64, not 96",
        ),
    ],
)
def test_shapes_that_the_engine_cannot_run(
    bundle: Bundle, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        engine_with(bundle, **fields)


def test_tensors_at_odd_addresses(bundle: Bundle) -> None:
    tensors = bundle.tensors()
    tensors["head.multiplier"] = unaligned(tensors["head.multiplier"])
    with pytest.raises(UsageError, match=r"head\.multiplier is not aligned"):
        Engine(bundle.architecture.to_json(), tensors, "portable")


@pytest.mark.parametrize("threads", [1, 2])
def test_odds_that_are_all_zero(bundle: Bundle, threads: int) -> None:
    tensors = bundle.tensors()
    good = Engine(bundle.architecture.to_json(), tensors, "portable")
    zeros = tensors | {"head.multiplier": np.full_like(tensors["head.multiplier"], -3.4e38)}
    bad = Engine(bundle.architecture.to_json(), zeros, "portable")
    team = ThreadTeam(threads)
    payload = good.encode(team, PLAIN, LANE, no_progress)
    with pytest.raises(UsageError, match="at least one of the odds must be above 0"):
        bad.encode(team, PLAIN, LANE, no_progress)
    with pytest.raises(UsageError, match="at least one of the odds must be above 0"):
        bad.decode(team, payload, len(PLAIN), LANE, no_progress)
    assert good.decode(team, payload, len(PLAIN), LANE, no_progress) == PLAIN

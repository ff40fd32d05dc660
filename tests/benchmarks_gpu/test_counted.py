"""What is counted of steps and passes is what the kernels are launched with."""

from __future__ import annotations

import math

import pytest

from lmpack._models.bundle import load_byte_model

pytest.importorskip("triton", "3.7", reason="Triton 3.7 is not installed: pip install triton")

from benchmarks.gpu import counted  # needs Triton

LANES = 32


def test_a_step() -> None:
    bundle = load_byte_model("tiny")
    a = bundle.architecture
    row = counted.counted(bundle, LANES)
    assert row["kernels"] == 1 + 2 * a.layers + 2
    # Keys and values of all windows, once.
    assert row["rings"] == row["memory"] == 2 * a.head_width * sum(a.windows)
    layers = a.products_per_symbol
    assert row["products"] > layers


def test_a_pass() -> None:
    """Weights and rings are shared by the positions, and the launches are those that encode."""
    bundle = load_byte_model("tiny")
    a = bundle.architecture
    row, step = counted.counted_pass(bundle, LANES), counted.counted(bundle, LANES)
    assert row["kernels"] == 1 + 2 * a.layers + 1
    assert row["length"] == 256
    seen = sum(window + 255 for window in a.windows)
    assert row["rings"] * 256 == 2 * a.head_width * seen
    assert row["cache"] < step["cache"]
    assert row["products"] < step["products"]  # no heads that are only padding
    seconds = max(row["kernels"] * 20e-6, counted._busy_seconds(row))
    assert row["computed_bytes_per_second"] == pytest.approx(LANES * 256 / seconds)


def test_passes_of_both_kinds_launch_what_they_need() -> None:
    bundle = load_byte_model("tiny")
    for mixing, last in ((False, "intervals_kernel"), (True, "paths_kernel")):
        launches = counted.pass_of(bundle, 2, mixing=mixing).launches
        assert [it.name for it in launches][-2:] == ["last_layer_kernel", last]


def test_large_arrays_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What kernels hand on is in the cache as long as it fits."""
    bundle = load_byte_model("tiny")
    fits = counted.counted_pass(bundle, 2)
    assert fits["memory"] == fits["rings"]
    monkeypatch.setattr(counted, "CACHE_SIZE", 1)
    beyond = counted.counted_pass(bundle, 2)
    a = bundle.architecture
    queries = a.heads * a.head_width
    arrays = 2 * a.width + 2 * queries + 4 * a.vocabulary
    # Written as zeros; the stream by the embedding, twice by layers and once by the last one;
    # queries and means once each by two kernels a layer; the odds twice.
    handed = 2 * a.width * (2 + 2 * (a.layers - 1)) + 4 * queries * a.layers + 8 * a.vocabulary
    assert beyond["memory"] - beyond["rings"] == arrays + handed
    assert beyond["cache"] == pytest.approx(fits["cache"] - handed)
    assert math.isclose(beyond["products"], fits["products"])

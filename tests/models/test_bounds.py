"""Values of a bundle with which its arithmetic would not have one right answer, or none at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from random_models import ARCHITECTURES, random_bundle
from rewritten_bundles import replace_tensors

from lmpack._models.architecture import ATTENTION_BASE, OUTPUT_BASE
from lmpack._models.bounds import LARGEST_LOGIT, LARGEST_SCORE, check_bounds
from lmpack._models.bundle import Bundle, load_bundle
from lmpack.errors import BundleError

MULTIPLIERS = [f"layers.0.{kind}.multiplier" for kind in ("qkv", "out", "up", "down")]
SCALES = ["score_scale", "head.multiplier", *MULTIPLIERS]
SUBNORMAL, SIGNALLING = 1e-45, np.uint32(0x7FA00000).view(np.float32)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("original"), ARCHITECTURES["plain"])


@pytest.fixture
def folder(original: Bundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original.path, tmp_path / "copy"))


@pytest.mark.parametrize("value", [3.4e38, -3.4e38, 0.0, -1.0])
def test_a_bundle_that_would_leave_no_symbol_with_odds_is_refused(
    folder: Path, original: Bundle, value: float
) -> None:
    shape = original.tensors()["head.multiplier"].shape
    replace_tensors(folder, {"head.multiplier": np.full(shape, value, np.float32)})
    with pytest.raises(BundleError, match=r"model\.safetensors: head\.multiplier has values"):
        load_bundle(folder)


@pytest.mark.parametrize("name", [*SCALES, "layers.0.bias"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, SUBNORMAL, SIGNALLING, 1e30])
def test_values_that_are_not_finite_or_nearly_so_are_refused(
    original: Bundle, name: str, value: float
) -> None:
    tensors = original.tensors()
    tensors[name] = tensors[name].copy()
    tensors[name].flat[-1] = value
    with pytest.raises(BundleError, match=rf"{name} has values that are not 0 and not"):
        check_bounds(original.architecture, tensors)


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("value", [0.0, -0.0, -0.01])
def test_a_scale_is_above_0(original: Bundle, name: str, value: float) -> None:
    tensors = original.tensors()
    tensors[name] = tensors[name].copy()
    tensors[name].flat[0] = value
    with pytest.raises(BundleError, match=rf"{name} has values that are not above 0"):
        check_bounds(original.architecture, tensors)


@pytest.mark.parametrize("weight", [65, -65, 127, -128])
def test_weights_are_within_their_limit(original: Bundle, weight: int) -> None:
    tensors = original.tensors()
    tensors["head.weight"] = tensors["head.weight"].copy()
    tensors["head.weight"][3, 5] = weight
    with pytest.raises(BundleError, match="head has weights beyond -64 to 64"):
        check_bounds(original.architecture, tensors)


def test_outputs_are_bounded_by_their_own_weights(original: Bundle) -> None:
    """The rule is that of each output, not of the largest weights and scales apart."""
    tensors = original.tensors()
    weight, multiplier = tensors["head.weight"].copy(), tensors["head.multiplier"].copy()
    weight[:, 7], multiplier[7] = 1, 1
    weight[:, 8], multiplier[8] = 0, LARGEST_LOGIT
    tensors |= {"head.weight": weight, "head.multiplier": multiplier}
    check_bounds(original.architecture, tensors)
    multiplier[7] = LARGEST_LOGIT / (127 * 32) * 1.001
    with pytest.raises(BundleError, match=r"head: outputs may reach 6\.56e\+04"):
        check_bounds(original.architecture, tensors)


def test_scores_are_bounded(original: Bundle) -> None:
    tensors = original.tensors()
    bias = tensors["layers.0.bias"]
    tensors["layers.0.bias"] = np.where(bias == -1024, bias, np.float32(-LARGEST_SCORE))
    with pytest.raises(BundleError, match=r"layers\.0: attention scores may reach 272"):
        check_bounds(original.architecture, tensors)
    tensors["layers.0.bias"] = np.where(bias == -1024, np.float32(-1000), bias)
    with pytest.raises(BundleError, match="must end in -1024"):
        check_bounds(original.architecture, tensors)


def tops(limit: float) -> np.ndarray:
    """Largest values of a row, float32, in every binade up to a limit, and at its ends."""
    random = np.random.default_rng(0)
    sizes = np.exp2(random.uniform(-8, np.log2(limit), 200_000))
    ends = np.nextafter(np.float32(limit), np.float32(0), dtype=np.float32)
    values = np.concatenate([sizes, [0, limit, ends]]).astype(np.float32)
    return np.concatenate([values, -values])


def weight_of_top(top: np.ndarray, base: float, squarings: int) -> np.ndarray:
    """What docs/model.md gives the largest of a row: the power of top - (top - base)."""
    power = top - (top - np.float32(base))
    for _ in range(squarings):
        power = power * power
    return np.asarray(np.rint(power))


def test_within_the_bound_each_row_keeps_a_symbol_with_odds() -> None:
    odds = weight_of_top(tops(LARGEST_LOGIT), OUTPUT_BASE, 6)
    assert 2**22 < odds.min() <= odds.max() < 2**24
    assert weight_of_top(tops(2.0**26), OUTPUT_BASE, 6).min() == 0
    assert weight_of_top(tops(2.0**20), OUTPUT_BASE, 6).max() >= 2**24


def test_within_the_bound_the_largest_score_has_the_largest_weight() -> None:
    assert set(weight_of_top(tops(LARGEST_SCORE), ATTENTION_BASE, 4)) == {255}
    assert weight_of_top(tops(2.0**14), ATTENTION_BASE, 4).max() > 255

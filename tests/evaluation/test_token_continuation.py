"""Decoders as generators: tokens are drawn, and a full context goes on with its second half."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from decoder_bundles import write_random_bundle
from lettered_decoder import LetteredDecoder
from random_decoder import small_shape

from lmpack._models.decoder.bundle import DecoderBundle
from lmpack.evaluation import continuation, generation, model_compressors
from lmpack.evaluation.continuation import continuations_of
from lmpack.evaluation.generation import continue_prompts, generate
from lmpack.evaluation.token_continuation import TokenContinuation

TOKENS = sorted([*(bytes([byte]) for byte in range(256)), b"ab", b"abc", b"na", b"ban"])
CONTEXT = 12


@pytest.fixture
def bundle(tmp_path: Path) -> DecoderBundle:
    shape = small_shape("llama", TOKENS, context=CONTEXT, windows=(9, CONTEXT))
    return write_random_bundle(tmp_path / "bundle", shape, TOKENS)


@pytest.fixture
def model(bundle: DecoderBundle) -> LetteredDecoder:
    return LetteredDecoder(bundle)


@pytest.fixture
def named(model: LetteredDecoder, bundle: DecoderBundle, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a compressor with this model, which cuts greedily."""

    def cut(data: bytes) -> Iterator[int]:
        while data:
            number = max(
                (number for number, token in enumerate(TOKENS) if data.startswith(token)),
                key=lambda number: len(TOKENS[number]),
            )
            yield number
            data = data[len(TOKENS[number]) :]

    class Greedy:
        def segment(self, data: bytes) -> npt.NDArray[np.int32]:
            return np.array(list(cut(data)), np.int32)

    monkeypatch.setattr(DecoderBundle, "segmenter", lambda self: Greedy())
    monkeypatch.setattr(model_compressors, "cached_executor", lambda *arguments: model)
    return f"model:{bundle.path}"


def test_growing_is_the_same_as_beginning_with_more(model: LetteredDecoder) -> None:
    grown = TokenContinuation(model, model.architecture, TOKENS, [[1, 2], [3, 4]])
    grown.append([5, 6])
    whole = TokenContinuation(model, model.architecture, TOKENS, [[1, 2, 5], [3, 4, 6]])
    assert np.array_equal(grown.odds(), whole.odds())
    assert grown.odds().shape == (2, len(TOKENS))
    assert grown.odds().dtype == np.int64
    assert np.array_equal(
        TokenContinuation(model, model.architecture, TOKENS, [[]]).odds()[0], model.weights([])
    )


def test_long_prompts_are_read_in_pieces(
    model: LetteredDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]
    whole = TokenContinuation(model, model.architecture, TOKENS, texts).odds()
    monkeypatch.setattr(
        "lmpack.evaluation.token_continuation.MOST_WEIGHTS", 2 * len(texts) * len(TOKENS)
    )
    assert np.array_equal(TokenContinuation(model, model.architecture, TOKENS, texts).odds(), whole)


def test_a_full_context_goes_on_with_its_second_half(model: LetteredDecoder) -> None:
    text = list(range(40, 70))
    grown = TokenContinuation(model, model.architecture, TOKENS, [text[: CONTEXT - 1]])
    for number in range(CONTEXT - 1, len(text)):
        grown.append([text[number]])
    start = model.architecture.start_symbol
    begun = [state[0][: 1 + CONTEXT // 2] for state in model.states[1:]]
    assert begun == [
        [start, *text[6:12]], [start, *text[12:18]], [start, *text[18:24]], [start, *text[24:30]],
    ]  # fmt: skip
    assert np.array_equal(grown.odds()[0], model.weights(text[24:]))
    assert np.array_equal(
        TokenContinuation(model, model.architecture, TOKENS, [text]).odds()[0],
        model.weights(text[-CONTEXT // 2 :]),
    )


def test_a_context_of_one_symbol_is_always_the_start(tmp_path: Path) -> None:
    shape = small_shape("llama", TOKENS, context=1, windows=(1, 1))
    model = LetteredDecoder(write_random_bundle(tmp_path, shape, TOKENS))
    grown = TokenContinuation(model, model.architecture, TOKENS, [[5, 6]])
    grown.append([7])
    assert np.array_equal(grown.odds()[0], model.weights([]))


def test_bytes_of_drawn_tokens_are_the_output(model: LetteredDecoder) -> None:
    class Longest:
        spellings: Sequence[bytes] = TOKENS

        def odds(self) -> npt.NDArray[np.int64]:
            return np.array([[token == b"abc" for token in TOKENS]], np.int64)

        def append(self, values: Sequence[int]) -> None:
            assert [TOKENS[value] for value in values] == [b"abc"]

    seen: list[int] = []
    assert generate(Longest(), [0], 7, progress=seen.append) == [b"abcabca"]
    assert seen == [3, 6, 7]
    assert generate(Longest(), [0], 0) == [b""]


def test_prompts_of_different_numbers_of_tokens(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = [b"abcabc", b"banana", b"xyzxyz", b"abcban", b"zyxzyx"]
    seen: list[int] = []
    drawn = continue_prompts(named, prompts, 20, seed=5, progress=seen.append)
    assert [len(text) for text in drawn] == [20] * 5
    assert drawn == continue_prompts(named, prompts, 20, seed=5)
    assert drawn != continue_prompts(named, prompts, 20, seed=6)
    assert seen == sorted(seen)
    assert seen[-1] == 20
    groups = [list(group.numbers) for group in continuations_of(named, prompts)]
    assert groups == [[0, 3], [1], [2, 4]]
    monkeypatch.setattr(continuation, "MOST_STRINGS", 1)
    assert drawn == continue_prompts(named, prompts, 20, seed=5)


@pytest.mark.parametrize("temperature", [0, 0.3, 0.7, 2])
def test_temperatures_draw_the_same_everywhere(named: str, temperature: float) -> None:
    drawn = continue_prompts(named, [b"abcabc"], 30, temperature=temperature)
    assert drawn == continue_prompts(named, [b"abcabc"], 30, temperature=temperature)
    if temperature == 0:
        assert drawn == continue_prompts(named, [b"abcabc"], 30, temperature=0, seed=9)


@pytest.mark.parametrize("exponent", [0.001, 0.5, 1 / 0.7, 1.25, 3, 20.25, 2.0**40])
def test_powers_of_products_and_roots(exponent: float) -> None:
    shares = np.array([0, 1e-9, 2**-30, 0.1, 0.5, 0.99, 1])
    power = generation._power(shares, exponent)
    assert power == pytest.approx(shares**exponent, rel=1e-3, abs=1e-12)
    if exponent in (0.5, 1.25):
        roots = [np.sqrt(shares), np.sqrt(np.sqrt(shares))]
        expected = roots[0] if exponent == 0.5 else shares * roots[1]
        assert np.array_equal(power, expected)

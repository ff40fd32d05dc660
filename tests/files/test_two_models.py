"""Files that two models have packed: who has to be there, and what is said if somebody is not."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path

import inputs
import numpy as np
import pytest
import reference_decoder
from decoder_bundles import write_random_bundle
from fake_models import FakeModels
from random_decoder import random_tokens
from ruled_decoder import RuledDecoder
from salvaging import salvage

import lmpack
from lmpack._container import ByteReader, Header, read_blocks
from lmpack._executors.native import NativeExecutor
from lmpack._models.bundle import load_byte_model

WORDS = bytes(random.Random(1).choices(b"abcdefghijklmnopqrstuvwxyz", k=1000))
"""What the fake models know, and mixing alone has to learn."""
PAIR = ("base", "small")


def header_of(packed: bytes) -> Header:
    return next(read_blocks(ByteReader(io.BytesIO(packed))))[0]


def with_header(packed: bytes, header: Header) -> bytes:
    return header.to_bytes() + packed[26:]


@pytest.mark.usefixtures("fake_models")
class TestWithFakes:
    def test_the_header_names_both_and_reading_needs_no_option(self) -> None:
        packed = lmpack.compress(WORDS, model=PAIR)
        assert header_of(packed) == Header((b"base----", b"small---"))
        assert lmpack.decompress(packed) == WORDS
        (info,) = lmpack.describe(io.BytesIO(packed))
        assert (info.version, info.models) == (1, PAIR)
        assert info.fingerprints == (b"base----", b"small---")
        assert [block.kind for block in info.blocks] == ["mixed"]
        with lmpack.open(io.BytesIO(packed)) as file:
            file.seek(70)
            assert file.read(20) == WORDS[70:90]

    def test_containers_of_any_number_of_models_follow_one_another(self) -> None:
        ways: list[str | tuple[str, str]] = [PAIR, "tiny", ("small", "tiny"), "base"]
        packed = b"".join(lmpack.compress(WORDS, model=model) for model in ways)
        packed += lmpack.compress(b"", model=PAIR) + lmpack.compress(WORDS, level=1)
        assert lmpack.decompress(packed) == 5 * WORDS
        infos = lmpack.describe(io.BytesIO(packed))
        names: list[tuple[str, ...]] = [PAIR, ("tiny",), ("small", "tiny"), ("base",), (), ()]
        assert [info.models for info in infos] == names

    @pytest.mark.parametrize("model", [PAIR, PAIR[::-1], "base", ("small",)])
    def test_those_that_are_given_may_come_in_any_order(self, model: str) -> None:
        packed = lmpack.compress(WORDS, model=PAIR)
        assert lmpack.decompress(packed, model=model) == WORDS

    @pytest.mark.parametrize("model", ["tiny", ("base", "tiny")])
    def test_another_model_is_refused(self, model: str) -> None:
        packed = lmpack.compress(WORDS, model=PAIR)
        names = f"{b'base----'.hex()} and {b'small---'.hex()}"
        with pytest.raises(lmpack.ModelError, match=f"made with model {names}.* model tiny is"):
            lmpack.decompress(packed, model=model)

    def test_one_that_is_missing_is_named(self, fake_models: FakeModels) -> None:
        packed = lmpack.compress(WORDS, model=PAIR)
        del fake_models.bundles["small"]
        with pytest.raises(lmpack.ModelError, match=f"model {b'small---'.hex()} is unknown"):
            lmpack.decompress(packed)
        (info,) = lmpack.describe(io.BytesIO(packed))
        assert (info.models, info.memory) == (("base", None), None)

    def test_the_other_order_in_the_header_is_damage(self) -> None:
        packed = lmpack.compress(WORDS, model=PAIR)
        turned = with_header(packed, Header((b"small---", b"base----")))
        with pytest.raises(lmpack.DamagedError):
            lmpack.decompress(turned)

    @pytest.mark.parametrize("model", [("base", "base"), ("small", "small")])
    def test_a_model_twice_is_refused(self, model: tuple[str, str]) -> None:
        with pytest.raises(lmpack.UsageError, match="was given twice"):
            lmpack.compress(WORDS, model=model)

    @pytest.mark.parametrize("options", [{"level": 9}, {"model": PAIR}])
    def test_without_mixing_there_is_one_prediction_only(self, options: dict[str, object]) -> None:
        with pytest.raises(lmpack.UsageError, match="two models cannot do without mixing"):
            lmpack.compress(WORDS, mixing=False, **options)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("model", "message"),
        [
            ((), "one model or 2, not 0"),
            (("tiny", "small", "base"), "one model or 2, not 3"),
            (("tiny", 3), "a tuple of two, not"),
            (["tiny", "small"], "a tuple of two, not"),
        ],
    )
    def test_options_take_one_or_two(self, model: object, message: str) -> None:
        with pytest.raises(lmpack.UsageError, match=message):
            lmpack.Options(model=model)  # type: ignore[arg-type]

    @pytest.mark.parametrize("verify", [True, False])
    def test_blocks_are_verified_with_both(self, fake_models: FakeModels, verify: bool) -> None:
        lmpack.compress(WORDS, model=PAIR, verify=verify)
        assert [name for name, _, _ in fake_models.opened] == [*PAIR] * (1 + verify)

    @pytest.mark.parametrize("place", [0, 3, 4, 5, 6, 14, 20, 22, 25])
    def test_a_damaged_header_costs_nothing(self, place: int) -> None:
        packed = lmpack.compress(WORDS, model=("base", "tiny"))
        damaged = packed[:place] + bytes([packed[place] ^ 2]) + packed[place + 1 :]
        with pytest.raises(lmpack.FormatError):
            lmpack.decompress(damaged)
        for data in (damaged, packed + damaged, damaged + packed):
            content, found = salvage(data)
            assert content == WORDS * (len(data) // len(packed))
            assert found.is_complete
            assert found.damage

    def test_a_header_damaged_in_two_places(self) -> None:
        packed = lmpack.compress(WORDS, model=PAIR)
        damaged = packed[:7] + b"?" + packed[8:20] + b"?" + packed[21:]
        content, found = salvage(damaged)
        assert content == WORDS
        assert found.is_complete
        assert salvage(damaged, model="base")[0] == WORDS


def test_a_decoder_cannot_be_one_of_two(tmp_path: Path) -> None:
    tokens = random_tokens(300, np.random.default_rng(1))
    write_random_bundle(tmp_path / "decoder", RuledDecoder(tokens, context=50).architecture, tokens)
    for model in (("tiny", tmp_path / "decoder"), (tmp_path / "decoder", "tiny")):
        with pytest.raises(lmpack.UsageError, match="predicts tokens, so it cannot be one of two"):
            lmpack.compress(WORDS, model=model)


def test_the_reference_decoder_reads_files_of_two_models() -> None:
    plain = inputs.SENTENCES[:200]
    packed = lmpack.compress(plain, model=("tiny", "small"))
    (info,) = lmpack.describe(io.BytesIO(packed))
    assert (info.models, [block.kind for block in info.blocks]) == (("tiny", "small"), ["mixed"])
    executors = [NativeExecutor(load_byte_model(name), threads=1) for name in ("tiny", "small")]

    def predictor(executor: NativeExecutor) -> reference_decoder.BytePredictor:
        def predict(lanes: Sequence[bytes]) -> list[list[int]]:
            start = executor.architecture.start_symbol
            fed = [np.array([[start, *lane]]) for lane in lanes]
            return [executor.prefill(executor.start(1), one)[0, -1].tolist() for one in fed]

        return predict

    first, second = map(predictor, executors)
    assert reference_decoder.decode(packed, (first, second)) == plain
    with pytest.raises(reference_decoder.InvalidContainerError):
        reference_decoder.decode(packed, (second, first))
    with pytest.raises(reference_decoder.InvalidContainerError):
        reference_decoder.decode(packed, first)

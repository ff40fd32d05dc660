"""The exact form of models of every family predicts what the models in floats predict."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from decoder_bundles import byte_tokenizer
from random_sources import SHAPES, RandomSource

from lmpack._models.decoder.bounds import check_decoder_bounds
from lmpack._models.decoder.layout import decoder_layout
from lmpack._models.decoder.pieces import BYTE_OF
from lmpack._models.decoder.segmenter import Segmenter
from lmpack._models.decoder.shape import DecoderShape
from lmpack._models.files import map_file
from lmpack._models.tensors import Tensors, largest_file, tensors_in
from lmpack.errors import BundleError, UsageError
from lmpack.importing.exact import ExactDecoder
from lmpack.importing.exact_shape import chosen_context, exact_shape
from lmpack.importing.exact_tensors import ExactTensors
from lmpack.importing.float_model import FloatDecoder
from lmpack.importing.measure import measure, run_float_model
from lmpack.importing.partial import folder_of, partial_bundle
from lmpack.importing.quantize import bounded, multipliers, quantized, rotated
from lmpack.importing.residual import residual_bits
from lmpack.importing.source import SourceTokens
from lmpack.importing.tables import activation_table
from lmpack.importing.token_table import token_table
from lmpack.importing.windows import Windows, in_windows
from lmpack.importing.writer import write_weights

BYTES = [bytes([byte]) for byte in range(256)]
TEXT = b"Any text will do: the weights are random. 0123456789" * 3


def windows(context: int) -> Windows:
    cut = Segmenter(BYTES, byte_tokenizer(), Path("folder/tokenizer.json"))
    return in_windows("text", TEXT, cut, BYTES, context)


def converted(source: RandomSource, folder: Path, bits: int = 12) -> tuple[DecoderShape, Tensors]:
    table = token_table(source.tokens)
    shape = exact_shape(source, table.tokens, source.shape.context, bits)
    with partial_bundle(folder / "bundle", "key") as bundle:
        file = write_weights(ExactTensors(source, shape, table), bundle, lambda done, of: None)
    layout = decoder_layout(shape)
    return shape, tensors_in(map_file(file, largest_file(layout)), layout, file)


@pytest.mark.parametrize("family", SHAPES)
def test_the_exact_form_is_close(tmp_path: Path, family: str) -> None:
    source = RandomSource(SHAPES[family])
    table = token_table(source.tokens)
    text = windows(source.shape.context)
    model = FloatDecoder(source)
    floats = run_float_model(model, [text], table.ids, lambda *how_far: None)
    bits = residual_bits(floats.smallest, floats.largest)
    shape, tensors = converted(source, tmp_path, bits)
    check_decoder_bounds(shape, tensors)
    exact = ExactDecoder(shape, tensors)
    result = measure(exact, text, floats.hidden[0], model.head(), table.ids, lambda count: None)
    assert result.tokens == result.text_bytes == len(TEXT)
    assert result.float_bits / len(TEXT) > 8.5  # no model of this text
    assert abs(result.loss) < 0.01
    assert 0 < result.divergence < 0.002


def test_logits_are_those_in_floats(tmp_path: Path) -> None:
    """Not only the distribution: the unit and the sign of each logit."""
    source = RandomSource(SHAPES["gemma3"])
    shape, tensors = converted(source, tmp_path)
    symbols = np.array([[256, *TEXT[:60]]])
    exact = ExactDecoder(shape, tensors)
    found = exact.logits(exact.hidden(exact.start(1), symbols))[0] / 256 * np.log(2)
    expected = FloatDecoder(source).logits(torch.from_numpy(symbols[0]))[:, :256]
    error = (found - expected).square().mean().sqrt()
    assert error < 0.03 * expected.std()


def test_the_same_weights_give_the_same_file(tmp_path: Path) -> None:
    for name in ("first", "second"):
        converted(RandomSource(SHAPES["qwen2"]), tmp_path / name)
    files = [folder_of(tmp_path / name / "bundle") for name in ("first", "second")]
    first, second = ((file / "model.safetensors").read_bytes() for file in files)
    assert first == second


def test_tensors_are_read_one_at_a_time_and_once(tmp_path: Path) -> None:
    source = RandomSource(SHAPES["llama"])
    converted(source, tmp_path)
    assert sorted(source.reads) == sorted(source.names())


def test_an_interrupted_import_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = RandomSource(SHAPES["mistral"])
    expected = converted(whole, tmp_path / "whole")[1]
    source = RandomSource(SHAPES["mistral"])

    def interrupted(name: str) -> np.ndarray:
        if name == "layers.1.up":
            raise KeyboardInterrupt
        return whole.tensor(name)

    monkeypatch.setattr(source, "tensor", interrupted)
    with pytest.raises(KeyboardInterrupt):
        converted(source, tmp_path / "cut")
    monkeypatch.undo()
    found = converted(source, tmp_path / "cut")[1]
    assert all(np.array_equal(found[name], expected[name]) for name in expected)
    assert "layers.0.q" not in source.reads
    assert "layers.1.up" in source.reads


def test_another_model_begins_anew(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    for key in ("first", "second"):
        with partial_bundle(target, key) as bundle:
            assert bundle.is_new
            assert not bundle.has("part")
            (bundle.folder / "manifest.json").touch(exist_ok=False)
            with (bundle.folder / "model.safetensors").open("wb") as file:
                bundle.complete("part", file)
            assert not bundle.has("part")  # it says what was there before
    with partial_bundle(target, "second") as bundle:
        assert not bundle.is_new
        assert bundle.has("part")
        with (
            pytest.raises(UsageError, match="another import is writing"),
            partial_bundle(target, "second"),
        ):
            pass
        bundle.is_whole = True
    assert sorted(path.name for path in target.iterdir()) == ["manifest.json", "model.safetensors"]
    assert not folder_of(target).exists()
    with pytest.raises(UsageError, match="is there already"), partial_bundle(target, "second"):
        pass


def test_a_journal_that_was_cut_counts_whole_lines(tmp_path: Path) -> None:
    with partial_bundle(tmp_path / "b", "key") as bundle, (tmp_path / "f").open("wb") as file:
        bundle.complete("first", file)
        bundle.complete("second", file)
    journal = folder_of(tmp_path / "b") / "done.txt"
    journal.write_text(journal.read_text()[:-3])
    with partial_bundle(tmp_path / "b", "key") as bundle:
        assert bundle.has("first")
        assert not bundle.has("second")
        assert not bundle.has("sec")


def test_a_rotation_leaves_products_as_they_are() -> None:
    random = np.random.default_rng(0)
    weight, x = random.normal(size=(5, 96)).astype(np.float32), random.normal(size=96)
    sylvester = np.ones((1, 1))
    while len(sylvester) < 32:
        sylvester = np.block([[sylvester, sylvester], [sylvester, -sylvester]])
    turned = (x.reshape(3, 32) @ sylvester).reshape(96)
    assert np.allclose(rotated(weight, 32) @ turned, weight @ x, atol=1e-5)


def test_rows_keep_their_own_scale() -> None:
    rows = np.array([[1, -2, 0.5], [0, 0, 0], [1e-3, 0, 2e-3]], np.float32)
    weight, scale = quantized("w", rows)
    assert weight.tolist() == [[32, -64, 16], [0, 0, 0], [32, 0, 64]]
    assert np.allclose(weight * scale[:, None], rows, rtol=0.02)
    assert multipliers("w", scale, 64.0).tolist() == [2.0, 1.0, np.float32(0.002)]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(BundleError, match="w has weights that are not finite"):
        quantized("w", np.array([[1, value]], np.float32))
    with pytest.raises(BundleError, match="w has values that are not finite"):
        bounded("w", np.array([1, value], np.float32))


def test_scales_are_bounded() -> None:
    for scale in (1e20, 1e-20):
        with pytest.raises(BundleError, match="w has rows that are so small or so large"):
            multipliers("w", np.array([scale]), 1.0)
    assert bounded("w", np.array([1e-20, 1], np.float32)).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(width=70), "width of 70"),
        (dict(head_width=31, rope_frequencies=()), "31 channels, an odd number"),
        (dict(head_width=24, qk_norm=True), "normalises heads of 24"),
        (dict(activation="relu"), "activation 'relu'"),
        (dict(windows=()), "layers"),
    ],
)
def test_shapes_without_an_exact_form_are_refused(changes: dict[str, Any], message: str) -> None:
    source = RandomSource(SHAPES["llama"])
    source.shape = dataclasses.replace(source.shape, **changes)
    with pytest.raises(BundleError, match=message):
        exact_shape(source, BYTES, 80, 8)


def test_the_context_is_at_most_the_trained_one() -> None:
    assert chosen_context(32768, None) == 4096
    assert chosen_context(512, None) == 512
    assert chosen_context(512, 100) == 100
    for wanted in (0, 513):
        with pytest.raises(BundleError, match="trained with 512 positions"):
            chosen_context(512, wanted)


def test_tokens_are_sorted_and_each_stands_once() -> None:
    texts = [*reversed(BYTES), None, b"the", b"", b"a" * 256, b"the", b"a"]
    table = token_table(SourceTokens(texts, 256, byte_tokenizer().decode()))
    assert table.tokens == sorted({*BYTES, b"the"})
    assert table.dropped == {"control": 2, "too_long": 1, "twice": 2}
    assert table.ids[-1] == 256
    assert texts[table.ids[table.tokens.index(b"the")]] == b"the"


def test_of_two_tokens_the_one_that_the_tokenizer_gives_is_kept() -> None:
    numbered = [bytes([byte]) for byte in BYTE_OF.values()]  # as the tokenizer of bytes does it
    texts = [*numbered, b"a", b"\xff"]
    table = token_table(SourceTokens(texts, 0, byte_tokenizer().decode()))
    assert table.ids[0x61] == numbered.index(b"a")
    assert table.ids[0xFF] == len(texts) - 1  # no text of its own
    with pytest.raises(BundleError, match="tokenizer of the model cannot be read"):
        token_table(SourceTokens(texts, 0, "{"))


def test_a_byte_without_a_token_is_refused() -> None:
    with pytest.raises(BundleError, match="the byte 0x07"):
        token_table(SourceTokens([b for b in BYTES if b != b"\7"], 0, ""))


def test_steps_of_the_stream() -> None:
    assert residual_bits(1.0, 10.0) == 10  # fine enough
    assert residual_bits(1.0, 2.0**17 - 1) == 5  # no more room
    assert residual_bits(1.0, 2.0**17) == 4
    assert residual_bits(0.0, 1e-9) == 24
    for largest in (np.nan, np.inf, 0.0):
        with pytest.raises(BundleError, match="no finite numbers"):
            residual_bits(1.0, largest)


@pytest.mark.parametrize("activation", ["silu", "gelu_tanh", "gelu_erf"])
def test_activations_are_close_everywhere(activation: str) -> None:
    limit = 16 if activation == "silu" else 8
    table = activation_table(activation, limit).astype(np.float64)
    y = torch.linspace(-3 * limit, 3 * limit, 10_001, dtype=torch.float64)
    place = (y.clamp(-limit, limit) + limit) * 64
    i = place.floor().long().numpy()
    found = y.numpy() * (table[i] + (place.numpy() - i) * (table[i + 1] - table[i]))
    if activation == "silu":
        expected = torch.nn.functional.silu(y)
    else:
        approximate = "tanh" if activation == "gelu_tanh" else "none"
        expected = torch.nn.functional.gelu(y, approximate=approximate)
    assert np.abs(found - expected.numpy()).max() < 5e-5


def test_a_folder_of_the_user_is_left_alone(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "b")
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with (
        pytest.raises(UsageError, match=r"holds thesis\.txt"),
        partial_bundle(tmp_path / "b", "key"),
    ):
        pass
    assert (folder / "thesis.txt").read_text() == "mine"
    (tmp_path / "other").mkdir()
    folder_of(tmp_path / "c").symlink_to(tmp_path / "other")
    with pytest.raises(UsageError, match="is a link"), partial_bundle(tmp_path / "c", "key"):
        pass


def test_no_other_import_begins_while_one_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, tried = tmp_path / "b", []
    with partial_bundle(target, "key") as bundle:
        (bundle.folder / "manifest.json").write_text("whole")
        bundle.is_whole = True

        def again(descriptor: int) -> None:
            with (
                pytest.raises(UsageError, match="another import is writing"),
                partial_bundle(target, "other"),
            ):
                pass
            tried.append(descriptor)

        monkeypatch.setattr("lmpack.importing.partial.sync", again)
    assert tried
    assert [path.name for path in target.iterdir()] == ["manifest.json"]

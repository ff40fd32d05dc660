"""Compressors by name: all are lossless."""

from __future__ import annotations

import inputs
import numpy as np
import pytest
from halving import Halving

from lmpack._extras import import_extra
from lmpack._models.bundle import load_bundle
from lmpack.errors import EvaluationError, UsageError
from lmpack.evaluation import compressors
from lmpack.evaluation.compressors import compressor_names, find_compressor
from lmpack.evaluation.media_codecs import closest_factors
from lmpack.evaluation.model_compressors import LANES, Transformer
from lmpack.evaluation.paper import CHUNK
from lmpack.evaluation.rates import measure_whole

PROSE = (inputs.SENTENCES * 2)[: 5 * CHUNK]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*compressor_names(), "model:small", "level:1", "level:6"])
def test_everything_comes_back(name: str) -> None:
    compressor = find_compressor(name)
    for data in (b"x", bytes(range(256)), PROSE):
        assert compressor.decompress(compressor.compress(data)) == data
    chunks = [PROSE[i : i + 1000] for i in range(0, 3500, 1000)]
    chunks[-1] = chunks[-1][:500]
    packed = compressor.compress_chunks(chunks)
    assert compressor.decompress_chunks(packed, list(map(len, chunks))) == chunks
    assert len(compressor.compress(b"\0")) >= compressor.header_bytes


@pytest.mark.parametrize(
    ("name", "size"), [("gzip", 238), ("lzma2", 284), ("png", 390), ("bzip2", 324)]
)
def test_sizes_of_a_fixed_text(name: str, size: int) -> None:
    text = inputs.TEXT * 2 + inputs.SENTENCES[:98] + bytes(range(64, 128))
    measured = measure_whole(find_compressor(name), text)
    assert measured.raw_bytes == 512
    # Other versions of zlib may find other matches.
    tolerance = 6 if name in ("gzip", "png") else 0
    assert measured.compressed_bytes == pytest.approx(size, abs=tolerance)


def test_flac_and_png_see_what_they_are_made_for() -> None:
    wave = (128 + 60 * np.sin(np.arange(8 * CHUNK) / 9)).astype(np.uint8).tobytes()
    assert measure_whole(find_compressor("flac"), wave).rate < 0.45
    samples = (20_000 * np.sin(np.arange(4000) / 20)).astype("<i2").tobytes()
    flac16 = find_compressor("flac16")
    assert measure_whole(flac16, samples).rate < 0.6
    assert flac16.decompress(flac16.compress(samples[1:])) == samples[1:]
    ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8).tobytes()
    assert measure_whole(find_compressor("png"), ramp).rate < 0.1


@pytest.mark.parametrize(
    ("number", "factors"), [(1, (1, 1)), (2048, (32, 64)), (49, (7, 7)), (13, (1, 13))]
)
def test_closest_factors(number: int, factors: tuple[int, int]) -> None:
    assert closest_factors(number) == factors


def test_a_model_counts_its_parameters_and_files() -> None:
    bundle = load_bundle("small")
    for name in ("model:small", "level:6"):
        compressor = find_compressor(name)
        assert compressor.parameters == bundle.architecture.parameters
        assert compressor.model_bytes == bundle.size
    assert find_compressor("level:1").parameters == 0


def test_chunks_of_a_model_know_nothing_of_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lmpack.evaluation.model_compressors.LANES", 3)
    model = Transformer("small")
    chunks = [inputs.SENTENCES[i * 200 : i * 200 + 200] for i in range(8)]
    packed = model.compress_chunks(chunks)
    assert len(packed) == 3
    assert model.decompress_chunks(packed, [200] * 8) == chunks
    alone = sum(len(model.compress_chunks([chunk])[0]) for chunk in chunks)
    assert alone - 8 <= sum(map(len, packed)) <= alone
    assert LANES * CHUNK <= 2**24


def test_others_can_register_their_own() -> None:
    compressors.register("halving", Halving)
    try:
        assert find_compressor("halving").name == "halving"
    finally:
        del compressors._factories["halving"]


@pytest.mark.parametrize("name", ["rar", "model:", "level:x", "level:0"])
def test_unknown_compressors(name: str) -> None:
    with pytest.raises(UsageError, match=r"choose from .*gzip|allowed are 1 to 9"):
        find_compressor(name)


def test_a_missing_package_is_named() -> None:
    with pytest.raises(EvaluationError, match=r"package nosuch: pip install 'lmpack\[eval\]'"):
        import_extra("no_such_module", "nosuch")

"""Rates: what is counted, and that everything has to come back; the paper's figures."""

from __future__ import annotations

import pytest
from halving import PAIRS, Halving

from lmpack.errors import EvaluationError
from lmpack.evaluation.paper import ADJUSTED, CHUNKED, WHOLE, paper_rate
from lmpack.evaluation.rates import adjusted, measure_chunks, measure_whole


def test_headers_are_counted_once_and_parameters_twice() -> None:
    whole = measure_whole(Halving(), PAIRS)
    assert (whole.raw_bytes, whole.compressed_bytes) == (6000, 3003)
    assert whole.rate == 3003 / 6000
    assert whole.adjusted_rate(6000) == pytest.approx(3003 / 6000 + 2000 / 6000)
    assert whole.adjusted_rate(10**6) == pytest.approx(3003 / 6000 + 0.002)
    assert whole.rate_with_files == pytest.approx(3003 / 6000 + 700 / 6000)
    chunks = measure_chunks(Halving(), [PAIRS[i : i + 100] for i in range(0, 6000, 100)])
    assert chunks.compressed_bytes == 3003


def test_adjusted_rates_are_the_papers() -> None:
    for name, parameters in (("Chinchilla 1B", 1e9), ("Chinchilla 7B", 7e9)):
        for raw, expected in zip(CHUNKED[name], ADJUSTED[name], strict=True):
            assert 100 * adjusted(raw / 100, int(parameters), 10**9) == pytest.approx(
                expected, abs=0.06
            )


def test_what_does_not_come_back_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="halving did not give the bytes back"):
        measure_whole(Halving(), b"ab")
    with pytest.raises(EvaluationError, match="not lossless"):
        measure_chunks(Halving(), [b"aa", b"ab"])


def test_the_papers_figures_are_found() -> None:
    assert paper_rate(WHOLE, "PNG", "imagenet") == 58.5
    assert paper_rate(CHUNKED, "FLAC", "librispeech") == 30.3
    assert paper_rate(CHUNKED, "gzip", "enwik7") == 48.1
    assert paper_rate(CHUNKED, "zstd", "enwik9") is None
    assert paper_rate(CHUNKED, "gzip", "text") is None

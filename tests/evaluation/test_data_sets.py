"""Data sets of the paper's experiments: how files become chunks."""

from __future__ import annotations

import lzma
import random
from pathlib import Path

import inputs
import numpy as np
import pytest
import soundfile
from PIL import Image

from lmpack.errors import EvaluationError, UsageError
from lmpack.evaluation.audio import eight_bits, sixteen_bits
from lmpack.evaluation.data_sets import PAPER_CHUNKS, load_data_set
from lmpack.evaluation.images import grey, patches
from lmpack.evaluation.paper import CHUNK

PROSE = (inputs.SENTENCES * 2)[: 5 * CHUNK]


def test_text_is_cut_and_the_rest_dropped(tmp_path: Path) -> None:
    text = random.Random(1).randbytes(5 * CHUNK + 77)
    (tmp_path / "text").write_bytes(text)
    (tmp_path / "text.xz").write_bytes(lzma.compress(text))
    for name in ("text", "text.xz"):
        data_set = load_data_set("text", tmp_path / name)
        assert data_set.data == text[: 5 * CHUNK]
        assert data_set.chunks == [text[i * CHUNK : (i + 1) * CHUNK] for i in range(5)]
        assert load_data_set("enwik8", tmp_path / name, limit=2).data == text[: 2 * CHUNK]


def test_enwik_is_a_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lmpack.evaluation.data_sets.ENWIK_BYTES", {"enwik7": 3 * CHUNK + 5})
    (tmp_path / "dump").write_bytes(bytes(10 * CHUNK))
    assert len(load_data_set("enwik7", tmp_path / "dump").data) == 3 * CHUNK


def test_the_papers_number_of_chunks() -> None:
    assert PAPER_CHUNKS == 488_281


def test_images_become_grey_patches(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (70, 130, 3), np.uint8)
    (tmp_path / "deep").mkdir()
    Image.fromarray(pixels).save(tmp_path / "deep" / "b.PNG")
    Image.fromarray(pixels[:40, :64]).save(tmp_path / "a.png")
    means = pixels.astype(np.int64).sum(axis=-1) // 3
    expected = [means[:32, :64], means[:32, :64], means[:32, 64:128]]
    expected += [means[32:64, :64], means[32:64, 64:128]]
    whole = b"".join(patch.astype(np.uint8).tobytes() for patch in expected)
    assert load_data_set("imagenet", tmp_path).data == whole
    assert load_data_set("imagenet", tmp_path, limit=2).data == whole[: 2 * CHUNK]
    seven = load_data_set("imagenet7", tmp_path).data
    assert [2 * low + byte % 2 for low, byte in zip(seven, whole, strict=True)] == list(whole)
    assert list(patches(grey(pixels)))[3] == expected[4].astype(np.uint8).tobytes()


def test_recordings_become_8_bit_chunks(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).integers(-(2**15), 2**15, 3 * CHUNK + 9, np.int16)
    soundfile.write(tmp_path / "a.flac", samples, 16_000)
    soundfile.write(tmp_path / "b.flac", samples[:CHUNK], 16_000)
    upper = (samples.astype(np.int64) // 256 + 128).astype(np.uint8).tobytes()
    data_set = load_data_set("librispeech", tmp_path)
    assert data_set.data == upper[: 3 * CHUNK] + upper[:CHUNK]
    assert eight_bits(samples) == upper[: 3 * CHUNK]
    assert sixteen_bits(samples[: CHUNK + 3]) == samples[:CHUNK].astype("<i2").tobytes()
    sixteen = load_data_set("librispeech16", tmp_path)
    assert sixteen.data.startswith(samples[:CHUNK].astype("<i2").tobytes())
    (tmp_path / "packed").write_bytes(sixteen.data)
    assert load_data_set("librispeech16", tmp_path / "packed").data == sixteen.data


def test_random_bytes_are_always_the_same() -> None:
    data = load_data_set("random", limit=3)
    assert (len(data.chunks), data.sha256) == (3, load_data_set("random", limit=3).sha256)


def test_packed_samples_are_those_of_the_recordings(shared_data: Path) -> None:
    audio = shared_data / "audio"
    packed = load_data_set("librispeech", audio / "librispeech_chunks.bin.xz", limit=100)
    assert load_data_set("librispeech", audio / "flac", limit=100).data == packed.data


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("cifar", None, UsageError, "no data set 'cifar': choose from enwik7"),
        ("text", None, UsageError, "say where it is, as text=PATH"),
        ("text", b"too little", EvaluationError, "holds 10 bytes"),
        ("imagenet", {}, EvaluationError, "holds no files that end in .jpeg"),
        ("imagenet", {"a.png": b"nonsense"}, EvaluationError, "cannot be read as an image"),
        ("librispeech", {"a.flac": b"nonsense"}, EvaluationError, "cannot be read as audio"),
        ("text", {}, EvaluationError, "is no file"),
    ],
)
def test_bad_data(
    tmp_path: Path,
    name: str,
    content: bytes | dict[str, bytes] | None,
    error: type[Exception],
    message: str,
) -> None:
    path = tmp_path / "data"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.mkdir()
        for file, data in content.items():
            (path / file).write_bytes(data)
    with pytest.raises(error, match=message):
        load_data_set(name, None if content is None else path)


def test_damaged_xz_and_wrong_rates_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.xz").write_bytes(b"no xz")
    with pytest.raises(EvaluationError, match="cannot be decompressed"):
        load_data_set("text", tmp_path / "a.xz")
    soundfile.write(tmp_path / "a.flac", np.zeros(5000, np.int16), 8000)
    with pytest.raises(EvaluationError, match="not mono of 16000 Hz"):
        load_data_set("librispeech", tmp_path)
    with pytest.raises(UsageError, match="at least 1"):
        load_data_set("random", limit=0)

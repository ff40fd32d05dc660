"""Compressors as generators: what is drawn, and that the seed decides it."""

from __future__ import annotations

import collections
import io
import wave
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import inputs
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result
from fake_models import OrderZeroExecutor
from PIL import Image

import lmpack
from lmpack._executors import open_executor
from lmpack._models.bundle import load_byte_model
from lmpack.cli.main import main
from lmpack.errors import EvaluationError, UsageError
from lmpack.evaluation.audio import read_audio
from lmpack.evaluation.classical import Classical
from lmpack.evaluation.continuation import (
    SINGLE_BYTES,
    CompressorContinuation,
    ModelContinuation,
)
from lmpack.evaluation.generation import best_continuations, continue_prompts, generate
from lmpack.evaluation.images import read_grey_image
from lmpack.evaluation.prompts import continue_audio, continue_image, continue_text

PROMPT = inputs.SENTENCES[:300]


class Fixed:
    """Bytes 1, 2 and 3 with odds 1, 3 and 0."""

    spellings = SINGLE_BYTES

    def __init__(self, strings: int) -> None:
        self.strings = strings
        self.seen: list[list[int]] = []

    def odds(self) -> np.ndarray:
        row = np.zeros(256, np.int64)
        row[1:4] = 1, 3, 0
        return np.tile(row, (self.strings, 1))

    def append(self, values: Sequence[int]) -> None:
        self.seen.append(list(values))


def test_bytes_are_drawn_in_proportion_to_their_odds() -> None:
    source = Fixed(2)
    first, second = generate(source, range(2), 2000)
    counts = collections.Counter(first)
    assert set(counts) == {1, 2}
    assert counts[2] / 2000 == pytest.approx(0.75, abs=0.03)
    assert first != second
    assert source.seen == [list(pair) for pair in zip(first[:-1], second[:-1], strict=True)]


def test_the_seed_decides() -> None:
    assert generate(Fixed(1), range(1), 50, seed=1) == generate(Fixed(1), range(1), 50, seed=1)
    assert generate(Fixed(1), range(1), 50, seed=1) != generate(Fixed(1), range(1), 50, seed=2)
    assert generate(Fixed(2), range(2), 50)[0] == generate(Fixed(1), range(1), 50)[0]


@pytest.mark.parametrize(("temperature", "share"), [(0, 1), (0.5, 0.9), (2, 0.634)])
def test_temperature(temperature: float, share: float) -> None:
    drawn = generate(Fixed(1), range(1), 3000, temperature=temperature)[0]
    assert drawn.count(2) / 3000 == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(("count", "temperature"), [(-1, 1.0), (1, -0.1)])
def test_bad_arguments(count: int, temperature: float) -> None:
    with pytest.raises(UsageError, match="0 or more"):
        generate(Fixed(1), range(1), count, temperature=temperature)


def test_a_model_gives_its_own_odds_step_by_step() -> None:
    executor = open_executor(load_byte_model("small"), threads=1)
    grown = ModelContinuation(executor, [PROMPT, PROMPT[::-1]])
    grown.append([ord("a"), ord("b")])
    whole = ModelContinuation(executor, [PROMPT + b"a", PROMPT[::-1] + b"b"])
    assert np.array_equal(grown.odds(), whole.odds())
    assert whole.odds().shape == (2, 256)


def test_a_model_continues_text_as_text() -> None:
    drawn = continue_text(PROMPT, 60, lambda prompts, count: extend("model:small", prompts, count))
    assert len(drawn) == 60
    assert sum(byte in b" \n" or chr(byte).isalnum() for byte in drawn) > 50
    assert drawn == continue_text(
        PROMPT, 60, lambda prompts, count: extend("model:small", prompts, count)
    )


def extend(name: str, prompts: Sequence[bytes], count: int) -> list[bytes]:
    return continue_prompts(name, prompts, count, seed=3)


def test_a_byte_that_costs_a_byte_more_is_256_times_less_probable() -> None:
    def compress(data: bytes) -> bytes:
        return bytes(10 + {ord("a"): 0, ord("b"): 1, ord("c"): 20}.get(data[-1], 2))

    odds = CompressorContinuation(Classical("x", compress, bytes), [b"some", b"more"]).odds()
    for row in odds:
        assert [row[byte] for byte in b"abcd"] == [2**24, 2**16, 0, 2**8]


def test_a_compressor_goes_on_with_what_it_has_seen() -> None:
    drawn = extend("gzip", [b"abcabcabc" * 20], 4)[0]
    assert len(drawn) == 4
    source = CompressorContinuation(Classical("x", bytes, bytes), [b"ab"])
    source.append(b"c")
    assert source._strings == [b"abc"]


def test_the_best_candidate_is_the_smallest() -> None:
    prompts = [b"abcd" * 50, b"xy" * 99]
    drawn = [[b"abcdabcd", b"qwertzui"], [b"a2?!m<q8", b"xyxyxyxy"]]
    assert best_continuations("gzip", prompts, drawn) == [b"abcdabcd", b"xyxyxyxy"]


def rows_reversed(prompts: Sequence[bytes], count: int) -> list[bytes]:
    return [prompt[::-1][:count].ljust(count, b"\0") for prompt in prompts]


def test_images_and_audio_keep_their_first_half() -> None:
    image = np.arange(21, dtype=np.uint8).reshape(3, 7)
    drawn = continue_image(image, rows_reversed)
    assert drawn.tolist()[1] == [7, 8, 9, 9, 8, 7, 0]
    assert continue_audio(b"abcdef", rows_reversed) == b"abccba"


@pytest.mark.parametrize(
    "go_on",
    [
        lambda: continue_text(b"", 5, rows_reversed),
        lambda: continue_audio(b"x", rows_reversed),
        lambda: continue_image(np.zeros((4, 1), np.uint8), rows_reversed),
    ],
)
def test_there_must_be_something_to_go_on_from(go_on: Callable[[], object]) -> None:
    with pytest.raises(EvaluationError):
        go_on()


def test_recordings_of_other_rates_are_read(tmp_path: Path) -> None:
    samples = (np.arange(8000)[:, None] % 200 - 100) * np.array([[256, 256]])
    soundfile.write(tmp_path / "a.wav", samples.astype(np.int16), 8000)
    data = read_audio(tmp_path / "a.wav", 0.5)
    assert len(data) == 8000
    assert data[:6] == bytes([28, 28, 29, 29, 30, 30])
    (tmp_path / "b.wav").write_bytes(b"nonsense")
    with pytest.raises(EvaluationError, match="cannot be read as audio"):
        read_audio(tmp_path / "b.wav")
    with pytest.raises(EvaluationError, match="cannot be read as an image"):
        read_grey_image(tmp_path / "b.wav")


# The command


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["generate", *arguments])


def test_text(tmp_path: Path) -> None:
    (tmp_path / "prompt").write_bytes(PROMPT)
    command = ["text", str(tmp_path / "prompt"), "--bytes", "20", "--with", "model:small"]
    first = invoke(*command)
    assert (first.exit_code, len(first.stdout_bytes)) == (0, 20)
    assert invoke(*command).stdout_bytes == first.stdout_bytes
    assert invoke(*command, "--seed", "1").stdout_bytes != first.stdout_bytes
    three = [invoke(*command, "--seed", str(seed)).stdout_bytes for seed in range(3)]
    best = invoke(*command, "--candidates", "3").stdout_bytes
    assert best == min(three, key=lambda text: len(lmpack.compress(PROMPT + text, mixing=False)))
    assert invoke(*command, "-o", str(tmp_path / "out")).exit_code == 0
    assert (tmp_path / "out").read_bytes() == first.stdout_bytes
    prompt = str(tmp_path / "prompt")
    for others in (
        ("text", prompt, "--bytes", "20", "--model", "small"),
        ("--model", "small", "text", prompt, "--bytes", "20"),
        ("--model", "tiny", "text", prompt, "--bytes", "20", "--model", "small"),
    ):
        assert invoke(*others).stdout_bytes == first.stdout_bytes
    both = invoke(*command, "--model", "small")
    assert (both.exit_code, "exclude each other" in both.output) == (2, True)
    again = invoke(*command, "-o", str(tmp_path / "out"))
    assert (again.exit_code, "exists" in again.output) == (1, True)
    assert invoke(*command, "-f", "-o", str(tmp_path / "out")).exit_code == 0


def test_image(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 10, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    arguments = [str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png")]
    assert invoke("image", *arguments, "--with", "model:small").exit_code == 0
    drawn = read_grey_image(tmp_path / "out.png")
    assert drawn.shape == (4, 10)
    assert np.array_equal(drawn[:, :5], read_grey_image(tmp_path / "in.png")[:, :5])


def test_audio(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(-9000, 9000, 2000, np.int16)
    soundfile.write(tmp_path / "in.flac", samples, 16_000)
    arguments = [str(tmp_path / "in.flac"), "-o", str(tmp_path / "out.wav"), "--seconds", "0.05"]
    picture = tmp_path / "picture.png"
    result = invoke("audio", *arguments, "--spectrograms", str(picture), "--with", "model:small")
    assert result.exit_code == 0, result.output
    with wave.open(io.BytesIO((tmp_path / "out.wav").read_bytes())) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnframes()) == (16_000, 1, 800)
        frames = file.readframes(800)
    assert frames[:400] == read_audio(tmp_path / "in.flac", 0.025)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["text", "nowhere"], "No such file"),
        (["text", "/dev/null"], "the text is empty"),
        (["image", "/dev/null", "-o", "x.png"], "/dev/null is a device: give a regular file"),
        (["image", "sound.raw", "-o", "x.png"], "cannot be read as an image"),
        (["image", "bomb.png", "-o", "x.png"], "cannot be read as an image"),
        (["image", "grey.png", "-f", "-o", "grey.png"], "are the same file"),
        (["audio", "sound.raw", "-o", "x.wav"], "cannot be read as audio"),
        (["audio", "slow.wav", "-o", "x.wav", "--seconds", "80000"], "at most 1,000,000,000"),
        (["audio", "slow.wav", "-o", "x.wav", "--seconds", "nan"], "seconds must be above 0"),
        (["audio", "slow.wav", "-f", "-o", "slow.wav"], "are the same file"),
        (["audio", "slow.wav", "-o", "x", "--spectrograms", "grey.png"], "grey.png exists"),
        (
            ["text", __file__, "--temperature", "nan"],
            "temperature must be a number of 0 or more, not nan",
        ),
        (["text", __file__, "--with", "level:²"], "no compressor 'level:²'"),
        (["text", __file__, "--with", "rar"], "no compressor 'rar'"),
        (["text", __file__, "--model", "nowhere"], "there is no model"),
        (["text", __file__, "--with", "model:nowhere"], "there is no model"),
    ],
)
def test_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.zeros((4, 4), np.uint8)).save("grey.png")
    # Its header promises 60,000 x 60,000 pixels.
    fields = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0"
    chunk = (13).to_bytes(4, "big") + fields + zlib.crc32(fields).to_bytes(4, "big")
    Path("bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    Path("sound.raw").write_bytes(bytes(5000))
    soundfile.write("slow.wav", np.zeros(100_000, np.int16), 1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    result = invoke(*arguments)
    assert result.exit_code == 1
    assert message in result.output
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_two_outputs_need_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    soundfile.write("in.flac", np.zeros(2000, np.int16), 16_000)
    for other in ([], ["-o", "x"], ["-o", "./x"]):
        name = "x" if other else "-"
        result = invoke("audio", "in.flac", *other, "--spectrograms", name)
        assert (result.exit_code, "both outputs" in result.output) == (2, True)


def test_pictures_of_16_bits_lose_the_lower_ones(tmp_path: Path) -> None:
    ramp = np.arange(0, 65_536, 256).astype(np.uint16).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    assert np.array_equal(read_grey_image(tmp_path / "deep.png"), ramp >> 8)


def test_the_fake_model_draws_what_it_finds_probable() -> None:
    source = ModelContinuation(OrderZeroExecutor(100_000), [b"ab"])
    assert set(generate(source, range(1), 100)[0]) <= set(b" \nabcdefghijklmnopqrstuvwxyz")

"""The paper's data sets, from files, cut as in the paper.

enwik7, enwik8, enwik9: the first 10^7, 10^8 or 10^9 bytes of a Wikipedia dump. imagenet: grey
patches of 32 rows and 64 columns. imagenet7: the same without the lowest bit of a pixel, which the
paper's code drops before its language models. librispeech: 8-bit samples. librispeech16: the
16-bit samples as they were recorded, little-endian, which the paper does not have. random: bytes
of a seeded generator. text: any other file. All are a whole number of chunks of 2048 bytes; what is
left over is dropped.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import lzma
import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._extras import needed
from lmpack.errors import EvaluationError, UsageError

CHUNK = 2048
PAPER_BYTES = 10**9
PAPER_CHUNKS = PAPER_BYTES // CHUNK
"""488,281 of them, as in the paper's code; its text prints 488,821."""

PATCH_ROWS, PATCH_COLUMNS = 32, 64
SAMPLE_RATE = 16_000
"""Hz, of LibriSpeech."""

ENWIK_BYTES = {"enwik7": 10**7, "enwik8": 10**8, "enwik9": 10**9}
NAMES = (
    *ENWIK_BYTES, "imagenet", "imagenet7", "librispeech", "librispeech16", "random", "text",
)  # fmt: skip

_IMAGES = (".jpeg", ".jpg", ".png", ".bmp", ".webp")


@dataclasses.dataclass(frozen=True)
class DataSet:
    """Bytes to compress.

    Attributes:
        name: one of :data:`NAMES`.
        data: all of them, a whole number of chunks.
    """

    name: str
    data: bytes

    @property
    def chunks(self) -> list[bytes]:
        """The bytes in pieces of 2048."""
        return [self.data[first : first + CHUNK] for first in range(0, len(self.data), CHUNK)]

    @property
    def sha256(self) -> str:
        """Of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


def load_data_set(name: str, path: Path | None = None, limit: int = PAPER_CHUNKS) -> DataSet:
    """The start of a data set.

    Args:
        name: one of :data:`NAMES`.
        path: enwik7 to enwik9 and text: a file. imagenet and imagenet7: a folder of images, taken
            in the order of their paths, or a file of patches of 8 bits one after another.
            librispeech and librispeech16: a folder of FLAC files, or a file of samples. Files that
            end in .xz are decompressed.
            Not needed for random.
        limit: number of chunks, at most.

    Raises:
        UsageError: an unknown name, or no path where one is needed.
        EvaluationError: the path holds too little, or nothing that can be read.
        OSError: a file cannot be read.
    """
    if name not in NAMES:
        raise UsageError(f"there is no data set {name!r}: choose from {', '.join(NAMES)}")
    if limit < 1:
        raise UsageError(f"the limit is {limit} chunks, it must be at least 1")
    if name == "random":
        return DataSet(name, random.Random(0).randbytes(CHUNK * min(limit, PAPER_CHUNKS)))
    if path is None:
        raise UsageError(f"{name} is not part of lmpack: say where it is, as {name}=PATH")
    data = _READERS.get(name, _read_text)(path, CHUNK * min(limit, _most_chunks(name)))
    if len(data) < CHUNK:
        raise EvaluationError(f"{path} holds {len(data)} bytes for {name}, less than one chunk")
    return DataSet(name, data[: len(data) // CHUNK * CHUNK])


def _most_chunks(name: str) -> int:
    return ENWIK_BYTES.get(name, PAPER_BYTES) // CHUNK


def _read_text(path: Path, size: int) -> bytes:
    """The start of a file."""
    if not path.is_file():
        raise EvaluationError(f"{path} is no file: text is read from one")
    try:
        with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
            return file.read(size)
    except (lzma.LZMAError, EOFError) as error:
        raise EvaluationError(f"{path} cannot be decompressed: {error}") from error


def _read_images(path: Path, size: int) -> bytes:
    if path.is_file():
        return _read_text(path, size)
    return _joined(itertools.chain.from_iterable(map(patches, _grey_images(path))), size)


def _read_images7(path: Path, size: int) -> bytes:
    return bytes(byte >> 1 for byte in _read_images(path, size))


def _grey_images(folder: Path) -> Iterator[npt.NDArray[np.uint8]]:
    return map(read_grey_image, _files(folder, _IMAGES))


def read_grey_image(path: Path) -> npt.NDArray[np.uint8]:
    """A picture as grey values [H, W]; of 16 bits the upper 8.

    Raises:
        EvaluationError: it cannot be read, or is so large that it may be a trap.
    """
    image = needed("PIL.Image", "pillow")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", image.DecompressionBombWarning)
            opened = image.open(path)
        with opened:
            if opened.mode.startswith("I;16"):
                return (np.asarray(opened) >> 8).astype(np.uint8)
            return grey(np.asarray(opened.convert("RGB")))
    except (
        OSError, ValueError, image.DecompressionBombError, image.DecompressionBombWarning,
    ) as error:  # fmt: skip
        raise EvaluationError(f"{path} cannot be read as an image: {error}") from error


def grey(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The mean over the colours [..., 3], rounded down, as in the paper's code."""
    means: npt.NDArray[np.uint8] = np.mean(pixels, axis=-1).astype(np.uint8)
    return means


def patches(image: npt.NDArray[np.uint8]) -> Iterator[bytes]:
    """The patches of a grey image [H, W], row by row; what is left over at its edges is dropped."""
    rows, columns = image.shape[0] // PATCH_ROWS, image.shape[1] // PATCH_COLUMNS
    for row, column in itertools.product(range(rows), range(columns)):
        top, left = row * PATCH_ROWS, column * PATCH_COLUMNS
        yield image[top : top + PATCH_ROWS, left : left + PATCH_COLUMNS].tobytes()


def _read_audio(path: Path, size: int) -> bytes:
    if path.is_file():
        return _read_text(path, size)
    return _joined((eight_bits(samples) for samples in _recordings(path)), size)


def _read_audio16(path: Path, size: int) -> bytes:
    if path.is_file():
        return _read_text(path, size)
    return _joined((sixteen_bits(samples) for samples in _recordings(path)), size)


def _recordings(folder: Path) -> Iterator[npt.NDArray[np.int16]]:
    soundfile = needed("soundfile", "soundfile")
    for file in _files(folder, (".flac",)):
        try:
            samples, rate = soundfile.read(file, dtype="int16")
        except (RuntimeError, TypeError) as error:
            raise EvaluationError(f"{file} cannot be read as audio: {error}") from error
        if rate != SAMPLE_RATE or samples.ndim != 1:
            raise EvaluationError(f"{file} is not mono of {SAMPLE_RATE} Hz, as LibriSpeech is")
        yield samples


def eight_bits(samples: npt.NDArray[np.int16]) -> bytes:
    """The upper 8 bits of 16-bit samples, with 128 as zero, in whole chunks."""
    upper = ((samples >> 8) + 128).astype(np.uint8)
    return upper[: len(upper) // CHUNK * CHUNK].tobytes()


def sixteen_bits(samples: npt.NDArray[np.int16]) -> bytes:
    """16-bit samples, little-endian, in whole chunks."""
    whole = len(samples) // (CHUNK // 2) * (CHUNK // 2)
    return samples[:whole].astype("<i2").tobytes()


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """All files with such names in a folder and below, in the order of their paths."""
    if not folder.is_dir():
        raise EvaluationError(f"{folder} is neither a file nor a folder")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    if not found:
        raise EvaluationError(f"{folder} holds no files that end in {', '.join(suffixes)}")
    return found


def _joined(pieces: Iterator[bytes], size: int) -> bytes:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) >= size:
            break
    return bytes(data[:size])


_READERS: dict[str, Callable[[Path, int], Any]] = {
    "imagenet": _read_images,
    "imagenet7": _read_images7,
    "librispeech": _read_audio,
    "librispeech16": _read_audio16,
}

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
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from lmpack.errors import EvaluationError, UsageError
from lmpack.evaluation.audio import eight_bits, read_speech, sixteen_bits
from lmpack.evaluation.images import patches, read_grey_image
from lmpack.evaluation.paper import CHUNK, PAPER_BYTES

PAPER_CHUNKS = PAPER_BYTES // CHUNK
"""488,281 of them, as in the paper's code; its text prints 488,821."""

ENWIK_BYTES = {"enwik7": 10**7, "enwik8": 10**8, "enwik9": 10**9}
NAMES = (
    *ENWIK_BYTES, "imagenet", "imagenet7", "librispeech", "librispeech16", "random", "text",
)  # fmt: skip


class _Folder(NamedTuple):
    """How a folder of files becomes bytes.

    Attributes:
        suffixes: of the names of its files.
        pieces: the bytes of one of them, in pieces of whole chunks.
    """

    suffixes: tuple[str, ...]
    pieces: Callable[[Path], Iterable[bytes]]


_IMAGES = _Folder(
    (".jpeg", ".jpg", ".png", ".bmp", ".webp"), lambda path: patches(read_grey_image(path))
)
_FOLDERS = {
    "imagenet": _IMAGES,
    "imagenet7": _IMAGES,
    "librispeech": _Folder((".flac",), lambda path: [eight_bits(read_speech(path))]),
    "librispeech16": _Folder((".flac",), lambda path: [sixteen_bits(read_speech(path))]),
}


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
    """
    if name not in NAMES:
        raise UsageError(f"there is no data set {name!r}: choose from {', '.join(NAMES)}")
    if limit < 1:
        raise UsageError(f"the limit is {limit} chunks, it must be at least 1")
    if name == "random":
        return DataSet(name, random.Random(0).randbytes(CHUNK * min(limit, PAPER_CHUNKS)))
    if path is None:
        raise UsageError(f"{name} is not part of lmpack: say where it is, as {name}=PATH")
    data = _read(name, path, CHUNK * min(limit, _most_chunks(name)))
    if len(data) < CHUNK:
        raise EvaluationError(f"{path} holds {len(data)} bytes for {name}, less than one chunk")
    return DataSet(name, data[: len(data) // CHUNK * CHUNK])


def _most_chunks(name: str) -> int:
    return ENWIK_BYTES.get(name, PAPER_BYTES) // CHUNK


def _read(name: str, path: Path, size: int) -> bytes:
    """The start of a data set, of which a path is a file or a folder."""
    if path.is_file() or name not in _FOLDERS:
        data = _read_text(path, size)
    else:
        kind = _FOLDERS[name]
        data = _joined(itertools.chain.from_iterable(map(kind.pieces, _files(path, kind))), size)
    return bytes(byte >> 1 for byte in data) if name == "imagenet7" else data


def _read_text(path: Path, size: int) -> bytes:
    """The start of a file."""
    if not path.is_file():
        raise EvaluationError(f"{path} is no file: text is read from one")
    try:
        with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
            return file.read(size)
    except (lzma.LZMAError, EOFError) as error:
        raise EvaluationError(f"{path} cannot be decompressed: {error}") from error
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror}") from error


def _files(folder: Path, kind: _Folder) -> list[Path]:
    """All files of a kind in a folder and below, in the order of their paths."""
    if not folder.is_dir():
        raise EvaluationError(f"{folder} is neither a file nor a folder")
    named = (path for path in folder.rglob("*") if path.suffix.lower() in kind.suffixes)
    found = sorted(path for path in named if path.is_file())
    if not found:
        raise EvaluationError(f"{folder} holds no files that end in {', '.join(kind.suffixes)}")
    return found


def _joined(pieces: Iterable[bytes], size: int) -> bytes:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) >= size:
            break
    return bytes(data[:size])

"""Opening float weights, whatever their format."""

from __future__ import annotations

from pathlib import Path

from lmpack.errors import BundleError
from lmpack.importing.gguf_file.header import is_gguf
from lmpack.importing.gguf_file.reader import GgufSource
from lmpack.importing.hugging_face.reader import CONFIG, HuggingFaceSource
from lmpack.importing.llama2c import Llama2cSource
from lmpack.importing.source import FloatSource


def open_source(path: Path) -> FloatSource:
    """A model of float weights.

    Args:
        path: a folder of Hugging Face, a GGUF file, or a .bin file of llama2.c.

    Raises:
        BundleError: it is missing, damaged, or nothing that lmpack can import.
    """
    try:
        if path.is_dir():
            if not (path / CONFIG).is_file():
                raise BundleError(f"{path} is no folder of a model: it holds no {CONFIG}")
            return HuggingFaceSource(path)
        if not path.is_file():
            raise BundleError(f"{path} is neither a file nor a folder")
        if is_gguf(path):
            return GgufSource(path)
        if path.suffix == ".bin":
            return Llama2cSource(path)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror or error}") from error
    raise BundleError(
        f"{path} is no model that lmpack can import: it takes a folder of Hugging Face with "
        "safetensors, a GGUF file, or a .bin file of llama2.c"
    )

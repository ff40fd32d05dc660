"""A folder of transformers as a FloatSource: config.json, safetensors and a tokenizer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lmpack.importing.hugging_face.json_file import read_json
from lmpack.importing.hugging_face.names import ignored, read_naming
from lmpack.importing.hugging_face.shape import language_config, read_shape
from lmpack.importing.hugging_face.shards import Shards
from lmpack.importing.hugging_face.tokens import read_tokens, tokenizer_file
from lmpack.importing.mapped_source import MappedSource
from lmpack.importing.source import Floats

CONFIG = "config.json"
_LICENCE = re.compile(r"^license:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_LONGEST_CARD = 1 << 16


class HuggingFaceSource(MappedSource):
    """A model in a folder.

    Args:
        folder: the folder.

    Raises:
        BundleError: files are missing or damaged, or the model is none that lmpack can import.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        family, config = language_config(read_json(folder / CONFIG))
        shape = read_shape(family, config)
        self._shards = Shards(folder)
        stored = self._shards.shapes
        naming = read_naming(family, config, stored)
        rest = ignored(family, naming, tied=shape.tied, stored=stored)
        tokens = read_tokens(folder, config, vocabulary=shape.vocabulary)
        super().__init__(shape, tokens, naming.recipes(shape), stored, rest)

    def read(self, stored: str) -> Floats:
        """A stored tensor as float32.

        Raises:
            BundleError: it cannot be read.
        """
        return self._shards.read(stored)

    def description(self) -> dict[str, Any]:
        """The name of the folder, and the licence that its README.md states."""
        return {
            "name": self._folder.resolve().name,
            "format": "hugging_face",
            "licence": self._licence(),
        }

    def files(self) -> list[Path]:
        """The files that are read."""
        return [self._folder / CONFIG, *self._shards.files, tokenizer_file(self._folder)]

    def _licence(self) -> str:
        card = self._folder / "README.md"
        if not card.is_file():  # a pipe would be waited for
            return "not stated"
        try:
            with card.open(encoding="utf-8", errors="replace") as file:
                text = file.read(_LONGEST_CARD)
        except OSError:
            return "not stated"
        # Between the first two lines of dashes, as the hub's model cards have it.
        front = text.split("---", 2)[1] if text.startswith("---") and "---" in text[3:] else ""
        found = _LICENCE.search(front)
        return found[1] if found else "not stated"

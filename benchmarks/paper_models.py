"""The list of the models of the paper's experiments: benchmarks/models.json.

It holds what each model is, what it was trained on and what it reaches. Bundles of those over
bytes are in benchmarks/models; the others are trained again when they are needed.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from benchmarks.places import MODELS
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import Bundle
from lmpack._models.tokenization import PLAIN

LIST = MODELS.with_suffix(".json")


@dataclasses.dataclass(frozen=True)
class PaperModel:
    """One of the models.

    Attributes:
        folder: name of the folder of its bundle.
        preset: of `lmpack train`.
        tokenizer: kind of its symbols, as for `lmpack train --tokenizer`.
        name: in tables.
        fingerprint: in hexadecimal.
        architecture: its shape, as in manifests.
        bundle_bytes: of all files of its bundle.
        training: what it saw, as in manifests: number of symbols, sources, seed, seconds.
        evaluation: bits per byte by validation source.
        evaluation_without_rounding: the same in float32.
    """

    folder: str
    preset: str
    tokenizer: str
    name: str
    fingerprint: str
    architecture: Mapping[str, Any]
    bundle_bytes: int
    training: Mapping[str, Any]
    evaluation: Mapping[str, float]
    evaluation_without_rounding: Mapping[str, float]

    @property
    def shape(self) -> Architecture:
        """Its architecture."""
        return Architecture.from_json(self.architecture)

    def trained_as(self, bundle: Bundle) -> PaperModel:
        """The same entry with the facts of a bundle."""
        return dataclasses.replace(
            self,
            fingerprint=bundle.fingerprint.hex(),
            architecture=bundle.architecture.to_json(),
            bundle_bytes=bundle.size,
            **{key: bundle.manifest[key] for key in MEASURED},
        )


MEASURED = ("training", "evaluation", "evaluation_without_rounding")
"""Fields that manifests have under the same names."""


def read_list() -> list[PaperModel]:
    """All models, smallest ones first, then smallest vocabularies."""
    return [PaperModel(**entry) for entry in json.loads(LIST.read_text())]


def write_list(models: list[PaperModel]) -> None:
    """Write the list, one line for each field, so that changes can be read."""
    LIST.write_text(json.dumps([dataclasses.asdict(model) for model in models], indent=1) + "\n")


def is_kept(model: PaperModel) -> bool:
    """Whether its bundle is part of the repository."""
    return model.tokenizer == PLAIN

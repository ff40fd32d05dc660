"""What the tests of importing share: a saved model of every family, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from float_models import save_model

torch.set_num_threads(1)

TEXT = torch.arange(7, 7 + 40 * 17, 17) % 256
"""Ids of a text that is longer than the windows and shorter than the context."""


class Saved(NamedTuple):
    """A model in a folder, which must not be changed, and the logits that transformers gives."""

    folder: Path
    model: Any
    logits: torch.Tensor


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Saved]:
    """A model by its name in float_models.RECIPES."""
    known: dict[str, Saved] = {}

    def get(name: str) -> Saved:
        if name not in known:
            folder = tmp_path_factory.mktemp(name)
            model = save_model(name, folder)
            with torch.inference_mode():
                known[name] = Saved(folder, model, model(TEXT[None]).logits[0])
        return known[name]

    return get

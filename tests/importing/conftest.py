"""What the tests of importing share: a saved model of every family, made once."""

from __future__ import annotations

import pytest
import torch
from float_models import SavedModels

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> SavedModels:
    """Models in folders that must not be changed."""
    return SavedModels(tmp_path_factory.mktemp)

"""What the tests of training share."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from training_runs import trainer, write_text

from lmpack.training import train
from lmpack.training.train import Trainer

# The models are so small that a second thread only waits for the first.
torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def no_pictures() -> None:
    """Leaves out the curves, which take longer to draw than a step; test_curves.py draws them."""
    patch = pytest.MonkeyPatch()
    patch.setattr(train, "draw_curves", lambda lines, picture: None)


@pytest.fixture(autouse=True, scope="session")
def quick_revival() -> None:
    """Looks at few symbols for dead units: the sequences here are short, each a pass of its own."""
    pytest.MonkeyPatch().setattr(train, "REVIVAL_SYMBOLS", 4096)


@pytest.fixture(scope="session")
def text_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the text, and must not be changed."""
    return write_text(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def finished_run(text_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    """A run that came to its end: 40 steps, of which the last 8 fall. It must not be changed."""
    run = trainer(text_folder, tmp_path_factory.mktemp("finished"))
    run.run()
    return run

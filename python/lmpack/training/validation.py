"""What a run measures at each report: bits per byte of the validation sources, living units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lmpack._models.tokenization import Tokenizer
from lmpack.training.activity import observed, summary
from lmpack.training.config import TrainingConfig
from lmpack.training.data import read_source
from lmpack.training.evaluate import total_bits
from lmpack.training.model import ExactTransformer


class Validation:
    """The starts of the validation sources.

    Attributes:
        symbols: of each of them, integers [n].

    Args:
        config: names them, and says how much of each is used.
        data: folder of the sources.
        tokenizer: makes symbols of them.

    Raises:
        TrainingError: a source cannot be read.
    """

    def __init__(self, config: TrainingConfig, data: Path, tokenizer: Tokenizer) -> None:
        texts = [read_source(data, source)[: config.valid_bytes] for source in config.valid]
        self._sizes = {
            source.name: len(text) for source, text in zip(config.valid, texts, strict=True)
        }
        self.symbols = [tokenizer.encode(text.tobytes()) for text in texts]

    def measure(self, model: ExactTransformer) -> dict[str, Any]:
        """From exact passes: `valid`, bits per byte by source, and `hidden`, shares by layer."""
        with observed(model) as activity:
            bits = total_bits(model, self.symbols)
        rates = {
            name: total / size
            for total, (name, size) in zip(bits, self._sizes.items(), strict=True)
        }
        return {"valid": rates, "hidden": summary(activity) if self.symbols else None}

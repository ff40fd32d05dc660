"""What one training run depends on."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lmpack._files.kinds import require_regular
from lmpack._models.architecture import Architecture
from lmpack._models.tokenization import PLAIN, aligned, vocabulary_of
from lmpack.errors import LmpackError, TrainingError
from lmpack.training.presets import find_shape

MATRIX_OPTIMIZERS = ("muon", "adamw")
PRODUCTS = ("float32", "bfloat16")

LONGEST_FALL = 0.9
"""Of a run: a branch whose fall is a larger share would never end."""

SMALLEST_RATE = 1e-12
LARGEST = 2.0**62
"""Bounds of numbers that have no other ones."""

_FREE = ("symbols", "seconds", "fall", "valid", "valid_bytes", "report_every", "save_every")


@dataclasses.dataclass(frozen=True)
class Source:
    """One file to train or validate on.

    Attributes:
        path: relative to the data folder; a name ending in .xz is decompressed.
        weight: share of the training sequences drawn from it (need not sum to 1).
        skip: byte ranges [start, end) that are left out.
    """

    path: str
    weight: float = 1.0
    skip: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.path, str):
            raise TrainingError(f"the path of a source must be text, not {self.path!r}")
        _check_number(f"the weight of {self.path}", self.weight, SMALLEST_RATE)
        for part in self.skip:
            if len(part) != 2:
                raise TrainingError(f"what {self.path} skips are pairs [start, end], not {part!r}")
            for place in part:
                _check_number(f"an end of what {self.path} skips", place, 0, kind=int)

    @property
    def name(self) -> str:
        """The path without folders and .xz: the key of results."""
        return Path(self.path).name.removesuffix(".xz")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """What decides the weights that come out, with torch's version, threads and compilation.

    Attributes:
        architecture: the shape.
        train: sources, drawn by weight.
        valid: sources to report bits per byte on.
        tokenizer: kind of tokenizer that makes symbols of the sources
            (:mod:`lmpack._models.tokenization`); the vocabulary has to hold its symbols.
        symbols: how many symbols to train on in all, if `seconds` does not say where the run ends.
        seconds: how long to train in all; None for a number of symbols.
        batch: sequences in a step.
        length: symbols in a sequence.
        matrix_optimizer: of the hidden matrices, one of MATRIX_OPTIMIZERS.
        matrix_rate: peak learning rate of the matrices (that of Muon is scaled to Adam's step
            size).
        table_rate: peak learning rate of embedding, biases and output matrix (Adam).
        weight_decay: decoupled decay of the matrices.
        warmup: steps in which the rates rise. The default is twice the memory of Adam's second
            moments (J. Ma and D. Yarats, arXiv 1910.04209).
        fall: share of the whole run, at its end, in which the rates fall to 0
            (:mod:`lmpack.training.schedule`).
        products: type of the operands of matrix products in a training step, one of PRODUCTS.
        quantize_from: symbols after which the forward pass rounds as the export does; in the fall
            it always does.
        valid_bytes: how much of each validation source is used while training.
        report_every: steps between two reports; each also saves the state of the run.
        save_every: seconds of training after which the state is saved between reports, too.
        seed: of weights and of the order of the data.
    """

    architecture: Architecture
    train: tuple[Source, ...]
    valid: tuple[Source, ...] = ()
    tokenizer: str = PLAIN
    symbols: int = 40_000_000
    seconds: float | None = None
    batch: int = 8
    length: int = 1024
    matrix_optimizer: str = "muon"
    matrix_rate: float = 5e-3
    table_rate: float = 1e-2
    weight_decay: float = 0.02
    warmup: int = 200
    fall: float = 0.2
    products: str = "float32"
    quantize_from: int = 0
    valid_bytes: int = 65536
    report_every: int = 250
    save_every: float = 120.0
    seed: int = 1

    def __post_init__(self) -> None:
        for name, allowed in (
            ("matrix_optimizer", MATRIX_OPTIMIZERS),
            ("products", PRODUCTS),
        ):
            if getattr(self, name) not in allowed:
                raise TrainingError(
                    f"{name} is {getattr(self, name)!r}, allowed are {', '.join(allowed)}"
                )
        for name in ("symbols", "batch", "length", "valid_bytes", "report_every"):
            _check_number(name, getattr(self, name), 1, kind=int)
        for name in ("seed", "warmup", "quantize_from"):
            _check_number(name, getattr(self, name), 0, kind=int)
        if self.seconds is not None:
            _check_number("seconds", self.seconds, 1)
        for name in ("matrix_rate", "table_rate"):
            _check_number(name, getattr(self, name), SMALLEST_RATE, 1)
        _check_number("save_every", self.save_every, 0)
        _check_number("weight_decay", self.weight_decay, 0, 1)
        _check_number("fall", self.fall, 0, LONGEST_FALL)
        names = [source.name for source in self.valid]
        if len(set(names)) < len(names):
            raise TrainingError(f"validation sources need different file names: {names}")
        symbols = vocabulary_of(self.tokenizer)
        if symbols > self.architecture.vocabulary:
            raise TrainingError(
                f"the tokenizer {self.tokenizer} has {symbols} symbols, "
                f"but the model only {self.architecture.vocabulary}"
            )

    @property
    def step_symbols(self) -> int:
        """Symbols in a step."""
        return self.batch * self.length

    @property
    def steps(self) -> int:
        """Number of optimizer steps of a run that ends at a number of symbols."""
        return max(1, self.symbols // self.step_symbols)

    @property
    def ending(self) -> str:
        """What decides where the rates fall."""
        end = f"{self.steps} steps" if self.seconds is None else f"{self.seconds} seconds"
        return f"{end}, fall {self.fall}"

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON-able values."""
        return dataclasses.asdict(self)

    def differences(self, other: Mapping[str, Any]) -> list[str]:
        """Fields in which a run with another configuration, as JSON, takes other steps.

        Where a run ends, and what is reported of it, may change from one call to the next.
        """
        fields = json.loads(json.dumps(self.to_json()))
        return [name for name in fields if name not in _FREE and other.get(name) != fields[name]]


def with_batch(config: TrainingConfig, batch: int) -> TrainingConfig:
    """The configuration for steps of another number of sequences, with rates that fit.

    The rates grow with the root of the step, because the noise of its gradient shrinks so (S.
    Malladi et al., arXiv 2205.10287, for optimizers like Adam; for Muon it is an assumption).
    """
    factor = math.sqrt(batch / config.batch)
    return dataclasses.replace(
        config,
        batch=batch,
        matrix_rate=config.matrix_rate * factor,
        table_rate=config.table_rate * factor,
    )


def read_recipe(path: Path, **overrides: Any) -> TrainingConfig:
    """The configuration in a recipe file.

    Args:
        path: a JSON object with the fields of :class:`TrainingConfig`; `architecture` is the name
            of a preset, which takes the vocabulary of the tokenizer, or an object with the fields
            of an architecture.
        overrides: fields to set after reading.

    Raises:
        UsageError: it is a pipe or a device.
        TrainingError: the file cannot be read or a field is unknown or out of range.
    """
    require_regular(path)
    try:
        fields = {**json.loads(path.read_text()), **overrides}
        shape = fields["architecture"]
        if isinstance(shape, str):
            vocabulary = aligned(vocabulary_of(fields.get("tokenizer", PLAIN)))
            fields["architecture"] = dataclasses.replace(find_shape(shape), vocabulary=vocabulary)
        else:
            fields["architecture"] = Architecture.from_json(shape)
        for name in ("train", "valid"):
            fields[name] = tuple(
                Source(**{**source, "skip": tuple(map(tuple, source.get("skip", ())))})
                for source in fields.get(name, ())
            )
        return TrainingConfig(**fields)
    except (OSError, ValueError, LookupError, TypeError, RecursionError, LmpackError) as error:
        raise TrainingError(f"the recipe {path} cannot be used: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    return str(error)


def _check_number(
    name: str,
    value: Any,
    least: float,
    most: float = LARGEST,
    *,
    kind: type[int] | type[float] = float,
) -> None:
    """Refuse what is no number of a kind, or out of range; whole numbers are of both kinds."""
    whole = kind is int
    fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not (fits and least <= value <= most):
        raise TrainingError(
            f"{name} must be a {'whole number' if whole else 'number'} from {least:g} to "
            f"{most:g}, not {value!r}"
        )

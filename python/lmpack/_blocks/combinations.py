"""Which options of whoever compresses go together."""

from __future__ import annotations

from lmpack._blocks.model_choice import Bundles
from lmpack._blocks.options import ModelName, Options
from lmpack._executors.protocol import is_decoder
from lmpack.errors import UsageError


def require_mixing_where_needed(options: Options, models: tuple[ModelName, ...]) -> None:
    """Refuse to do without mixing where nothing else could code.

    Args:
        options: what was asked for.
        models: those of the options, or of the level.

    Raises:
        UsageError: it cannot be done without mixing.
    """
    if options.mixing:
        return
    if not models:
        raise UsageError(
            f"level {options.level} has no model, so it cannot do without mixing: "
            "choose a model or another level"
        )
    if len(models) > 1:
        raise UsageError(
            "two models cannot do without mixing, as only mixing makes one prediction of both: "
            "choose one model (level 9 has two of its own)"
        )
    if options.prefix is not None:
        raise UsageError(
            "a prefix needs mixing, which learns it: turn mixing on, or leave out the prefix"
        )


def require_models_for_prefix(options: Options, bundles: Bundles) -> None:
    """Refuse a model that knows no prefix, if there is a prefix.

    Raises:
        UsageError: it is a model of tokens.
    """
    if options.prefix is not None and are_of_tokens(bundles):
        raise UsageError(
            f"the model {bundles[0].name} predicts tokens, which knows no prefix: leave out "
            "the prefix, or choose a model of bytes"
        )


def are_of_tokens(bundles: Bundles) -> bool:
    """Whether the model, the only one then, is one of tokens."""
    return any(is_decoder(bundle.architecture) for bundle in bundles)

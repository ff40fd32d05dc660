"""All compressors by name; those that others register, too.

Whoever has another one gives it the methods of :class:`~lmpack.evaluation.protocol.Compressor` and
calls :func:`register`.
"""

from __future__ import annotations

from collections.abc import Callable

from lmpack._models.bundle import load_bundle
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack.errors import UsageError
from lmpack.evaluation import classical, media_codecs
from lmpack.evaluation.characters import Characters
from lmpack.evaluation.model_compressors import Adaptive, PretrainedDecoder, Transformer
from lmpack.evaluation.protocol import Compressor
from lmpack.evaluation.token_compressor import TokenTransformer

_factories: dict[str, Callable[[], Compressor]] = {
    **classical.FACTORIES,
    **media_codecs.FACTORIES,
}


def register(name: str, factory: Callable[[], Compressor]) -> None:
    """Make a compressor known under a name, in place of an earlier one of that name."""
    _factories[name] = factory


def compressor_names() -> list[str]:
    """The names that :func:`find_compressor` knows; models come on top of these."""
    return list(_factories)


def find_compressor(name: str) -> Compressor:
    """The compressor of a name.

    Args:
        name: one of :func:`compressor_names`; "model:NAME" or "model:FOLDER" for a Transformer
            alone, as in the paper, over bytes or tokens; "characters:NAME" or "characters:FOLDER"
            for one that sees 7 bits of each byte, as the paper's language models do; "level:1" to
            "level:9" for what `lmpack compress` does.

    Raises:
        UsageError: there is none of that name.
        EvaluationError: it needs a package that is not installed.
        ModelError: the model cannot be used.
    """
    kind, _, rest = name.partition(":")
    if kind == "model" and rest:
        return _model(rest)
    if kind == "characters" and rest:
        return _characters(rest)
    if kind == "level" and rest.isdecimal() and rest.isascii():
        return Adaptive(int(rest))
    if name not in _factories:
        known = ", ".join([*_factories, "model:NAME", "characters:NAME", "level:N"])
        raise UsageError(f"there is no compressor {name!r}: choose from {known}")
    return _factories[name]()


def _model(name: str) -> Transformer | PretrainedDecoder | TokenTransformer:
    bundle = load_bundle(name)
    if isinstance(bundle, DecoderBundle):
        return PretrainedDecoder(name)
    return Transformer(name) if bundle.tokenizer is None else TokenTransformer(name)


def _characters(name: str) -> Compressor:
    model = _model(name)
    if isinstance(model, TokenTransformer):
        raise UsageError(f"{model.name} does not code bytes: choose another model")
    return Characters(model, f"{model.bundle.name} (characters)")

"""Which models code: those that a caller chose, and those that a file names."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from lmpack._blocks.options import ModelName
from lmpack._container import FINGERPRINT_SIZE, Fingerprints
from lmpack._executors.protocol import AnyArchitecture, ArchitecturePair, is_decoder
from lmpack._models.bundle import AnyBundle, Bundle, find_bundle, list_models, load_bundle
from lmpack.errors import DamagedError, ModelError, UsageError

Bundles = tuple[AnyBundle, ...]
"""None, one, or two of bytes, in the order in which a container names them."""


def bundles_to_encode(models: Sequence[ModelName]) -> Bundles:
    """The models of these names.

    Raises:
        ModelError: there is no such model, or its symbols are no bytes.
        UsageError: two are the same, or one of them is none of bytes.
    """
    bundles = tuple(load_bundle(model) for model in models)
    for bundle in bundles:
        if isinstance(bundle, Bundle) and bundle.tokenizer is not None:
            raise ModelError(
                f"the model {bundle.name} is one of tokens ({bundle.tokenizer}), which files do "
                "not have: choose a model of bytes"
            )
    if len(bundles) > 1:
        _check_pair(bundles)
    return bundles


def bundles_to_decode(fingerprints: Fingerprints, chosen: Sequence[ModelName]) -> Bundles:
    """The models that a container names.

    Args:
        fingerprints: one, or two.
        chosen: models that a caller has given, in any order; each must be one of them. The others
            are built in or in the folder of models.

    Raises:
        ModelError: one is not there, or another one was given.
        DamagedError: two are named, of which one predicts tokens.
    """
    given = [load_bundle(model) for model in chosen]
    by_fingerprint = dict(zip(fingerprints_of(given), given, strict=True))
    if by_fingerprint and not by_fingerprint.keys() <= set(fingerprints):
        _refuse_given(fingerprints, given)
    bundles = []
    for fingerprint in fingerprints:
        bundle = by_fingerprint.get(fingerprint)
        bundles.append(find_bundle(fingerprint) if bundle is None else bundle)
    if len(bundles) > 1 and any(is_decoder(bundle.architecture) for bundle in bundles):
        raise DamagedError("the header names two models, of which one is none of bytes")
    return tuple(bundles)


def possible_models(
    named: tuple[bytes | None, ...], chosen: Sequence[ModelName]
) -> list[Fingerprints]:
    """What a header may have named of which parts are damaged, the likeliest first.

    Args:
        named: the fingerprints that are left; None in the place of one that is not.
        chosen: models that a caller has given, which are believed to be among them.

    Raises:
        ModelError: one of these cannot be used.
    """
    given = fingerprints_of([load_bundle(model) for model in chosen])
    known = list(given)
    if len(given) < len(named):
        others = [one for one in fingerprints_of(list_models()) if one not in given]
        # The strongest come first where there are two: that is what levels have.
        known += others if len(named) == 1 else others[::-1]
    ways = itertools.product(*(known if one is None else (one,) for one in named))
    least = min(len(given), len(named))
    return [
        way
        for way in ways
        if len(set(way)) == len(way) and len(set(way).intersection(given)) >= least
    ]


def fingerprints_of(bundles: Sequence[AnyBundle]) -> Fingerprints:
    """What a header has of their fingerprints."""
    return tuple(bundle.fingerprint[:FINGERPRINT_SIZE] for bundle in bundles)


def architecture_of(bundles: Bundles) -> AnyArchitecture | ArchitecturePair | None:
    """The shape of one model, or of both; None if there is none."""
    if len(bundles) > 1:
        first, second = (bundle.architecture for bundle in bundles if isinstance(bundle, Bundle))
        return first, second
    return bundles[0].architecture if bundles else None


def _check_pair(bundles: Bundles) -> None:
    for bundle in bundles:
        if is_decoder(bundle.architecture):
            raise UsageError(
                f"the model {bundle.name} predicts tokens, so it cannot be one of two: choose two "
                "models of bytes, or it alone"
            )
    if len({bundle.fingerprint for bundle in bundles}) < len(bundles):
        raise UsageError(
            f"the model {bundles[0].name} was given twice: two models must be different ones"
        )


def _refuse_given(fingerprints: Fingerprints, given: Sequence[AnyBundle]) -> None:
    names = " and ".join(fingerprint.hex() for fingerprint in fingerprints)
    wrong = next(
        bundle for bundle in given if bundle.fingerprint[:FINGERPRINT_SIZE] not in fingerprints
    )
    raise ModelError(
        f"the file was made with model {names}, but the given model "
        f"{wrong.name} is {wrong.fingerprint[:FINGERPRINT_SIZE].hex()}: give the bundle that it "
        "was made with, or none if it is built in or in the folder of models"
    )

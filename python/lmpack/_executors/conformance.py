"""What proves that an executor gives a bundle's integers.

A bundle carries symbols and the SHA-256 of the odds that they must give.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from lmpack._executors.mixing import Mixing
from lmpack._executors.protocol import Executor, LanguageModel, no_progress
from lmpack._executors.stepping import encode_by_prefill, encode_mixed_by_prefill
from lmpack._models.bundle import AnyBundle
from lmpack.errors import ConformanceError, DamagedError

PREFILL_PIECE = 37
"""Odd, so that pieces end anywhere in the ring."""

PREFILL_ODDS = 1 << 24
"""Odds in one call, at most; for vocabularies so large that memory asks for it."""


def odds_digest(odds: npt.NDArray[np.int32]) -> str:
    """SHA-256 of odds as little-endian int32 in C order."""
    return hashlib.sha256(np.ascontiguousarray(odds, "<i4").tobytes()).hexdigest()


def by_prefill(
    model: LanguageModel, symbols: npt.NDArray[np.integer], piece: int, first: int = 0
) -> npt.NDArray[np.int32]:
    """Odds int32 [L, T - first, V] of symbols [L, T], fed `piece` positions at a time."""
    state = model.start(symbols.shape[0])
    kept = []
    for start in range(0, symbols.shape[1], piece):
        odds = model.prefill(state, symbols[:, start : start + piece])
        if start + piece > first:
            kept.append(odds[:, max(0, first - start) :])
    return np.concatenate(kept, axis=1)


def by_steps(
    model: LanguageModel, symbols: npt.NDArray[np.integer], first: int = 0
) -> npt.NDArray[np.int32]:
    """Odds int32 [L, T - first, V] of symbols [L, T], fed one by one from `first` on."""
    state = model.start(symbols.shape[0])
    for start in range(0, first, PREFILL_PIECE):
        model.prefill(state, symbols[:, start : min(start + PREFILL_PIECE, first)])
    return np.stack([model.step(state, column) for column in symbols.T[first:]], axis=1)


def by_decoding_steps(
    executor: Executor, symbols: npt.NDArray[np.integer], first: int = 0
) -> npt.NDArray[np.int32]:
    """The same by what makes the steps of a block that is decoded."""
    with executor.lanes_for(symbols.shape[0]) as model:
        return by_steps(model, symbols, first)


def decodes(executor: Executor, symbols: npt.NDArray[np.integer]) -> bool:
    """Whether blocks of symbols [L, T] are decoded to what the native coder made of them."""
    vocabulary, lane_length = executor.architecture.vocabulary, symbols.shape[1]
    plain = (symbols % min(vocabulary, 256)).astype(np.uint8).tobytes()
    payloads: dict[Mixing | None, bytes] = {
        None: encode_by_prefill(executor, plain, lane_length, no_progress)
    }
    if vocabulary >= 256:
        mixing = Mixing()
        mixed = encode_mixed_by_prefill([executor], plain, lane_length, mixing, no_progress)
        payloads[mixing] = mixed
    try:
        return all(
            executor.decode(payload, len(plain), lane_length, mixing, no_progress) == plain
            for mixing, payload in payloads.items()
        )
    except DamagedError:
        return False


def check_conformance(bundle: AnyBundle, executor: Executor) -> None:
    """Run every conformance vector by prefill, by steps and lane by lane, and what else decodes.

    Raises:
        ConformanceError: one of them gives other integers, or a block other bytes.
    """
    for number, vector in enumerate(bundle.conformance):
        symbols, first = np.array(vector.symbols, np.int64), vector.first
        whole = min(symbols.shape[1], PREFILL_ODDS // executor.architecture.vocabulary)
        ways = {
            "prefill": by_prefill(executor, symbols, PREFILL_PIECE, first),
            "steps": by_decoding_steps(executor, symbols, first),
            "single lanes": np.concatenate(
                [by_prefill(executor, lane[None], whole, first) for lane in symbols]
            ),
        }
        wrong = [way for way, odds in ways.items() if odds_digest(odds) != vector.sha256]
        if not wrong and executor.decodes_apart and not decodes(executor, symbols):
            wrong = ["decoding"]
        if wrong:
            raise ConformanceError(
                f"{executor.name} {executor.version} does not reproduce model {bundle.name} "
                f"(vector {number}, {wrong[0]}) on this machine. Nothing was written. "
                "Choose another device or another version of what runs it, and report this."
            )

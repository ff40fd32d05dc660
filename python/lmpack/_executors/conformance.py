"""Proof that an executor gives a bundle's integers, before it may write a byte.

A bundle carries symbols and the SHA-256 of the odds that they must give. The proof is remembered
in the user's cache folder for this bundle, executor, build and CPU, so that it costs time once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
from pathlib import Path

import numpy as np
import numpy.typing as npt

import lmpack._native
from lmpack._executors.proof_memory import is_proved, remember_proof
from lmpack._executors.protocol import Executor, LanguageModel
from lmpack._models.bundle import AnyBundle
from lmpack.errors import ConformanceError

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


def check_conformance(bundle: AnyBundle, executor: Executor) -> None:
    """Run every conformance vector by prefill, by steps and lane by lane.

    Raises:
        ConformanceError: one of them gives other integers.
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
        for way, odds in ways.items():
            if odds_digest(odds) != vector.sha256:
                raise ConformanceError(
                    f"{executor.name} {executor.version} does not reproduce model {bundle.name} "
                    f"(vector {number}, {way}) on this machine. Nothing was written. "
                    "Choose another device or another version of what runs it, and report this."
                )


def require_conformance(bundle: AnyBundle, executor: Executor) -> None:
    """:func:`check_conformance`, unless this combination has passed before on this CPU."""
    key = proof_key(bundle, executor)
    if not is_proved(key):
        check_conformance(bundle, executor)
        remember_proof(key)


def proof_key(bundle: AnyBundle, executor: Executor) -> str:
    """What a proof is for: all that could make the executor give other integers, hashed."""
    facts = [
        bundle.content_digest,
        [vector.sha256 for vector in bundle.conformance],
        [[vector.symbols, vector.first] for vector in bundle.conformance],
        executor.name,
        executor.version,
        [_identity(file) for file in (lmpack._native.__file__, *executor.libraries)],
        _processor(),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _identity(file: str) -> list[int]:
    """What tells a file from others, and from itself after a change.

    A build may have the size and the time of another one; the time of its inode's last change
    cannot be set. It is quicker than a digest.
    """
    status = os.stat(file)
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _processor() -> str:
    """What tells this CPU from another: its kind, and its features where Linux says them."""
    features = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        wanted = ("model name", "flags", "Features", "CPU part")
        features = "".join(sorted({line for line in lines if line.startswith(wanted)}))
    return platform.machine() + platform.processor() + features

"""Proof that an executor gives a bundle's integers, before it may write a byte.

It is remembered in the user's cache folder for this bundle, executor, build and CPU, so that it
costs time once.
"""

from __future__ import annotations

import contextlib
import platform
from pathlib import Path

import lmpack._native
from lmpack._executors.protocol import Executor
from lmpack._models.bundle import AnyBundle
from lmpack._models.proof_memory import identity_of, is_proved, key_of, remember_proof


def require_conformance(bundle: AnyBundle, executor: Executor) -> None:
    """:func:`~lmpack._executors.conformance.check_conformance`, unless it has passed before.

    Raises:
        ConformanceError: a vector gives other integers.
    """
    key = proof_key(bundle, executor)
    if not is_proved(key):
        from lmpack._executors.conformance import check_conformance  # needs numpy

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
        [identity_of(file) for file in (lmpack._native.__file__, *executor.libraries)],
        _processor(),
    ]
    return key_of(facts)


def _processor() -> str:
    """What tells this CPU from another: its kind, and its features where Linux says them."""
    features = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        wanted = ("model name", "flags", "Features", "CPU part")
        features = "".join(sorted({line for line in lines if line.startswith(wanted)}))
    # Elsewhere the module asks the system; here it would start another program.
    return platform.machine() + (features or platform.processor())

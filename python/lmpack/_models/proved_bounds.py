"""The bounds of a model's tensors, checked once for each content.

Numpy, which checks them, takes longer to load than a small file takes to be coded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lmpack._models.architecture import Architecture
from lmpack._models.proof_memory import identity_of, is_proved, key_of, remember_proof
from lmpack._models.tensors import Tensors
from lmpack.errors import BundleError

_RULES = ("architecture.py", "bounds.py")
"""Files that say what is allowed: whatever they are changed to proves itself anew."""


def require_bounds(
    architecture: Architecture, fingerprint: bytes, tensors: Callable[[], Tensors], file: str
) -> None:
    """:func:`~lmpack._models.bounds.check_bounds`, unless this model has passed before.

    Args:
        architecture: shape of the model.
        fingerprint: of shape and tensors, which are known to have it.
        tensors: gives them; called if they have to be checked.
        file: in which they are, for messages.

    Raises:
        BundleError: a value is out of bounds.
    """
    key = _proof_key(fingerprint)
    if key is not None and is_proved(key):
        return
    from lmpack._models.bounds import check_bounds

    try:
        check_bounds(architecture, tensors())
    except BundleError as error:
        raise BundleError(f"{file}: {error}") from error
    if key is not None:
        remember_proof(key)


def _proof_key(fingerprint: bytes) -> str | None:
    """What a proof is for; None where the rules are in no files that could be told apart."""
    try:
        rules = [identity_of(str(Path(__file__).with_name(name))) for name in _RULES]
    except OSError:
        return None
    return key_of(["bounds", fingerprint.hex(), rules])

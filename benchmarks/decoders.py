"""Imported language models, which are no part of the repository."""

from __future__ import annotations

import os
import sys

from lmpack._models.bundle import load_bundle
from lmpack._models.decoder.bundle import DecoderBundle


def require_decoder(model: str | os.PathLike[str]) -> DecoderBundle:
    """The bundle of an imported language model; ends the program if it is another one."""
    bundle = load_bundle(model)
    if not isinstance(bundle, DecoderBundle):
        sys.exit(f"{model} is no imported language model: make one with lmpack import")
    return bundle

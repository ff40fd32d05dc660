"""The files that are measured on, which are no part of the repository (CONTRIBUTING.md, "Data")."""

from __future__ import annotations

import lzma
import os
import sys
from pathlib import Path

from benchmarks.places import ROOT

SHARED = Path(os.environ.get("LMPACK_DATA", ROOT.parent / "shared" / "data")).absolute()
"""The folder of the data: beside the checkout, unless the environment names another one."""

WIKIPEDIA = "text/wikipedia_en_2014.valid.xz"
ENWIK = "text/enwik8_prefix.valid.xz"
VALIDATION = (
    WIKIPEDIA,
    ENWIK,
    "text/novels_en.valid.xz",
    "general/code.valid.xz",
    "general/docs.valid.xz",
    "general/structured.valid.xz",
    "general/multilingual.valid.xz",
    "general/latex_mail.valid.xz",
)
"""Files that no model was trained on."""

HOW_TO_GET = 'CONTRIBUTING.md, section "Data", says what it holds; LMPACK_DATA names another folder'


def require_shared() -> Path:
    """The folder of the data; ends the program where it is absent."""
    if not SHARED.is_dir():
        sys.exit(f"there is no folder {SHARED}: {HOW_TO_GET}")
    return SHARED


def start_of(name: str, limit: int | None = None) -> bytes:
    """The first bytes of a file, decompressed if its name ends in .xz; None for all of them."""
    path = require_shared() / name
    with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
        return file.read(-1 if limit is None else limit)


def title_of(name: str) -> str:
    """What tables call a file: its name without folder and .xz."""
    return Path(name).name.removesuffix(".xz")

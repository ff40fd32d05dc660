"""Where the files of every kind are built."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.places import ROOT

BUILT = Path(os.environ.get("LMPACK_KINDS", ROOT / "local" / "kinds")).absolute()
"""The folder of the files: in the checkout, where git ignores it, unless the environment names
another one."""

PACKAGES = BUILT / "packages"
"""What was fetched to make them."""

"""The fuzz targets of the Python package and their corpora."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import archive_target
import bundle_target
import container_target

TARGETS: dict[str, ModuleType] = {
    target.NAME: target for target in (archive_target, bundle_target, container_target)
}
CORPORA = Path(__file__).with_name("corpus")
CPP_CORPORA = Path(__file__).parents[2] / "cpp" / "fuzz" / "corpus"


def corpus(name: str) -> list[bytes]:
    """The inputs of a target, in an order that does not depend on the file system."""
    return [path.read_bytes() for path in sorted((CORPORA / name).iterdir())]

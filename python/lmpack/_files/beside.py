"""Files of runs and experiments, which are written again and again and whole at any time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """The path of a file beside another one, whose place it takes if the block ends without error.

    Otherwise it is deleted. What a killed process has left of it is overwritten. Whoever has the
    old file open keeps it.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)

"""A progress bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO

from lmpack import Progress


@contextlib.contextmanager
def progress_bar(
    name: str, source: BinaryIO, quiet: bool
) -> Iterator[Callable[[Progress], None] | None]:
    """A function for `progress` of the API that draws a bar on standard error.

    Args:
        name: what is worked on.
        source: what is read; a regular file gives the bar its end.
        quiet: draw nothing.

    Yields:
        The function; None where nothing is drawn.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    with tqdm(total=_size(source), desc=name, unit="B", unit_scale=True, leave=False) as bar:
        settled = 0

        def show(progress: Progress) -> None:
            nonlocal settled
            bar.update(progress.read - bar.n)
            if progress.settled > settled:
                settled = progress.settled
                bar.set_postfix_str(f"out/in {progress.written / settled:.3f}")

        yield show


def _size(source: BinaryIO) -> int | None:
    try:
        status = os.fstat(source.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None

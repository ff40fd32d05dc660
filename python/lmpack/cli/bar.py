"""A progress bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from lmpack import Progress
from lmpack.cli.printing import one_line
from lmpack.cli.standard import is_terminal


@contextlib.contextmanager
def progress_bar(
    name: str, total: int | None, quiet: bool
) -> Iterator[Callable[[Progress], None] | None]:
    """A function for `progress` of the API that draws a bar on standard error.

    Args:
        name: what is worked on.
        total: bytes to read; None if that is not known, or said by the function's argument.
        quiet: draw nothing.

    Yields:
        The function; None where nothing is drawn.
    """
    if quiet or not is_terminal(sys.stderr):
        yield None
        return
    from tqdm import tqdm

    with tqdm(total=total, desc=one_line(name), unit="B", unit_scale=True, leave=False) as bar:
        settled = 0

        def show(progress: Progress) -> None:
            nonlocal settled
            if progress.total is not None:
                bar.total = progress.total
            bar.update(progress.read - bar.n)
            if progress.settled > settled:
                settled = progress.settled
                bar.set_postfix_str(f"out/in {progress.written / settled:.3f}")

        yield show

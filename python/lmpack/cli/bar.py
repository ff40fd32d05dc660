"""A progress bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from lmpack import Progress
from lmpack.cli.printing import one_line
from lmpack.cli.standard import is_terminal

LONGEST_NAME = 40
"""Characters of a name: there has to be room for the bar."""


@contextlib.contextmanager
def progress_bar(
    name: str, total: int | None, quiet: bool
) -> Iterator[Callable[[Progress], None] | None]:
    """A function for `progress` of the API that draws a bar on standard error.

    Args:
        name: what is worked on; of several files each is named while it is worked on.
        total: bytes to read; None if that is not known, or said by the function's argument.
        quiet: draw nothing.

    Yields:
        The function; None where nothing is drawn.
    """
    if quiet or not is_terminal(sys.stderr):
        yield None
        return
    from tqdm import tqdm

    title = _shortened(one_line(name))
    with tqdm(total=total, desc=title, unit="B", unit_scale=True, leave=False) as bar:
        settled = 0

        def show(progress: Progress) -> None:
            nonlocal settled
            if progress.total is not None:
                bar.total = progress.total
            if progress.file is not None:
                bar.set_description_str(_shortened(one_line(progress.file)), refresh=False)
            bar.update(progress.read - bar.n)
            if progress.settled > settled:
                settled = progress.settled
                bar.set_postfix_str(f"out/in {progress.written / settled:.3f}")

        yield show


def _shortened(name: str) -> str:
    """The end of a long name, which tells more than its start."""
    return name if len(name) <= LONGEST_NAME else "..." + name[3 - LONGEST_NAME :]

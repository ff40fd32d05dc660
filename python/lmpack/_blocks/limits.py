"""What a caller allows coding to take, and the refusal of what would take more."""

from __future__ import annotations

import os

from lmpack.errors import LimitError

LEAST_DEFAULT_MEMORY = 2 << 30


def default_max_memory() -> int:
    """The memory that coding may need if nobody says otherwise: 2 GiB, or a quarter of the machine.

    With built-in models no block needs more than 0.4 GiB, so none is refused. But a block for
    every core multiplies that, and a few hundred bytes are enough to ask for it: it has a bound,
    which grows with what the machine can afford.
    """
    try:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # a system that does not say
        return LEAST_DEFAULT_MEMORY
    return max(LEAST_DEFAULT_MEMORY, machine // 4)


def require_size(size: int, most: int | None, where: str) -> None:
    """Refuse content that is longer than allowed.

    Args:
        size: bytes of content.
        most: bytes that are allowed; None for any number.
        where: names in the error what has them.

    Raises:
        LimitError: there are more.
    """
    if most is not None and size > most:
        raise LimitError(
            f"{where}: there are {size:,} bytes of content up to here, {most:,} are allowed: raise "
            "the option max_size if you trust the file"
        )


def require_memory(memory: int, most: int | None, where: str) -> None:
    """Refuse work that needs more memory than allowed. Arguments are those of :func:`require_size`.

    Raises:
        LimitError: it needs more.
    """
    if most is not None and memory > most:
        raise LimitError(
            f"{where}: it needs {memory:,} bytes of memory, {most:,} are allowed: raise the option "
            "max_memory"
        )

"""Numbers of bytes on the command line: 500000, 64KiB, 100M, 2 GiB; and how they are printed."""

from __future__ import annotations

import re

import click

NO_LIMIT = ("0", "none")

_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_FORM = re.compile(r"(\d{1,18}) ?(?:([KMGT])(?:i?B)?|B?)", re.IGNORECASE | re.ASCII)


def limit_of(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """The number of bytes that an option allows; None where it is 0 or none, or is not given.

    Units are powers of 1024, whether written K, KB or KiB, as xz and zstd have them. Arguments are
    those of a callback of click.

    Raises:
        click.BadParameter: it is no size.
    """
    if value is None or value.strip().lower() in NO_LIMIT:
        return None
    form = _FORM.fullmatch(value.strip())
    if form is None:
        raise click.BadParameter(f"{value!r} is no size: give bytes, or a number such as 500M")
    return int(form[1]) << 10 * _POWERS[(form[2] or "").upper()] or None


def readable_size(size: int) -> str:
    """A number of bytes in MiB."""
    return f"{size / 2**20:,.1f} MiB"

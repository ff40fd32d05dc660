"""Numbers of bytes on the command line: 500000, 64KiB, 100M, 2 GiB; and how they are printed."""

from __future__ import annotations

import re

import click

NO_LIMIT = ("0", "none")

_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_FORM = re.compile(r"(\d+) ?([KMGT]?)(i?B?)", re.IGNORECASE | re.ASCII)


class Size(click.ParamType):
    """A number of bytes as a limit; None where it is 0 or none.

    Units are powers of 1024, whether written K, KB or KiB, as xz and zstd have them.
    """

    name = "size"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        """See :class:`click.ParamType`."""
        if isinstance(value, int):
            return value
        text = value.strip()
        if text.lower() in NO_LIMIT:
            return None
        form = _FORM.fullmatch(text)
        if form is None or (form[3].lower() in ("i", "ib") and not form[2]):
            self.fail(
                f"{value!r} is no size: give bytes, or a number with K, M, G or T", param, ctx
            )
        return int(form[1]) << 10 * _POWERS[form[2].upper()] or None


SIZE = Size()


def readable_size(size: int) -> str:
    """A number of bytes in MiB."""
    return f"{size / 2**20:,.1f} MiB"

"""Tables that the commands print."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def aligned(rows: Sequence[Sequence[str]], left: Collection[str] = ()) -> list[str]:
    """The lines of a table.

    Args:
        rows: its cells; the first row is the header.
        left: headers of the columns that are aligned to the left; the others are to the right.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    to_left = [column[0] in left for column in columns]
    return [
        "  ".join(
            cell.ljust(width) if is_left else cell.rjust(width)
            for cell, width, is_left in zip(row, widths, to_left, strict=True)
        ).rstrip()
        for row in rows
    ]

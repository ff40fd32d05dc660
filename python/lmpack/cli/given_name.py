"""Names of files on the command line."""

from __future__ import annotations

from typing import Any

import click


class Name(click.Path):
    """A path that is not empty, as an unset variable of a shell would give it.

    For :class:`pathlib.Path` an empty path is the current folder, which nobody has named.
    """

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """See :class:`click.Path`."""
        if value == "":
            self.fail("a name is empty: give a file, or . for this folder", parameter, context)
        return super().convert(value, parameter, context)

"""Lists of terms in the help, such as examples of a command and what each does."""

from __future__ import annotations

from collections.abc import Sequence

import click

from lmpack.cli.catalog import EXAMPLES_OF


class ExampleCommand(click.Command):
    """A command whose help ends with its examples, those of the catalog."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See click."""
        if examples := EXAMPLES_OF.get(self.name or ""):
            write_list(formatter, "Examples", examples)
        super().format_epilog(ctx, formatter)


def write_list(formatter: click.HelpFormatter, title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Write a section of terms and what each means."""
    with formatter.section(title):
        formatter.write_dl(rows, col_max=40)

"""The option --level, which has a digit for each level as a spelling of its own."""

from __future__ import annotations

from typing import Any

import click

from lmpack._blocks.levels import LEVELS


class LevelOption(click.Option):
    """--level N, and -1 to -9 for it; the last one counts.

    They are one option for click's parser, too. Options that share a name take their default from
    another one of them with other versions of click.
    """

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser know --level and the digits."""
        super().add_to_parser(parser, ctx)
        for level in LEVELS:
            parser.add_option(
                obj=self, opts=[f"-{level}"], dest=self.name, action="store_const", const=level
            )

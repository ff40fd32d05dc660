"""The option --level, which has a digit for each level as a spelling of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

from lmpack._blocks.levels import LEVELS

_SPELLINGS = {
    **{f"-{level}": level for level in LEVELS},
    "--fast": min(LEVELS),
    "--best": max(LEVELS),
}


class LevelOption(click.Option):
    """--level N, and -1 to -9, --fast and --best for it; the last one counts.

    They are one option for click's parser, too. Options that share a name take their default from
    another one of them with other versions of click.
    """

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser know --level and the other spellings."""
        super().add_to_parser(parser, ctx)
        for spelling, level in _SPELLINGS.items():
            parser.add_option(
                obj=self, opts=[spelling], dest=self.name, action="store_const", const=level
            )


class LevelCommand(click.Command):
    """A command with :class:`LevelOption`: says what -10 and -19 are, which is no level."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click."""
        if not ctx.resilient_parsing:
            _refuse_unknown_digits(ctx, args)
        return super().parse_args(ctx, args)


def _refuse_unknown_digits(context: click.Context, arguments: Sequence[str]) -> None:
    """Refuse -10, -19 and the like, which a parser reads as several levels.

    What an option of the command takes as its value is no level.

    Raises:
        click.UsageError: there is one.
    """
    with_value = {
        spelling
        for option in context.command.params
        if isinstance(option, click.Option) and not option.is_flag and not option.count
        for spelling in option.opts
    }
    before = ""
    for argument in arguments:
        if argument == "--":
            return
        if re.fullmatch(r"-(\d{2,}|0)", argument) and before not in with_value:
            raise click.UsageError(
                f"{argument}: levels are {min(LEVELS)} to {max(LEVELS)}", context
            )
        before = argument

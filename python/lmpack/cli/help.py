"""The command `lmpack help`."""

from __future__ import annotations

import click

from lmpack.cli.catalog import COMMANDS
from lmpack.cli.printing import say


@click.command()
@click.argument("command", required=False, type=click.Choice(sorted(COMMANDS)), metavar="[COMMAND]")
@click.pass_context
def help_command(context: click.Context, /, command: str | None) -> None:
    """Explain lmpack, or a COMMAND of it."""
    program = context.parent
    assert program is not None
    if command is None:
        say(*program.get_help().split("\n"))
        return
    assert isinstance(program.command, click.Group)
    found = program.command.get_command(program, command)
    assert found is not None
    with found.context_class(found, info_name=command, parent=program) as explained:
        say(*explained.get_help().split("\n"))

"""The command `lmpack help`."""

from __future__ import annotations

import click

from lmpack.cli.catalog import COMMANDS, nearest_command
from lmpack.cli.printing import say


def _known(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None or value in COMMANDS:
        return value
    near = nearest_command(value)
    advice = f"there are {', '.join(sorted(COMMANDS))}" if near is None else f"did you mean {near}?"
    raise click.UsageError(f"there is no command {value!r}: {advice}")


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return sorted(command for command in COMMANDS if command.startswith(incomplete))


@click.command()
@click.argument(
    "command", required=False, callback=_known, shell_complete=_complete, metavar="[COMMAND]"
)
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

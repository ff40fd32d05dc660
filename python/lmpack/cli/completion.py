"""The command `lmpack completion`, and what the shells ask while somebody types."""

from __future__ import annotations

import click

from lmpack.cli.printing import say

SHELLS = ("bash", "zsh", "fish")

PROGRAM = "lmpack"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, /, shell: str) -> None:
    """Print what lets SHELL, which is bash, zsh or fish, complete commands, options and files.

    Where lmpack is installed for all users the shells find it by themselves. Elsewhere put a line
    into the file that the shell reads at its start: eval "$(lmpack completion bash)" into
    ~/.bashrc, eval "$(lmpack completion zsh)" into ~/.zshrc behind compinit, or
    lmpack completion fish | source into ~/.config/fish/config.fish.
    """
    from click.shell_completion import ShellComplete, get_completion_class

    program = context.find_root().command
    found = get_completion_class(shell)
    assert found is not None
    # What its subclass for bash adds starts a bash to look at its version.
    script = ShellComplete.source(found(program, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE"))
    say(*script.rstrip("\n").split("\n"))

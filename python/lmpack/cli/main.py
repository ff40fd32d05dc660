"""The program `lmpack`: its commands, and what it does without one."""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import TYPE_CHECKING, Any

import click

from lmpack._files.disk.temporary import discard_unfinished
from lmpack.cli.catalog import (
    COMMANDS,
    ENVIRONMENT,
    EXAMPLES,
    EXIT_CODES,
    SECTIONS,
    SHORTHAND,
    SHORTHAND_HOME,
)
from lmpack.cli.explanations import explanation
from lmpack.cli.failures import print_error
from lmpack.cli.help_lists import write_list
from lmpack.cli.output import STANDARD_OUTPUT
from lmpack.cli.printing import harmless_usage_errors, say_error
from lmpack.cli.signals import SignalEnd, die_by, ends_as_signals, raised_signals
from lmpack.cli.standard import give_up_output, is_terminal, reserve_descriptors
from lmpack.cli.waiting_file import wait_for_readers

_OWN_OPTIONS = ("--help", "-h", "--version", "-V")

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Program(click.Group):
    """Takes gzip's spellings where no command is named, so that tar and others can call it."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        reserve_descriptors()
        wait_for_readers()
        try:
            with raised_signals():
                return super().main(*args, **kwargs)
        except SignalEnd as end:
            discard_unfinished()
            if end.name == "SIGINT" and is_terminal(sys.stderr):
                with contextlib.suppress(OSError):
                    say_error("lmpack: " + ", ".join(filter(None, ("interrupted", end.state))))
            die_by(end.name)
        except OSError as error:
            # Errors of files are said where they are; this one is of what is printed.
            with contextlib.suppress(OSError):
                say_error(f"lmpack: {STANDARD_OUTPUT}: {error.strerror}")
            give_up_output()
            sys.exit(1)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with ends_as_signals(), harmless_usage_errors():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with ends_as_signals(), harmless_usage_errors():
                return super().invoke(ctx)
        except (OSError, click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            print_error(explanation(error))
            ctx.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands:
            home = SHORTHAND_HOME if cmd_name == SHORTHAND else None
            if cmd_name in COMMANDS:
                home = COMMANDS[cmd_name].home
            if home is not None:
                module, name = home.split(".")
                found = getattr(importlib.import_module(f"lmpack.cli.{module}"), name)
                self.add_command(found, cmd_name)
        return super().get_command(ctx, cmd_name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)  # a shell completes the command itself
        if not args and is_terminal(sys.stdin):
            args = ["--help"]
        elif not args or args[0] not in (*COMMANDS, *_OWN_OPTIONS):
            args = [SHORTHAND, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            shorthand = self.get_command(ctx, SHORTHAND)
            assert shorthand is not None
            own = click.Command.shell_complete(self, ctx, incomplete)
            return own + shorthand.shell_complete(ctx, incomplete)
        commands = (name for name in COMMANDS if name.startswith(incomplete))
        items = [CompletionItem(name, help=COMMANDS[name].summary) for name in commands]
        # Files first: what bash has got before them it drops.
        return [CompletionItem(incomplete, type="file"), *items]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "COMMAND [OPTION]... [FILE]...")
        formatter.write_usage(
            ctx.command_path, "[-d|-t|-l] [OPTION]... [FILE]...", prefix="   or: "
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, commands in SECTIONS.items():
            write_list(formatter, section, [(name, commands[name].summary) for name in commands])
        super(click.Group, self).format_options(ctx, formatter)
        write_list(formatter, "Examples", EXAMPLES)
        write_list(formatter, "Exit codes", EXIT_CODES)
        write_list(formatter, "Environment", ENVIRONMENT)


def _print_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from lmpack.cli.version import say_version

        say_version()
        context.exit()


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the versions, and which instructions of the processor are used.",
)
def main() -> None:
    """Compress files with a learned model; any machine can decompress them.

    Without a command it works like gzip, but keeps its input. lmpack COMMAND --help explains a
    command; lmpack -d --help has the options of the other form.
    """

"""The program `lmpack`: its commands, and what it does without one."""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import Any

import click

from lmpack._files.disk.temporary import discard_unfinished
from lmpack.cli.explanations import explanation
from lmpack.cli.failures import print_error
from lmpack.cli.output import STANDARD_OUTPUT
from lmpack.cli.printing import harmless_usage_errors, say_error
from lmpack.cli.signals import SignalEnd, die_by, ends_as_signals, raised_signals
from lmpack.cli.standard import give_up_output, is_terminal, reserve_descriptors
from lmpack.cli.waiting_file import wait_for_readers

_OWN_OPTIONS = ("--help", "-h", "--version")

_SHORTHAND = "gzip-style"
_COMMANDS = {
    "bench": "bench.bench",
    "compress": "convert.compress",
    "decompress": "convert.decompress",
    "eval": "eval.eval_group",
    "export": "export.export",
    "generate": "generate.generate",
    _SHORTHAND: "shorthand.shorthand",
    "import": "import_model.import_command",
    "info": "info.info",
    "models": "models.models",
    "test": "test.test",
    "train": "train.train",
}
"""Where the commands are, by their names: each is loaded when it is wanted."""


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
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands and cmd_name in _COMMANDS:
            module, name = _COMMANDS[cmd_name].split(".")
            found = getattr(importlib.import_module(f"lmpack.cli.{module}"), name)
            self.add_command(found, cmd_name)
        return super().get_command(ctx, cmd_name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and is_terminal(sys.stdin):
            args = ["--help"]
        elif not args or args[0] not in (*_COMMANDS, *_OWN_OPTIONS):
            args = [_SHORTHAND, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lmpack", message="%(prog)s %(version)s")
def main() -> None:
    """Compress files with a learned model; any machine can decompress them.

    Without a command, `lmpack [-d|-t] [OPTION]... [FILE]...` works like gzip, but keeps its input:
    `tar -I lmpack -cf folder.tar.lmp folder`.
    """

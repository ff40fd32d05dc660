"""The option --resume, which may stand alone or have a rule behind an equals sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Resume = Literal["content", "meta"]

_NAME = "--resume"
_ALONE: Resume = "content"


class ResumeOption(click.Option):
    """--resume, --resume=content and --resume=meta.

    A rule stands behind an equals sign only: what comes after --resume is a FILE.
    """

    def make_metavar(self, ctx: click.Context) -> str:
        """How help and manual show the rules."""
        return "[=content|=meta]"

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """See click, which does not tell what follows the equals sign from the next FILE."""
        from click.shell_completion import CompletionItem

        rules = super().shell_complete(ctx, incomplete)
        return [CompletionItem(incomplete, type="file"), *rules]

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """See click, which puts a space before each metavar."""
        record = super().get_help_record(ctx)
        return record and (record[0].replace(" [=", "[="), record[1])


class ResumeCommand(click.Command):
    """A command with :class:`ResumeOption`, which for click's parser always has a rule."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click."""
        end = args.index("--") if "--" in args else len(args)
        before = [f"{_NAME}={_ALONE}" if argument == _NAME else argument for argument in args[:end]]
        return super().parse_args(ctx, before + args[end:])


def resume_rule(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> bool | Literal["meta"]:
    """For click: the rule as the API takes it."""
    rule = cast("Resume | None", value)
    return rule if rule == "meta" else rule is not None


resume_option: Any = click.option(
    _NAME,
    cls=ResumeOption,
    type=click.Choice(("content", "meta")),
    callback=resume_rule,
    help="Skip files whose output is there and has their content. With =meta, which reads no "
    "content, also those whose size and time of change fit.",
)

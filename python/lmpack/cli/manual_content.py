"""What the manual says, made from the commands themselves, whatever it is written in.

scripts/manual writes it for man, scripts/site for the site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from lmpack.cli.catalog import (
    COMMANDS,
    ENVIRONMENT,
    EXAMPLES,
    EXAMPLES_OF,
    EXIT_CODES,
    SECTIONS,
    SHORTHAND,
)
from lmpack.cli.main import main as program

PROGRAM = "lmpack"

_SUMMARY = "compress files with a learned model"

Definitions = Sequence[tuple[str, str]]
"""Terms, such as the spellings of an option, and what each means."""


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading.

    Attributes:
        title: the heading, in upper case.
        usage: arguments of the part of a command that is explained, or nothing.
        paragraphs: text, each paragraph on one line.
        definitions: terms that are explained below the text.
    """

    title: str
    usage: str = ""
    paragraphs: Sequence[str] = ()
    definitions: Definitions = ()


@dataclass(frozen=True)
class ManualPage:
    """What the page of the program or of a command says.

    Attributes:
        command: what is typed: "lmpack" or "lmpack compress".
        summary: what it is for, no sentence.
        usages: the arguments of each way to call it.
        sections: what follows, in order.
    """

    command: str
    summary: str
    usages: Sequence[str]
    sections: Sequence[Section]

    @property
    def name(self) -> str:
        """The name of the page: "lmpack-compress"."""
        return self.command.replace(" ", "-")


def manual() -> list[ManualPage]:
    """The page of the program, then those of its commands in the order of the help."""
    root = click.Context(program, info_name=PROGRAM, **program.context_settings)
    return [_program_page(root), *(_command_page(name, root) for name in COMMANDS)]


def _program_page(root: click.Context) -> ManualPage:
    shorthand = program.get_command(root, SHORTHAND)
    assert shorthand is not None
    context = shorthand.context_class(shorthand, info_name=SHORTHAND, parent=root)
    lists = (
        Section(
            title.upper(),
            definitions=[(f"{PROGRAM}-{name}(1)", commands[name].summary) for name in commands],
        )
        for title, commands in SECTIONS.items()
    )
    options = [*_options(shorthand, context), *_options(program, root)]
    return ManualPage(
        PROGRAM,
        _SUMMARY,
        ("COMMAND [OPTION]... [FILE]...", "[-d|-t|-l] [OPTION]... [FILE]..."),
        [
            Section("DESCRIPTION", paragraphs=_paragraphs(program.help)),
            *lists,
            Section("OPTIONS", paragraphs=["Without a command:"], definitions=options),
            Section("EXAMPLES", definitions=EXAMPLES),
            *_endings(),
        ],
    )


def _command_page(name: str, root: click.Context) -> ManualPage:
    command = program.get_command(root, name)
    assert command is not None
    context = command.context_class(command, info_name=name, parent=root)
    sections = [
        Section("DESCRIPTION", paragraphs=_paragraphs(command.help)),
        Section("OPTIONS", definitions=_options(command, context)),
    ]
    if isinstance(command, click.Group):
        for part in command.list_commands(context):
            below = command.get_command(context, part)
            assert below is not None
            inner = below.context_class(below, info_name=part, parent=context)
            sections.append(
                Section(
                    f"{PROGRAM} {name} {part}".upper(),
                    " ".join(below.collect_usage_pieces(inner)),
                    _paragraphs(below.help),
                    _options(below, inner),
                )
            )
    if examples := EXAMPLES_OF.get(name):
        sections.append(Section("EXAMPLES", definitions=examples))
    usage = " ".join(command.collect_usage_pieces(context))
    return ManualPage(f"{PROGRAM} {name}", _summary(name), (usage,), [*sections, *_endings()])


def _summary(name: str) -> str:
    """As it stands in a page's first line: no sentence."""
    summary = COMMANDS[name].summary.rstrip(".")
    return summary[0].lower() + summary[1:]


def _endings() -> tuple[Section, Section]:
    return (
        Section("EXIT STATUS", definitions=EXIT_CODES),
        Section("ENVIRONMENT", definitions=ENVIRONMENT),
    )


def _paragraphs(text: str | None) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in (text or "").split("\n\n")]


def _options(command: click.Command, context: click.Context) -> list[tuple[str, str]]:
    """The spellings of each option, and what it does."""
    return [
        _option(parameter, context)
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    # By length, as some versions of click give those of --help in any order.
    spellings = ", ".join(sorted(filter(str.strip, option.opts), key=len))
    if not option.is_flag and not option.count:
        metavar = option.make_metavar(context)
        spellings += metavar if metavar.startswith("[=") else f" {metavar}"
    if option.secondary_opts:
        spellings += f" / {', '.join(option.secondary_opts)}"
    help_ = option.help or ""
    if option.show_default and option.default is not None:
        default = option.default
        shown = ", ".join(map(str, default)) if isinstance(default, tuple) else str(default)
        help_ += f" Default: {shown}."
    if option.envvar is not None and option.show_envvar:
        help_ += f" Environment: {option.envvar}."
    return spellings, help_.strip()

"""The pages of the manual, made from the commands themselves. Run by scripts/manual.

click-man, which makes such pages, knows no sections for examples, exit codes and environment,
prints the day on which they were made, and does not escape what means something to man.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from lmpack.cli.catalog import (
    COMMANDS,
    ENVIRONMENT,
    EXAMPLES,
    EXIT_CODES,
    SECTIONS,
    SHORTHAND,
)
from lmpack.cli.main import main as program
from lmpack.cli.printing import say_error

_NAME = "lmpack"

_SUMMARY = "compress files with a learned model"


def pages() -> Mapping[str, str]:
    """The text of each page by the name of its file."""
    root = click.Context(program, info_name=_NAME, **program.context_settings)
    found = {f"{_NAME}.1": _program_page(root)}
    for name in COMMANDS:
        command = program.get_command(root, name)
        assert command is not None
        context = command.context_class(command, info_name=name, parent=root)
        found[f"{_NAME}-{name}.1"] = _command_page(name, command, context)
    return found


def main(arguments: Sequence[str]) -> int:
    """Write the pages into a folder, or say which ones there are not up to date.

    Args:
        arguments: the folder, and maybe --check.
    """
    is_check = "--check" in arguments
    (folder,) = (Path(argument) for argument in arguments if argument != "--check")
    made = pages()
    stale = {path.name for path in folder.glob("*")} - made.keys()
    for name, text in made.items():
        path = folder / name
        if is_check:
            if not path.exists() or path.read_text() != text:
                stale.add(name)
        else:
            path.write_text(text)
    for name in sorted(stale):
        say_error(f"{folder / name} is not what scripts/manual makes")
    return bool(stale)


def _program_page(root: click.Context) -> str:
    shorthand = program.get_command(root, SHORTHAND)
    assert shorthand is not None
    context = shorthand.context_class(shorthand, info_name=SHORTHAND, parent=root)
    lines = [_title(_NAME), *_heading("NAME"), _text(f"{_NAME} \\- {_SUMMARY}", is_escaped=True)]
    lines += _heading("SYNOPSIS")
    for arguments in ("COMMAND [OPTION]... [FILE]...", "[-d|-t|-l] [OPTION]... [FILE]..."):
        lines += [f".B {_NAME}", _text(arguments), ".br"]
    lines += [*_heading("DESCRIPTION"), *_paragraphs(program.help or "")]
    for title, commands in SECTIONS.items():
        lines += _heading(title.upper())
        rows = [(f"{_NAME}-{name}(1)", commands[name].summary) for name in commands]
        lines += _definitions(rows)
    lines += [*_heading("OPTIONS"), ".PP", "Without a command:"]
    lines += _definitions([*_options(shorthand, context), *_options(program, root)])
    lines += [*_heading("EXAMPLES"), *_definitions(EXAMPLES)]
    return _joined([*lines, *_endings()])


def _command_page(name: str, command: click.Command, context: click.Context) -> str:
    full_name = f"{_NAME}-{name}"
    lines = [_title(full_name), *_heading("NAME")]
    lines.append(_text(f"{full_name} \\- {_summary(name)}", is_escaped=True))
    lines += _heading("SYNOPSIS")
    lines += [f".B {_NAME} {name}", _text(" ".join(command.collect_usage_pieces(context)))]
    lines += [*_heading("DESCRIPTION"), *_paragraphs(command.help or "")]
    lines += [*_heading("OPTIONS"), *_definitions(_options(command, context))]
    if isinstance(command, click.Group):
        for part in command.list_commands(context):
            below = command.get_command(context, part)
            assert below is not None
            inner = below.context_class(below, info_name=part, parent=context)
            lines += _heading(f"{_NAME} {name} {part}".upper())
            lines += [".PP", _text(" ".join(below.collect_usage_pieces(inner)))]
            lines += [*_paragraphs(below.help or ""), *_definitions(_options(below, inner))]
    return _joined([*lines, *_endings()])


def _summary(name: str) -> str:
    """As it stands in a page's first line: no sentence."""
    summary = COMMANDS[name].summary.rstrip(".")
    return summary[0].lower() + summary[1:]


def _endings() -> Iterator[str]:
    yield from [*_heading("EXIT STATUS"), *_definitions(EXIT_CODES)]
    yield from [*_heading("ENVIRONMENT"), *_definitions(ENVIRONMENT)]
    yield from _heading("SEE ALSO")
    yield ", ".join([rf"\fB{_NAME}\fP(1)", *(rf"\fB{_NAME}\-{name}\fP(1)" for name in COMMANDS)])


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
        spellings += f" {option.make_metavar(context)}"
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


def _title(name: str) -> str:
    return f'.TH "{name.upper()}" 1 "" "{_NAME}" "User Commands"'


def _heading(title: str) -> list[str]:
    return [f'.SH "{_escaped(title)}"']


def _definitions(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, meaning in rows:
        yield from (".TP", rf"\fB{_escaped(term)}\fP", _text(meaning))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield from (".PP", _text(" ".join(paragraph.split())))


def _text(text: str, *, is_escaped: bool = False) -> str:
    """A line that man does not take for one of its requests."""
    line = text if is_escaped else _escaped(text)
    return rf"\&{line}" if line.startswith((".", "'")) else line


def _escaped(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-")


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The pages of the manual as man reads them. Run by scripts/manual.

click-man, which makes such pages, knows no sections for examples, exit codes and environment,
prints the day on which they were made, and does not escape what means something to man.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lmpack.cli.manual_content import PROGRAM, Definitions, ManualPage, Section, manual
from lmpack.cli.printing import say_error


def pages() -> Mapping[str, str]:
    """The text of each page by the name of its file."""
    described = manual()
    names = [page.name for page in described]
    return {f"{page.name}.1": _written(page, names) for page in described}


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


def _written(page: ManualPage, names: Sequence[str]) -> str:
    """The text of a page; names: those of all pages."""
    lines = [f'.TH "{page.name.upper()}" 1 "" "{PROGRAM}" "User Commands"', *_heading("NAME")]
    lines += [_text(f"{page.name} \\- {page.summary}", is_escaped=True), *_heading("SYNOPSIS")]
    for usage in page.usages:
        lines += [f".B {page.command}", _text(usage)]
        if len(page.usages) > 1:
            lines.append(".br")
    for section in page.sections:
        lines += _section(section)
    lines += _heading("SEE ALSO")
    lines.append(", ".join(rf"\fB{_escaped(name)}\fP(1)" for name in names))
    return "\n".join(lines) + "\n"


def _section(section: Section) -> Iterator[str]:
    yield from _heading(section.title)
    for paragraph in filter(None, (section.usage, *section.paragraphs)):
        yield from (".PP", _text(paragraph))
    yield from _definitions(section.definitions)


def _heading(title: str) -> Iterable[str]:
    return [f'.SH "{_escaped(title)}"']


def _definitions(rows: Definitions) -> Iterator[str]:
    for term, meaning in rows:
        yield from (".TP", rf"\fB{_escaped(term)}\fP", _text(meaning))


def _text(text: str, *, is_escaped: bool = False) -> str:
    """A line that man does not take for one of its requests."""
    line = text if is_escaped else _escaped(text)
    return rf"\&{line}" if line.startswith((".", "'")) else line


def _escaped(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

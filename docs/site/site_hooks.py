"""What the site shows that is no file in docs/: documents of the checkout, and the commands.

MkDocs calls the functions whose names begin with `on_` (mkdocs.yml, hooks).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from lmpack.cli.manual_content import PROGRAM, ManualPage, manual

ROOT = Path(__file__).parents[2]

ROOT_PAGES = ("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md")
"""Documents that a forge looks for in the checkout's first folder."""

COMMANDS_PAGE = "commands.md"

# What a docstring refers to, in the spelling of Sphinx, which help(lmpack) shows as it is.
_ROLE = re.compile(r":[a-z]+:<code>([\w.]+)</code>")

# A reference to a page of the manual, as in a list of the commands.
_PAGE = re.compile(rf"({PROGRAM}-[a-z]+)\(1\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are no files in docs/."""
    from mkdocs.structure.files import File

    for name in ROOT_PAGES:
        files.append(File.generated(config, name, content=(ROOT / name).read_text()))
    files.append(File.generated(config, COMMANDS_PAGE, content=commands_page()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links lead to where the documents are on the site."""
    return linked(markdown, is_root=page.file.src_uri in ROOT_PAGES)


def on_page_content(html: str, **_: Any) -> str:
    """Make links of what docstrings refer to."""
    return with_references(html)


def with_references(page_html: str) -> str:
    """A page whose references to functions and classes lead to them, if they are on it."""

    def link(found: re.Match[str]) -> str:
        anchor = f"{PROGRAM}.{found[1].removeprefix(f'{PROGRAM}.')}"
        code = f"<code>{found[1]}</code>"
        return f'<a href="#{anchor}">{code}</a>' if f'id="{anchor}"' in page_html else code

    return _ROLE.sub(link, page_html)


def linked(markdown: str, *, is_root: bool) -> str:
    """The text of a document with its links as they are on the site, where all are in one folder.

    Args:
        markdown: the text.
        is_root: whether the document is in the checkout's first folder, not in docs/.
    """
    if is_root:
        return markdown.replace("](docs/", "](")
    for name in ROOT_PAGES:
        markdown = markdown.replace(f"](../{name}", f"]({name}")
    return markdown


def commands_page() -> str:
    """All pages of the manual as one of Markdown."""
    lines = [
        "# Commands",
        "*For whoever looks up a command or an option.* "
        "The same is in the manual, `man lmpack-COMMAND`.",
    ]
    pages = manual()
    endings = {"EXIT STATUS", "ENVIRONMENT"}  # each page of the manual has them, the same ones
    for page in pages:
        lines += _page(page, without=endings)
    lines.append("## For all commands")
    for section in pages[0].sections:
        if section.title in endings:
            lines.append(f"### {section.title.capitalize()}")
            lines += _definitions(section.definitions)
    return "\n\n".join(lines) + "\n"


def _page(page: ManualPage, without: set[str]) -> Iterator[str]:
    yield f"## {page.command} {{: #{page.name} }}"
    yield page.summary[0].upper() + page.summary[1:] + "."
    yield "\n".join(f"    {page.command} {usage}" for usage in page.usages)
    for section in page.sections:
        if section.title in without:
            continue
        if section.title.startswith(PROGRAM.upper()):
            yield f"### {section.title.lower()}"
        elif section.title != "DESCRIPTION":
            yield f"**{section.title.capitalize()}**"
        if section.usage:
            yield f"    {section.title.lower()} {section.usage}"
        yield from map(_text, section.paragraphs)
        yield from _definitions(section.definitions)


def _definitions(definitions: Any) -> Iterator[str]:
    """A list of terms; what is a page of the manual becomes a link to it."""
    rows = []
    for term, meaning in definitions:
        found = _PAGE.fullmatch(term)
        shown = f"[`{found[1].replace('-', ' ')}`](#{found[1]})" if found else f"`{term}`"
        rows.append(f"- {shown}: {_text(meaning)}")
    if rows:
        yield "\n".join(rows)


def _text(text: str) -> str:
    """Text in which no character means anything to Markdown."""
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", escape(text, quote=False))

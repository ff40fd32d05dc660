"""Documents: links lead somewhere, the site has every page, and each page says for whom it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import lmpack
import site_hooks
from lmpack.cli.catalog import COMMANDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md")) + [ROOT / name for name in site_hooks.ROOT_PAGES]
DOCUMENTS = [*PAGES, ROOT / "README.md", *sorted((ROOT / ".github").rglob("*.md"))]

CODE = re.compile(r"^(```.*?^```$|    .*?$)|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
SNIPPET = re.compile(r'^--8<-- "(.+):(.+)"$', re.MULTILINE)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(path: Path) -> set[str]:
    """Where a link into a document may lead: its headings, as forges write them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def bad_links(path: Path) -> Iterator[str]:
    """Links of a document to files or headings that are not there."""
    for link in LINK.findall(CODE.sub("", path.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = path.parent / place if place else path
        # Made when the site is built; a heading for each command.
        if place == site_hooks.COMMANDS_PAGE and path.parent == DOCS:
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


def pages_of_the_site() -> list[str]:
    """The files that the navigation names, in its order."""
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    return re.findall(r": (\S+\.md)$", navigation, re.MULTILINE)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    assert list(bad_links(path)) == []


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# The models' rates, 2\n")
    page = tmp_path / "a.md"
    page.write_text(
        "# A page\n[1](b.md) [2](b.md#the-models-rates-2) [3](#a-page) `[x](y.md)` [4](#b)\n"
        "[5](c.md) [6](b.md#rates) [7](https://example.org)\n\n    [8](d.md)\n"
    )
    assert list(bad_links(page)) == ["#b", "c.md", "b.md#rates"]


def test_every_page_is_in_the_navigation_once() -> None:
    assert sorted(pages_of_the_site()) == sorted(
        [site_hooks.COMMANDS_PAGE, *(page.name for page in PAGES)]
    )


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_says_first_for_whom_it_is(path: Path) -> None:
    title, empty, audience = path.read_text().splitlines()[:3]
    assert (title[:2], empty, audience[:5]) == ("# ", "", "*For ")


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_parts_of_other_documents_are_there(path: Path) -> None:
    for document, part in SNIPPET.findall(path.read_text()):
        text = (ROOT / document).read_text()
        start, end = (text.find(f"<!-- --8<-- [{mark}:{part}] -->") for mark in ("start", "end"))
        assert 0 <= start < end


def test_the_first_steps_are_those_of_the_readme() -> None:
    assert {part for _, part in SNIPPET.findall((DOCS / "index.md").read_text())} == {
        "install",
        "levels",
        "python",
    }


def test_the_reference_has_every_public_name() -> None:
    names = re.findall(r"^::: lmpack\.(\w+)$", (DOCS / "api.md").read_text(), re.MULTILINE)
    assert sorted(names) == sorted({*lmpack.__all__} - {"__version__", "errors"})


def test_the_reference_has_every_command_and_option() -> None:
    page = site_hooks.commands_page()
    for command in COMMANDS:
        assert f"## lmpack {command} {{: #lmpack-{command} }}" in page
        assert f"[`lmpack {command}`](#lmpack-{command})" in page
    assert "- `--exclude-compressed`: " in page
    assert "### lmpack eval table1" in page
    assert page.count("LMPACK_THREADS") == 1


def test_links_are_rewritten_for_the_site() -> None:
    inside = "[a](../CONTRIBUTING.md#windows) [b](gpu.md)"
    assert site_hooks.linked(inside, is_root=False) == "[a](CONTRIBUTING.md#windows) [b](gpu.md)"
    assert site_hooks.linked("[a](docs/gpu.md)", is_root=True) == "[a](gpu.md)"


def test_references_of_docstrings_become_links() -> None:
    page = '<h3 id="lmpack.open">open</h3> :func:<code>open</code> :mod:<code>gzip</code>'
    assert site_hooks.with_references(page) == (
        '<h3 id="lmpack.open">open</h3> <a href="#lmpack.open"><code>open</code></a> '
        "<code>gzip</code>"
    )

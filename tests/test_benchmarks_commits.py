"""Pages say of which commits their numbers are, and of which days."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import commits
from benchmarks.pages import reliability, tables
from benchmarks.places import DOCS

MOST_MISSING = 11
"""Commits that the history lacks: two of before it was kept, the others came into it as one."""


def test_every_commit_of_a_result_is_in_the_history_or_marked() -> None:
    named = commits.named_commits()
    text = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    assert {*named} == commits.known_commits().keys(), "run scripts/docs"
    missing = [commit for commit in named if commits.is_missing(commit)]
    assert len(missing) <= MOST_MISSING
    text = text.replace(" with changes", "")
    for commit in missing:
        marked = f"{commit[:12]} ({commits.MISSING})"
        assert text.count(commit[:12]) == text.count(marked), "run scripts/docs"
    if not commits.has_history():
        pytest.skip("this is no checkout with its whole history")
    history = {*(commits.git("rev-list", "HEAD") or "").split()}
    assert [commit for commit in named if commit not in history] == missing


def test_what_only_stands_where_a_commit_may_is_none() -> None:
    result = {"other": "a" * 40, "rows": [{"kernels": {"other": "avx2"}, "commit": None}]}
    assert list(commits.commits_in(result)) == ["a" * 40]


def test_a_page_says_of_which_commits_and_days_rows_are(monkeypatch: pytest.MonkeyPatch) -> None:
    facts: dict[str, dict[str, Any] | None] = {
        "a" * 40: {"date": "2026-01-02", "number": 1},
        "b" * 40: {"date": "2026-01-03", "number": 2},
        "c" * 40: None,
    }
    for module in (commits, tables):
        monkeypatch.setattr(module, "known_commits", lambda: facts)
    rows = [
        {"codec": codec, "commit": commit * 40, "modified": modified}
        for codec, commit, modified in (
            ("lmpack -6", "b", False), ("gzip", "a", True), ("xz", "b", False), ("xz", "c", False)
        )
    ]  # fmt: skip
    assert tables.row_origins(rows) == (
        "The rows of lmpack are of commit bbbbbbbbbbbb of 2026-01-03. The rows of the other "
        "programs are of 3 commits of 2026-01-02 to 2026-01-03, in part with changes (1 of them "
        "not in this history)."
    )
    facts["b" * 40] = {"date": "2026-01-03", "number": None}
    assert "bbbbbbbbbbbb of 2026-01-03 (not in this history)." in tables.row_origins(rows[:1])
    assert commits.commit_words("b" * 40, False) == "bbbbbbbbbbbb (not in this history)"


def test_the_page_on_reliability_says_how_old_its_program_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {
        "a": {"date": "2026-01-02", "number": 5},
        "b": {"date": "2026-01-03", "number": 9},
        "lost": {"date": "2026-01-03", "number": None},
    }
    monkeypatch.setattr(commits, "known_commits", lambda: known)
    monkeypatch.setattr(reliability, "known_commits", lambda: known)
    assert "is of 2026-01-02." in reliability._age("a")
    assert "(2026-01-03) the history grew by 4 commits" in reliability._age("a")
    assert reliability._age("b") == "That program is of 2026-01-03."
    assert reliability._age("lost") == "That program is of 2026-01-03."
    assert reliability._age("c") == ""

"""Parts of Markdown documents that are made from results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.commits import MISSING, commit_words, is_missing, known_commits
from benchmarks.standing import state_words


def conditions(result: dict[str, Any]) -> str:
    """One line on what a measurement was made with, and whether that is an earlier state."""
    e = result["environment"]
    packages = ", ".join(f"{name} {version}" for name, version in e["packages"].items() if version)
    words = f"{standing(result)} ".lstrip()
    return (
        f"{words}{e['cpu']}, {e['cores']} cores, Python {e['python']}, {packages}; "
        f"commit {commit_words(e['commit'], e['modified'])}."
    )


def standing(result: Mapping[str, Any]) -> str:
    """A sentence on the earlier state that a result belongs to; nothing for one of this state."""
    return state_words(result)


OURS = "lmpack"
"""The start of the names of our rows, before the level."""


def row_origins(rows: Sequence[Mapping[str, Any]]) -> str:
    """Of which commits the rows are, ours and those of other programs; nothing without rows."""
    ours = [row for row in rows if row["codec"].startswith(OURS)]
    others = [row for row in rows if not row["codec"].startswith(OURS)]
    named = (("lmpack", ours), ("the other programs", others))
    return " ".join(f"The rows of {whose} are of {_origin(some)}." for whose, some in named if some)


def row_days(rows: Sequence[Mapping[str, Any]]) -> str:
    """The day of the commits of rows, or the first and the last one; nothing if none is known."""
    facts = [known_commits().get(row["commit"]) for row in rows]
    days = sorted(one["date"] for one in facts if one)
    return " to ".join(dict.fromkeys((days[0], days[-1]))) if days else ""


def _origin(rows: Sequence[Mapping[str, Any]]) -> str:
    """The commits of rows, the days of these, and whether there were changes."""
    commits = list(dict.fromkeys(row["commit"] for row in rows))
    days = row_days(rows)
    changed = sum(bool(row["modified"]) for row in rows)
    how = (
        "" if not changed else " with changes" if changed == len(rows) else ", in part with changes"
    )
    when = f" of {days}" if days else ""
    count = f"commit {commits[0][:12]}" if len(commits) == 1 else f"{len(commits)} commits"
    lost = sum(map(is_missing, commits))
    which = "" if not lost else MISSING if lost == len(commits) else f"{lost} of them {MISSING}"
    return f"{count}{when}{how}" + (f" ({which})" if which else "")


def section(title: str, *parts: str) -> str:
    """A section of a document; empty parts are left out."""
    return "\n\n".join([f"## {title}", *(part for part in parts if part)])

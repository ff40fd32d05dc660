"""The commits that results name: when they were made, and whether the history has them.

    python -m benchmarks.commits

writes benchmarks/commits.json from git. Pages take it from there, so that they are the same in a
checkout without history.
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.places import RESULTS, ROOT

LIST = Path(__file__).with_suffix(".json")
FIELDS = ("commit", "other")
"""Where results name a commit of this repository."""

NAME = re.compile("[0-9a-f]{40}")

MISSING = "not in this history"

Facts = Mapping[str, Any]


def commits_in(value: Any) -> Iterator[str]:
    """All that are named anywhere in a result."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in FIELDS and isinstance(inner, str) and NAME.fullmatch(inner):
                yield inner
            else:
                yield from commits_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from commits_in(inner)


def named_commits() -> list[str]:
    """Those of all results, each once."""
    results = (json.loads(path.read_text()) for path in sorted(RESULTS.rglob("*.json")))
    return sorted({commit for result in results for commit in commits_in(result)})


@functools.cache
def known_commits() -> Mapping[str, Facts | None]:
    """By commit: `date`, and `number`, of commits up to it, which is None if the history lacks it.

    Changes that were measured may come into the history as one commit; only the day is known then.
    None in place of both where not even that is.
    """
    known: dict[str, Facts | None] = json.loads(LIST.read_text())
    return known


def is_missing(commit: str) -> bool:
    """Whether the history is known to lack a commit."""
    facts = known_commits().get(commit, {"number": 0})
    return facts is None or facts["number"] is None


def commit_words(commit: str, modified: bool | None) -> str:
    """How a page names a commit."""
    return (
        commit[:12]
        + (" with changes" if modified else "")
        + (f" ({MISSING})" if is_missing(commit) else "")
    )


def newest() -> Facts:
    """Of all commits that results name."""
    present = (facts for facts in known_commits().values() if facts and facts["number"])
    return max(present, key=_number)


def _number(facts: Facts) -> int:
    return int(facts["number"])


def git(*arguments: str) -> str | None:
    """What git says in this checkout; None if it fails, or there is none."""
    try:
        done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return None if done.returncode else done.stdout.decode().strip()


def has_history() -> bool:
    """Whether this is a checkout with all commits."""
    return git("rev-parse", "--is-shallow-repository") == "false"


def looked_up(commit: str) -> Facts | None:
    """The facts of a commit that is in the history of this checkout."""
    if git("merge-base", "--is-ancestor", commit, "HEAD") is None:
        return None
    date = git("log", "-1", "--format=%cs", commit)
    return {"date": date, "number": int(git("rev-list", "--count", commit) or 0)}


def update() -> None:
    """Write the list again; the day of a commit stays true when the history has lost it."""
    known = known_commits() if LIST.exists() else {}
    found = {commit: looked_up(commit) for commit in named_commits()}
    for commit, facts in found.items():
        if facts is None and (before := known.get(commit)):
            found[commit] = {"date": before["date"], "number": None}
    LIST.write_text(json.dumps(found, indent=1) + "\n")
    known_commits.cache_clear()


def main() -> int:
    if not has_history():
        sys.exit("this checkout has no whole history: git fetch --unshallow")
    update()
    return 0


if __name__ == "__main__":
    sys.exit(main())

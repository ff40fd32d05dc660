"""Parts of Markdown documents that are made from results."""

from __future__ import annotations

from typing import Any


def conditions(result: dict[str, Any]) -> str:
    """One line on what a measurement was made with."""
    e = result["environment"]
    packages = ", ".join(f"{name} {version}" for name, version in e["packages"].items() if version)
    return (
        f"{e['cpu']}, {e['cores']} cores, Python {e['python']}, {packages}; "
        f"commit {e['commit'][:12]}{' with changes' if e['modified'] else ''}."
    )


def section(title: str, *parts: str) -> str:
    """A section of a document; empty parts are left out."""
    return "\n\n".join([f"## {title}", *(part for part in parts if part)])

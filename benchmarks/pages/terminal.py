"""The picture of a terminal in which the command was run."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

PROMPT = "$ "
SIZE, WIDTH, HEIGHT, MARGIN = 14, 8.43, 19, 16
"""Of letters, in pixels: their size, the width and height of a cell; the space around them."""

PAPER, INK, TYPED = "#1e2227", "#d5d9de", "#8fd19e"


def picture(result: dict[str, Any]) -> str:
    """An SVG of the commands and of what they showed, as letters that a reader can copy."""
    lines: list[tuple[str, str]] = []
    for row in result["rows"]:
        lines.append((TYPED, PROMPT + row["command"]))
        lines += [(INK, line) for line in row["lines"]]
    columns = max(result["columns"], *(len(line) for _, line in lines))
    width, height = 2 * MARGIN + WIDTH * columns, 2 * MARGIN + HEIGHT * len(lines)
    shown = "\n".join(
        f'<text x="{MARGIN}" y="{MARGIN + HEIGHT * number + SIZE}" fill="{colour}" '
        f'textLength="{WIDTH * len(line):.1f}">{escape(line)}</text>'
        for number, (colour, line) in enumerate(lines)
        if line
    )
    said = "A terminal: " + "; ".join(row["command"] for row in result["rows"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" xml:space="preserve" '
        f'font-family="monospace" font-size="{SIZE}">\n<title>{escape(said)}</title>\n'
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>\n{shown}\n</svg>\n'
    )


def draw(path: Path, result: dict[str, Any]) -> None:
    """Write the picture."""
    path.write_text(picture(result), encoding="utf-8")

"""Why some files of results/kinds.json come out as they do, beside its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PACKED = "packed-default.docx"
FAX = "fax-pic.raw"

_OF_PACKED = (
    f"{PACKED} is a ZIP file: 36,124 of its 38,116 bytes are streams of DEFLATE, in which hardly "
    "anything can be foretold. Two of them, of 13,589 and 13,625 bytes, hold nearly the same XML. "
    "Alone they become about as small with the full predictor as with brotli -11: 13,031 and "
    "12,924 bytes, and 12,989 and 12,919. One behind the other they become 25,582 and 25,085: "
    "they have many short repeats in common, of some 4 to 30 bytes. brotli copies these at once. "
    "Mixing must see the first bytes of each before it follows it, and cannot be sure of it, as "
    "in noise most repeats soon end. (The streams were measured once, by no script that is kept. "
    "That the repeats are the reason is what these sizes suggest.)"
)

_OF_FAX = (
    "Of such a picture, of two colours, the bytes above say nearly all. Each further input of the "
    "mixers costs a little until they have learned to leave it out, and strong has the most."
)

_OF_ANCHOR = (
    "It mixes 1,300 to 2,050 inputs in 24 to 35 sets of mixers, where strong has about 250 inputs "
    "and eleven mixers. What its parts are worth was measured once by leaving them out of it, on "
    "pieces of 24 and 48 KB, compared with an older lmpack; no script is kept. By how many per "
    "cent they grow:",
    "- *JSON lines, tables, logs*: 5.1, 5.5 and 4.2 without its models of words, lines and text "
    "together, 1.0 to 2.0 without one of the two, at most 0.4 without any other model. There are "
    "some hundred contexts of words, lines and text, which overlap, where strong has about 30. "
    "So no single context is what strong lacks.",
    "- *Machine code*: 8.1 without its decoder of instructions, and at most 0.5 without any "
    "other model. It has 20 contexts of instructions and six sets of mixers that they select; "
    "strong has 19 and two.",
    "- *Minified code* was not among these pieces. Of the first 40,000 bytes of code-minified.js "
    "alone lmpack -9 makes 6,652 and paq8px -5 6,716 (measured once; on 90 KB of a log paq8px -5 "
    "and -8 differed by one byte). So lmpack begins ahead, as its models know such text, and then "
    "learns less from the file itself.",
    "- *Everywhere*: 3.5 to 5.6 with one input of each context in place of seven, but 0.6 in "
    "machine code; 1.2 to 3.0 with four sets of mixers in place of all.",
)


def odd_files(lost: Sequence[str], larger: Mapping[str, float]) -> list[str]:
    """On files that another program makes smaller, and on those that the last level does not.

    Args:
        lost: names of files that are larger than with the best of the other programs.
        larger: by file, by how many per cent the strongest level makes it larger than -2.
    """
    parts = [_OF_PACKED] if PACKED in lost else []
    if larger:
        named = ", ".join(f"{name} by {percent:.1f} %" for name, percent in larger.items())
        why = f" {_OF_FAX}" if FAX in larger else ""
        parts.append(f"Larger with the strongest level than with -2: {named}.{why}")
    return parts


def where_the_anchor_wins(anchor: str, won: Mapping[str, float]) -> str:
    """The files that it makes smaller, and what of it does that.

    Args:
        anchor: its name.
        won: by file, by how many per cent ours is larger.
    """
    if not won:
        return ""
    named = ", ".join(f"{name} ({percent:+.1f} %)" for name, percent in won.items())
    title = f"**Where {anchor} wins, and why.** It makes these smaller: {named}. "
    return "\n\n".join([title + _OF_ANCHOR[0], "\n".join(_OF_ANCHOR[1:])])


def failures(missing: Mapping[str, Sequence[str]]) -> str:
    """Which programs have no row for some files, where they failed.

    Args:
        missing: names of files, by program.
    """
    return " ".join(
        f"{name} failed on {', '.join(files)}: it refuses what it made of them, or gives other "
        "bytes back."
        for name, files in missing.items()
    )

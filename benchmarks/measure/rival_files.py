"""The files that programs are compared on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from benchmarks.data import start_of, title_of

LIMIT = 1_000_000
"""Bytes of the longer files that are used, except those of Silesia, which are used whole."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "prose": (
        "text/wikipedia_en_2014.valid.xz", "text/novels_en.valid.xz",
        "text/enwik8_prefix.valid.xz", "general/docs.valid.xz", "general/multilingual.valid.xz",
        "silesia/reymont.xz",
    ),
    "code, data, logs": (
        "general/code.valid.xz", "general/structured.valid.xz", "general/latex_mail.valid.xz",
        "silesia/xml.xz", "text/Spark_2k.log.xz", "text/Zookeeper_2k.log.xz",
    ),
    "Canterbury": (
        "alice29.txt", "asyoulik.txt", "cp.html", "fields.c", "grammar.lsp", "kennedy.xls",
        "lcet10.txt", "plrabn12.txt", "ptt5", "sum", "xargs.1",
    ),
    "Calgary": (
        "bib", "book1", "book2", "geo", "news", "obj1", "obj2", "paper1", "paper2", "paper3",
        "paper4", "paper5", "paper6", "pic", "progc", "progl", "progp", "trans",
    ),
    "images, audio": ("image/imagenet_patches_shared.bin.xz", "audio/librispeech_chunks.bin.xz"),
    "noise": ("random",),
}  # fmt: skip
CORPORA = ("Canterbury", "Calgary")
"""Groups in folders of their names, whose files are used whole."""

WHOLE = ("silesia/reymont.xz", "silesia/xml.xz")
GENERATED = "random"

SAMPLE = (
    "wikipedia_en_2014.valid",
    "enwik8_prefix.valid",
    "novels_en.valid",
    "code.valid",
    "structured.valid",
    "alice29.txt",
)
"""What every model and program is measured on. These files are below 1 MiB, so that all levels of a
model make the same of them."""

LARGE = ("xml", "reymont")
"""What shows how much larger blocks bring."""

MEASURED = {
    "lmpack -1": SAMPLE + LARGE,
    "lmpack -2": SAMPLE + LARGE,
    **{f"lmpack -{level}": SAMPLE for level in (3, 4, 5, 7, 8, 9)},
    "zstd -22": (),
    "lrzip -z": (),
    "paq8px -6": SAMPLE,
    "paq8px -8": (),
}
"""The files that slow programs, and levels that other levels represent, are measured on. All others
are measured on all files."""


class Input(NamedTuple):
    """A file.

    Attributes:
        group: one of :data:`GROUPS`.
        title: its name in tables.
        path: within the folder of the data.
        limit: how many bytes of it are used; None for all.
    """

    group: str
    title: str
    path: str
    limit: int | None

    def read(self) -> bytes:
        """Its content."""
        if self.path == GENERATED:
            return random.Random(0).randbytes(LIMIT)
        return start_of(self.path, self.limit)


def inputs() -> Iterator[Input]:
    """All files."""
    for group, names in GROUPS.items():
        for name in names:
            whole = group in CORPORA or name in WHOLE
            path = f"{group.lower()}/{name}" if group in CORPORA else name
            yield Input(group, title_of(name), path, None if whole else LIMIT)

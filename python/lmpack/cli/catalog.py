"""The commands: where each is, what it is for, in which section of the help it stands.

The help and the manual need no command itself for that, so none is loaded for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """A command.

    Attributes:
        home: module below lmpack.cli, and name in it.
        summary: what it does, on a line of the help.
    """

    home: str
    summary: str


SHORTHAND = "gzip-style"
"""The command that is meant where none is named. It has this name only in here."""

SHORTHAND_HOME = "shorthand.shorthand"

SECTIONS: Mapping[str, Mapping[str, Entry]] = {
    "Commands": {
        "compress": Entry("convert.compress", "Write FILE.lmp for each FILE."),
        "decompress": Entry("convert.decompress", "Write FILE for each FILE.lmp."),
        "extract": Entry("extract.extract", "Unpack FILE.tar.lmp, or list it."),
        "test": Entry("test.test", "Decompress without writing; list all damage."),
        "info": Entry("info.info", "Say what a FILE.lmp is made of."),
        "dictionary": Entry("dictionary.dictionary", "Choose what small files have in common."),
        "models": Entry("models.models", "List models, add and remove them."),
        "bench": Entry("bench.bench", "Measure all levels beside zstd and xz."),
        "completion": Entry("completion.completion", "Print the completion of a shell."),
        "help": Entry("help.help_command", "Explain lmpack, or a command."),
    },
    "Research": {
        "eval": Entry("eval.eval_group", "Repeat the paper's experiments."),
        "export": Entry("export.export", "Make a bundle of a training run."),
        "generate": Entry("generate.generate", "Let a model continue a file."),
        "import": Entry("import_model.import_command", "Make a language model exact."),
        "train": Entry("train.train", "Train a model."),
    },
}

COMMANDS: Mapping[str, Entry] = {
    name: entry for section in SECTIONS.values() for name, entry in section.items()
}

EXAMPLES: tuple[tuple[str, str], ...] = (
    ("lmpack notes.txt", "writes notes.txt.lmp"),
    ("lmpack -d notes.txt.lmp", "writes notes.txt"),
    ("lmpack -l *.lmp", "what is in them"),
    ("lmpack -9 -r docs -o packed", "a whole tree"),
    ("lmpack compress --tar docs", "a folder as one file"),
    ("lmpack bench notes.txt", "which level suits it"),
)

EXAMPLES_OF: Mapping[str, tuple[tuple[str, str], ...]] = {
    "compress": (
        ("lmpack compress -9 notes.txt", "writes notes.txt.lmp, as small as it gets"),
        ("lmpack compress -r docs -o packed", "a whole tree; --resume goes on after a stop"),
        ("lmpack compress --tar docs -o docs.tar.lmp", "a folder as one file"),
        ("pg_dump shop | lmpack compress -1 -o shop.lmp", "what comes through a pipe"),
        ("lmpack compress --patch-from old.tar new.tar", "what is new compared with old.tar"),
    ),
    "decompress": (
        ("lmpack decompress notes.txt.lmp", "writes notes.txt"),
        ("lmpack decompress -c app.log.lmp | grep error", "to standard output"),
        ("lmpack decompress -r packed -o docs", "a whole tree"),
        ("lmpack decompress --patch-from old.tar new.tar.lmp", "with the file it was made with"),
        ("lmpack decompress --salvage cut.lmp -o rest", "what is whole of a damaged file"),
    ),
    "extract": (
        ("lmpack extract docs.tar.lmp", "unpacks it here"),
        ("lmpack extract -l docs.tar.lmp", "what is in it"),
        ("lmpack extract docs.tar.lmp -o DIR docs/index.md", "one member, into DIR"),
        ("ssh host cat docs.tar.lmp | lmpack extract -", "from a pipe"),
    ),
    "dictionary": (
        ("lmpack dictionary *.json -o shop.dict", "each file is a sample"),
        ("lmpack dictionary --lines app.log -o log.dict", "each line is one"),
        ("lmpack compress -r -D shop.dict records", "with what it holds"),
    ),
}
"""Those of a command, for its own help and page of the manual."""

EXIT_CODES: tuple[tuple[str, str], ...] = (
    ("0", "all was done"),
    ("1", "something failed; a line for each file says what to do"),
    ("2", "wrong usage, or all was done with a warning"),
)

ENVIRONMENT: tuple[tuple[str, str], ...] = (
    ("LMPACK_LEVEL", "level, 1 to 9, where no option says another"),
    ("LMPACK_THREADS", "worker threads, where -T says no other number"),
    ("LMPACK_MODELS", "the folder of models (lmpack models)"),
    ("LMPACK_ISA", "instructions for models, such as avx2; the bytes are the same"),
)


def nearest_command(mistyped: str) -> str | None:
    """The command that may have been meant; None if none is near."""
    from difflib import get_close_matches  # for messages alone

    return next(iter(get_close_matches(mistyped, COMMANDS, n=1)), None)

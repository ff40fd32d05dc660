"""The commands `lmpack eval ...`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from lmpack.cli.failures import Failures
from lmpack.cli.given_name import Name
from lmpack.cli.numbers import Integer
from lmpack.cli.options import traceback_option
from lmpack.cli.printing import one_line, say
from lmpack.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(name="eval")
def eval_group() -> None:
    """Repeat the experiments of "Language Modeling Is Compression" on data of your own.

    Each writes its results into a folder, as JSON and as Markdown or pictures, and goes on there
    when it is started again. Needs: pip install 'lmpack[eval]'.
    """


def _experiment(command: Command) -> Command:
    """Options that all experiments have."""
    for option in (
        click.option(
            "--output",
            type=Name(file_okay=False, path_type=Path),
            default=Path("evaluation"),
            show_default=True,
            help="Folder of the results.",
        ),
        click.option(
            "--limit",
            "--chunks",
            "limit",
            type=Integer(min=1),
            metavar="N",
            help="Chunks of 2048 bytes of each data set. [default: as the paper, 488281]",
        ),
        click.option(
            "--compressor",
            "compressors",
            multiple=True,
            default=("gzip", "lzma2", "png", "flac"),
            show_default=True,
            metavar="NAME",
            help="gzip, lzma2, png, flac, flac16, bzip2, zstd, brotli, ppmd, model:NAME|FOLDER, "
            "characters:NAME|FOLDER (a model that sees 7 bits of each byte, as in the paper), "
            "level:1 to level:9. Repeat for several.",
        ),
        click.option(
            "--data",
            "data_sets",
            multiple=True,
            required=True,
            metavar="NAME[=PATH]",
            help="enwik7, enwik8, enwik9 or text (a file), imagenet (folder of images, or patches "
            "in a file), imagenet7 (the same without the lowest bit), librispeech (folder of FLAC, "
            "or 8-bit samples in a file), librispeech16 (the same in 16 bits), random. Repeat for "
            "several.",
        ),
        traceback_option,
    ):
        command = option(command)
    return command


@eval_group.command()
@click.option(
    "--whole/--no-whole",
    default=True,
    help="Measure the data as one piece, too (default), or only in chunks.",
)
@_experiment
def table1(whole: bool, **options: Any) -> None:
    """Rates of compressors on data sets, whole and in chunks, next to the paper's Table 1."""
    from lmpack.evaluation import table1 as experiment

    def line(row: dict[str, Any]) -> str:
        manner = "chunks" if row["chunked"] else "whole"
        return f"{manner} {100 * row['compressed_bytes'] / row['raw_bytes']:.1f} %"

    _run(experiment, line, **options, whole=whole)


@eval_group.command()
@_experiment
def table2(**options: Any) -> None:
    """Rates of models over the symbols of tokenizers, as in the paper's Table 2.

    Each --compressor is model:FOLDER, a bundle that was trained with its tokenizer
    (`lmpack train --tokenizer`).
    """
    from lmpack.evaluation import table2 as experiment

    def line(row: dict[str, Any]) -> str:
        rate = row["compressed_bytes"] / row["raw_bytes"]
        return f"({row['tokenizer']}) {100 * rate:.1f} %"

    _run(experiment, line, **options)


@eval_group.command()
@_experiment
def scaling(**options: Any) -> None:
    """Adjusted rates by size of model and data, as in the paper's figure 2."""
    from lmpack.evaluation import scaling as experiment

    _run(experiment, lambda row: f"{row['bytes']:,} bytes {100 * row['rate']:.1f} %", **options)


@eval_group.command()
@_experiment
def context(**options: Any) -> None:
    """Rates by length of the sequence, as in the paper's figure 4."""
    from lmpack.evaluation import context as experiment

    def line(row: dict[str, Any]) -> str:
        return f"{row['lengths'][-1]:,} bytes {100 * row['mean'][-1]:.1f} %"

    _run(experiment, line, **options)


@eval_group.command()
@click.argument("name")
@click.option(
    "--output",
    type=Name(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder to put it in. [default: this one]",
)
@traceback_option
def download(name: str, output: Path) -> None:
    """Fetch enwik8 or enwik9, check it, and say where it is.

    What an interrupted download left is continued.
    """
    from tqdm import tqdm

    from lmpack.evaluation.download import download as fetch

    failures = Failures()
    # On a terminal only.
    with (
        failures.of(f"eval download {name}"),
        tqdm(desc=one_line(name), unit="B", unit_scale=True, disable=None, leave=False) as bar,
    ):

        def show(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        say(str(fetch(name, output, show)))
    failures.exit_if_any()


def _run(
    experiment: Any,
    line: Callable[[dict[str, Any]], str],
    data_sets: tuple[str, ...],
    compressors: tuple[str, ...],
    limit: int | None,
    output: Path,
    **manner: bool,
) -> None:
    """Run an experiment; `manner` are arguments that it alone has."""
    from lmpack.evaluation.compressors import find_compressor
    from lmpack.evaluation.data_sets import PAPER_CHUNKS, load_data_set

    failures = Failures()
    with failures.of(f"eval {experiment.NAME}"):
        chosen = [find_compressor(name) for name in compressors]
        named = [_name_and_path(text) for text in data_sets]
        loaded = (load_data_set(*pair, limit=limit or PAPER_CHUNKS) for pair in named)

        def report(row: dict[str, Any]) -> None:
            say(f"{row['data_set']}: {row['compressor']} {line(row)}")

        experiment.run(chosen, loaded, output, report, **manner)
        say(f"written: {output / experiment.NAME}.json and .md")
    failures.exit_if_any()


def _name_and_path(text: str) -> tuple[str, Path | None]:
    name, separator, path = text.partition("=")
    if separator and not path:
        raise UsageError(f"{text} names no path after =")
    return name, Path(path) if path else None

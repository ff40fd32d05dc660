"""The commands `lmpack eval ...`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lmpack.cli.failures import Failures
from lmpack.errors import UsageError


@click.group(name="eval")
def eval_group() -> None:
    """Repeat the experiments of "Language Modeling Is Compression" on data of your own.

    Each writes its results into a folder, as JSON and as Markdown or pictures, and goes on there
    when it is started again. Needs: pip install 'lmpack[eval]'.
    """


@eval_group.command()
@click.option(
    "--data",
    "data_sets",
    multiple=True,
    required=True,
    metavar="NAME[=PATH]",
    help="enwik7, enwik8, enwik9 or text (a file), imagenet (folder of images, or patches in a "
    "file), librispeech (folder of FLAC, or 8-bit samples in a file), random. Repeat for several.",
)
@click.option(
    "--compressor",
    "compressors",
    multiple=True,
    default=("gzip", "lzma2", "png", "flac"),
    show_default=True,
    metavar="NAME",
    help="gzip, lzma2, png, flac, bzip2, zstd, brotli, ppmd, model:NAME|FOLDER, level:1 to "
    "level:9. Repeat for several.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Chunks of 2048 bytes of each data set. [default: as the paper, 488281]",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("evaluation"),
    show_default=True,
    help="Folder of the results.",
)
def table1(
    data_sets: tuple[str, ...], compressors: tuple[str, ...], limit: int | None, output: Path
) -> None:
    """Rates of compressors on data sets, whole and in chunks, beside the paper's Table 1."""
    from lmpack.evaluation import table1 as experiment
    from lmpack.evaluation.compressors import find_compressor
    from lmpack.evaluation.data_sets import PAPER_CHUNKS, load_data_set

    failures = Failures()
    with failures.of("eval table1"):
        chosen = [find_compressor(name) for name in compressors]
        named = [_name_and_path(text) for text in data_sets]
        loaded = (load_data_set(*pair, limit=limit or PAPER_CHUNKS) for pair in named)
        experiment.run(chosen, loaded, output, lambda row: click.echo(_line(row)))
        click.echo(f"written: {output / 'table1.json'}, {output / 'table1.md'}")
    failures.exit_if_any()


def _name_and_path(text: str) -> tuple[str, Path | None]:
    name, separator, path = text.partition("=")
    if separator and not path:
        raise UsageError(f"{text} names no path after =")
    return name, Path(path) if path else None


def _line(row: dict[str, Any]) -> str:
    manner = "chunks" if row["chunked"] else "whole"
    rate = 100 * row["compressed_bytes"] / row["raw_bytes"]
    return f"{row['data_set']} {manner}: {row['compressor']} {rate:.1f} %"

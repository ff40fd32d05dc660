"""The command `lmpack test`."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

import lmpack
from lmpack import Damage, FormatError, LmpackError, Options, Sizes
from lmpack.cli.bar import progress_bar
from lmpack.cli.failures import display_name
from lmpack.cli.file_options import checked_files, files_options
from lmpack.cli.options import DecodingArguments, coding_options, decoding_choice
from lmpack.cli.report import Report
from lmpack.cli.standard import input_size, open_input

if TYPE_CHECKING:
    from typing_extensions import Unpack


@click.command()
@files_options
@coding_options
def test(
    *,
    files: tuple[str, ...],
    listed: tuple[str, ...] | None,
    quiet: bool,
    verbose: int,
    as_json: bool,
    **coding: Unpack[DecodingArguments],
) -> None:
    """Decompress each FILE without writing it, to see that it is whole; list all damage."""
    checked_files(files, listed)
    options = decoding_choice(**coding)
    report = Report(is_compression=False, verbose=verbose, as_json=as_json)
    for name in (files or ("-",)) if listed is None else listed:
        with report.failures.of(name), open_input(name) as source:
            try:
                report.done(name, _verify(source, name, quiet, options))
            except FormatError as error:
                damage = _all_damage(source, options)
                if not damage:
                    raise
                # The list says it all.
                report.failures.record(name, error)
                report.damaged(name, damage)
    report.finish()


def _verify(source: BinaryIO, name: str, quiet: bool, options: Options) -> Sizes:
    with progress_bar(display_name(name), input_size(source), quiet) as progress:
        return lmpack.verify_stream(source, progress=progress, options=options)


def _all_damage(source: BinaryIO, options: Options) -> tuple[Damage, ...]:
    """All that is wrong with a file; nothing if no more can be told than the first error."""
    if not source.seekable():
        return ()
    try:
        return lmpack.find_damage(source, options=options)
    except LmpackError:
        return ()

"""The command `lmpack test`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

import lmpack
from lmpack import Damage, FormatError, LmpackError, Options, Sizes
from lmpack.cli.bar import progress_bar
from lmpack.cli.failures import display_name
from lmpack.cli.file_options import checked_files, files_options, shard_option
from lmpack.cli.options import DecodingArguments, coding_options, decoding_choice
from lmpack.cli.printing import say_error
from lmpack.cli.report import Report, count_of_files, size_record
from lmpack.cli.report_file import report_file, report_option
from lmpack.cli.standard import input_size, open_input

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from lmpack._files.shard import Shard


@click.command()
@files_options
@shard_option
@report_option
@coding_options
def test(
    *,
    files: tuple[str, ...],
    listed: tuple[str, ...] | None,
    shard: Shard | None,
    report_path: str | None,
    quiet: bool,
    verbose: int,
    as_json: bool,
    **coding: Unpack[DecodingArguments],
) -> None:
    """Decompress each FILE without writing it, to see that it is whole; list all damage."""
    checked_files(files, listed)
    options = decoding_choice(**coding)
    names = (files or ("-",)) if listed is None else listed
    if shard is not None:
        if listed is None and len(files) < 2:
            raise click.UsageError("--shard needs several FILEs, or --files0-from")
        names = tuple(name for name in names if shard.holds(Path(name).as_posix()))
    report = Report(is_compression=False, verbose=verbose, as_json=as_json)
    with report_file(report_path) as log:
        for name in names:
            started = time.monotonic()
            sizes, failed = None, len(report.failures.records)
            with report.failures.of(name):
                sizes = _test(name, report, quiet, options)
            if log is not None:
                record: dict[str, Any] = {"file": name, "status": "ok"}
                if sizes is not None:
                    record |= size_record(*reversed(sizes))
                record["seconds"] = round(time.monotonic() - started, 3)
                if len(report.failures.records) > failed:
                    error = report.failures.records[-1]["error"]
                    record |= {"status": "failed", "error": error}
                with report.failures.of(report_path or ""):
                    log.write(record)
    if shard is not None and not quiet and not as_json:
        say_error(f"shard {shard.number}/{shard.total}: {count_of_files(len(names))} tested")
    report.finish()


def _test(name: str, report: Report, quiet: bool, options: Options) -> Sizes | None:
    """Test a file and report it; its sizes, or None if it is damaged."""
    with open_input(name) as source:
        try:
            sizes = _verify(source, name, quiet, options)
        except FormatError as error:
            damage = _all_damage(source, options)
            if not damage:
                raise
            # The list says it all.
            report.failures.record(name, error)
            report.damaged(name, damage)
            return None
        report.done(name, sizes)
        return sizes


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

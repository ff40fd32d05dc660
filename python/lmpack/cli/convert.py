"""The commands `lmpack compress` and `lmpack decompress`."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

import lmpack
from lmpack import DamagedError, FileResult, TruncatedError
from lmpack._files.batch_file import CHANGED
from lmpack._files.disk.deletion import has_changed
from lmpack._files.replacement import regular_status
from lmpack.cli.bar import progress_bar
from lmpack.cli.failures import display_name
from lmpack.cli.file_options import (
    exclude_compressed_option,
    files_options,
    output_options,
    tar_options,
)
from lmpack.cli.help_lists import ExampleCommand
from lmpack.cli.level_option import LevelCommand
from lmpack.cli.options import (
    coding_options,
    decoding_choice,
    encoding_choice,
    level_options,
)
from lmpack.cli.output import (
    STANDARD_OUTPUT,
    is_stream,
    open_output,
    refuse_needed,
    refuse_terminal,
)
from lmpack.cli.report import Report, count_of_files
from lmpack.cli.report_file import record_of_result, report_file
from lmpack.cli.request import FileArguments, Request
from lmpack.cli.resume_option import ResumeCommand
from lmpack.cli.salvaging import salvage_files
from lmpack.cli.signals import state_at_interruption
from lmpack.cli.standard import input_size, is_terminal, open_input

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from lmpack import Prefix


class _CompressCommand(ExampleCommand, ResumeCommand, LevelCommand):
    """A command with examples, levels and --resume."""


class _DecompressCommand(ExampleCommand, ResumeCommand):
    """A command with examples and --resume."""


@click.command(cls=_CompressCommand)
@files_options
@level_options
@output_options
@exclude_compressed_option
@tar_options
@coding_options
def compress(
    *,
    tar: bool,
    reproducible: bool,
    level: int,
    mixing: bool,
    verify: bool | None,
    block_size: int | None,
    model: tuple[str, ...] | None,
    device: str,
    threads: int | None,
    max_size: int | None,
    max_memory: int | None,
    prefix: Prefix | None,
    exclude_compressed: bool,
    **arguments: Unpack[FileArguments],
) -> None:
    """Compress each FILE to FILE.lmp, or standard input to standard output.

    A FILE named - is standard input. Input files are kept. With -r a FILE may be a folder; what is
    in it is done in one go, and -o makes the same tree elsewhere. With --tar all FILEs and folders
    become one file, which lmpack extract unpacks.
    """
    if max_size is not None:
        raise click.UsageError(
            "--max-size is for reading: it refuses a FILE.lmp with more content than that"
        )
    options = encoding_choice(
        level=level,
        mixing=mixing,
        verify=verify,
        block_size=block_size,
        model=model,
        device=device,
        threads=threads,
        max_size=max_size,
        max_memory=max_memory,
        prefix=prefix,
    )
    if reproducible and not tar:
        raise click.UsageError("--reproducible needs --tar")
    if tar:
        from lmpack.cli.archiving import ArchiveRequest, write_archive

        write_archive(
            ArchiveRequest(
                options=options,
                reproducible=reproducible,
                exclude_compressed=exclude_compressed,
                **arguments,
            )
        )
        return
    request = Request(
        is_compression=True, options=options, exclude_compressed=exclude_compressed, **arguments
    )
    if request.is_streamed:
        refuse_terminal(request.output or "-", request.force)
    _convert(request)


@click.command(cls=_DecompressCommand)
@files_options
@output_options
@click.option(
    "--salvage",
    is_flag=True,
    help="Write what is whole of a damaged or cut file, with zeros for what is lost, and say what "
    "that is.",
)
@click.option("--skip-lost", is_flag=True, help="With --salvage: leave out what is lost.")
@coding_options
def decompress(
    *,
    model: tuple[str, ...] | None,
    device: str,
    threads: int | None,
    max_size: int | None,
    max_memory: int | None,
    prefix: Prefix | None,
    salvage: bool,
    skip_lost: bool,
    **arguments: Unpack[FileArguments],
) -> None:
    """Decompress each FILE.lmp to FILE, or standard input to standard output.

    A FILE named - is standard input. Input files are kept. With -r a FILE may be a folder, of
    which the files that end in .lmp are taken. The file says which model made it;
    --model is needed only where it is neither built in nor in the folder of models.
    """
    options = decoding_choice(
        model=model,
        device=device,
        threads=threads,
        max_size=max_size,
        max_memory=max_memory,
        prefix=prefix,
    )
    request = Request(is_compression=False, options=options, **arguments)
    if skip_lost and not salvage:
        raise click.UsageError("--skip-lost needs --salvage")
    if salvage:
        salvage_files(request, skip_lost=skip_lost)
    else:
        _convert(request)


def _convert(request: Request) -> None:
    """Convert what was asked for, and end the program with 1 if something of it failed."""
    report = Report(
        is_compression=request.is_compression,
        verbose=request.verbose,
        as_json=request.as_json,
        has_result_line=is_terminal(sys.stderr) and not request.quiet and not request.to_stdout,
        shard=request.shard,
    )
    with state_at_interruption(lambda: _state(request, report)):
        if request.is_streamed:
            for name in request.inputs:
                with report.failures.of(name), _salvage_advised():
                    _convert_stream(name, request, report)
        else:
            _convert_files(request, report)
    if request.is_batch:
        # Which files a shard has nobody knows before.
        is_told = request.shard is not None and not request.quiet
        has_failed = request.recursive and report.has_failed_among_others
        report.finish_batch(with_summary=is_told or has_failed)
    else:
        report.finish()


def _state(request: Request, report: Report) -> str:
    """What is there if the work ends now."""
    if request.to_stdout or is_stream(request.output):
        output = STANDARD_OUTPUT if request.to_stdout else request.output
        return f"what was written to {output} is not complete"
    if report.done_files:
        return f"complete is {count_of_files(report.done_files)}, nothing else was written"
    return "nothing was written"


def _convert_stream(name: str, request: Request, report: Report) -> None:
    convert = lmpack.compress_stream if request.is_compression else lmpack.decompress_stream
    output = request.output or "-"
    if request.is_compression:
        refuse_needed(output, request.options)
    warn = functools.partial(report.failures.warn, name)
    with (
        open_input(name) as source,
        _watched(source, warn) as like,
        open_output(output, force=request.force, like=like, warn=warn) as sink,
        progress_bar(display_name(name), input_size(source), request.quiet) as progress,
    ):
        if request.passes_others_on:
            from lmpack.cli.passing_on import decompress_or_pass_on

            sizes = decompress_or_pass_on(source, sink, progress, request.options)
        else:
            sizes = convert(source, sink, progress=progress, options=request.options)
    report.done(name, sizes, output=output)


def _excluded(request: Request) -> list[str | Path]:
    """What is left out of folders; also the report, which grows while they are read."""
    report = [] if request.report_path is None else [Path(request.report_path)]
    return [*request.exclude, *report]


def _convert_files(request: Request, report: Report) -> None:
    """Convert files, of which there may be only one."""
    convert = lmpack.decompress_files
    if request.is_compression:
        left_out = request.exclude_compressed
        convert = functools.partial(lmpack.compress_files, exclude_compressed=left_out)
    only = None if request.is_batch else request.inputs[0]
    size = os.path.getsize(only) if only and os.path.isfile(only) else None
    level = request.options.level if request.is_compression else None
    with (
        report_file(request.report_path) as log,
        report.failures.of(only or "the batch"),
        progress_bar(display_name(only or "files"), size, request.quiet) as progress,
        contextlib.closing(
            convert(
                request.inputs,
                request.output if request.is_batch else None,
                output_file=None if request.is_batch else request.output,
                recursive=request.recursive,
                suffix=request.suffix,
                exclude=_excluded(request),
                resume=request.resume,
                shard=request.shard,
                force=request.force,
                remove=request.remove,
                progress=progress,
                options=request.options,
            )
        ) as results,
    ):
        for result in results:
            with report.failures.of(result.source), _salvage_advised():
                _report(result, report)
            if log is not None:
                log.write(
                    record_of_result(result, is_compression=request.is_compression, level=level)
                )


@contextlib.contextmanager
def _watched(source: BinaryIO, warn: Callable[[str], None]) -> Iterator[os.stat_result | None]:
    """The status of a regular file; says so if its content changes inside the block."""
    before = regular_status(source)
    yield before
    if before is not None and has_changed(before, os.fstat(source.fileno())):
        warn(CHANGED)


@contextlib.contextmanager
def _salvage_advised() -> Iterator[None]:
    """Add to the error of a damaged or cut file what can still be done with it."""
    try:
        yield
    except (DamagedError, TruncatedError) as error:
        raise type(error)(f"{error}: the option salvage writes what is whole") from error


def _report(result: FileResult, report: Report) -> None:
    report.device = result.device
    for sentence in result.warnings:
        report.failures.warn(result.source, sentence)
    if result.error is not None:
        raise result.error
    if result.sizes is None:
        report.skipped(result.source, result.skipped, result.output)
    else:
        more = {"warnings": list(result.warnings)} if result.warnings else {}
        report.done(result.source, result.sizes, output=result.output, **more)

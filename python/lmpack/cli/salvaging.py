"""What `lmpack decompress --salvage` does: each file by itself, as it is only for damaged ones."""

from __future__ import annotations

import functools
from pathlib import Path

import click

import lmpack
from lmpack._files.names import plain_name
from lmpack._files.replacement import regular_status
from lmpack.cli.bar import progress_bar
from lmpack.cli.failures import display_name
from lmpack.cli.output import open_output
from lmpack.cli.report import Report
from lmpack.cli.request import Request
from lmpack.cli.standard import input_size, open_input


def salvage_files(request: Request, *, skip_lost: bool) -> None:
    """Write what is whole of each file, and end the program with 1 if something is lost.

    Raises:
        click.UsageError: options that do not go together.
    """
    if request.recursive or request.resume or request.remove:
        raise click.UsageError("--salvage goes with neither -r, --resume nor --rm: name the files")
    if request.shard is not None or request.report_path is not None:
        raise click.UsageError("--salvage goes with neither --shard nor --report")
    if request.is_batch and request.output is not None:
        raise click.UsageError("--salvage takes -o with one FILE: do them one by one")
    report = Report(is_compression=False, verbose=request.verbose, as_json=request.as_json)
    for name in request.inputs:
        with report.failures.of(name):
            _salvage(name, request, report, skip_lost)
    report.finish()


def _salvage(name: str, request: Request, report: Report, skip_lost: bool) -> None:
    output = _output_of(name, request)
    warn = functools.partial(report.failures.warn, name)
    with (
        open_input(name) as source,
        open_output(output, force=request.force, like=regular_status(source), warn=warn) as sink,
        progress_bar(display_name(name), input_size(source), request.quiet) as progress,
    ):
        found = lmpack.salvage_stream(
            source, sink, holes=not skip_lost, progress=progress, options=request.options
        )
    report.done(name, found.sizes, output=output)
    report.damaged(name, found.damage)


def _output_of(name: str, request: Request) -> str:
    if request.to_stdout:
        return "-"
    path = Path(name)
    return request.output or str(path.with_name(plain_name(path.name, request.suffix)))

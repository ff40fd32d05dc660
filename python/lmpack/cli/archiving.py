"""What `lmpack compress --tar` does: one archive of files and folders."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

import click

import lmpack
from lmpack import LmpackError, UsageError
from lmpack._files.archive.entries import Entry, collect_entries
from lmpack._files.archive.listener import Listener
from lmpack._files.archive.members import Headers
from lmpack._files.archive.writing import archive_size, archive_stream
from lmpack._files.exclusion import left_out
from lmpack._files.remote.url import is_url
from lmpack.cli.bar import progress_bar
from lmpack.cli.failures import display_name, print_error
from lmpack.cli.file_options import checked_files
from lmpack.cli.output import (
    STANDARD_OUTPUT,
    is_stream,
    open_output,
    refuse_needed,
    refuse_terminal,
)
from lmpack.cli.printing import say_error
from lmpack.cli.report import Report
from lmpack.cli.request import FileRequest
from lmpack.cli.signals import state_at_interruption
from lmpack.cli.standard import is_terminal


@dataclasses.dataclass(frozen=True)
class ArchiveRequest(FileRequest):
    """The arguments of the command, which fit together; those of :class:`FileRequest` and more.

    What is in folders is always packed, so `recursive` has no effect.

    Attributes:
        reproducible: whether owners, times and the like are left out.
        exclude_compressed: whether files that are compressed already are left out.
    """

    reproducible: bool
    exclude_compressed: bool

    def __post_init__(self) -> None:
        checked_files(self.files, self.listed)
        if not self.inputs:
            raise click.UsageError("--tar needs a FILE or a folder to pack")
        if "-" in self.inputs:
            raise click.UsageError("standard input has no name in an archive: name files")
        if self.output is not None and self.stdout:
            raise click.UsageError("-o and -c exclude each other")
        if self.remove or self.resume or self.shard is not None or self.report_path is not None:
            raise click.UsageError("--tar goes with none of --rm, --resume, --shard and --report")
        if url := next(filter(is_url, (*self.inputs, self.output or "")), None):
            name = display_name(url)
            raise click.UsageError(f"--tar packs files of this machine into one, not {name}")
        if is_stream(self.target) and self.as_json:
            raise click.UsageError("--json needs an output file, not standard output or a device")
        if os.path.isdir(self.target):
            raise click.UsageError(f"{self.target} is a folder: name the archive in it with -o")

    @property
    def inputs(self) -> tuple[str, ...]:
        """The files and folders."""
        return self.files if self.listed is None else self.listed

    @property
    def target(self) -> str:
        """The path of the archive; - is standard output."""
        if self.output is not None or self.stdout:
            return self.output or "-"
        path = Path(self.inputs[0])
        if len(self.inputs) > 1 or not path.name or path.name == os.pardir:
            raise click.UsageError("name the archive: -o x.tar.lmp, or -c for standard output")
        return str(path.with_name(f"{path.name}.tar{self.suffix}"))


def write_archive(request: ArchiveRequest) -> None:
    """Write the archive, and end the program with 1 if something is missing in it."""
    target = request.target
    refuse_terminal(target, request.force)
    report = Report(
        is_compression=True,
        verbose=request.verbose,
        as_json=request.as_json,
        has_result_line=is_terminal(sys.stderr) and not request.quiet and target != "-",
    )
    state = "nothing was written"
    if is_stream(target):
        state = (
            f"what was written to {STANDARD_OUTPUT if target == '-' else target} is not complete"
        )
    with state_at_interruption(lambda: state), report.failures.of(target):
        _write(request, target, report)
    report.finish()


def _write(request: ArchiveRequest, target: str, report: Report) -> None:
    listener = _listener(request, report)
    headers = Headers(reproducible=request.reproducible)
    entries = _entries(request, target, listener)
    if not entries and report.failures.records:
        return  # it was said why
    if not entries:
        raise UsageError("there is nothing to pack: nothing was written")
    refuse_needed(target, request.options)
    with (
        open_output(target, force=request.force, like=None, warn=lambda sentence: None) as sink,
        progress_bar(display_name(target), archive_size(entries), request.quiet) as progress,
        archive_stream(entries, headers, listener) as source,
    ):
        sizes = lmpack.compress_stream(source, sink, progress=progress, options=request.options)
    report.done(target, sizes, output=target)


def _entries(request: ArchiveRequest, target: str, listener: Listener) -> list[Entry]:
    refusal = left_out(request.exclude, compressed=request.exclude_compressed)
    old = os.stat(target) if target != "-" and os.path.isfile(target) else None
    return collect_entries(request.inputs, refusal, old, listener)


def _listener(request: ArchiveRequest, report: Report) -> Listener:
    def failed(name: str, error: LmpackError | OSError) -> None:
        print_error(f"{display_name(name)}: {report.failures.record(name, error)}")

    def done(name: str, size: int) -> None:
        if request.verbose:
            say_error(name)

    return Listener(
        failed=failed,
        warned=report.failures.warn,
        skipped=lambda name, reason: report.skipped(name, reason, None),
        done=done,
    )

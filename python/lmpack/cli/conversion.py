"""What compress and decompress have in common: one file after another, outputs and the report."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import stat
from collections.abc import Callable, Generator, Iterator
from typing import Any, BinaryIO

import click

from lmpack import FileResult, Sizes
from lmpack._files.replacement import delete_source
from lmpack.cli.failures import Failures, display_name
from lmpack.cli.output import open_output
from lmpack.cli.progress import progress_bar
from lmpack.cli.streams import standard_input
from lmpack.errors import UsageError


@dataclasses.dataclass(frozen=True)
class Request:
    """The options of a conversion.

    Attributes:
        coding: arguments of the API. The other attributes are options of the command line.
    """

    files: tuple[str, ...]
    output: str | None
    stdout: bool
    recursive: bool
    resume: bool
    force: bool
    remove: bool
    quiet: bool
    verbose: int
    as_json: bool
    coding: dict[str, Any]

    @classmethod
    def of(cls, options: dict[str, Any]) -> Request:
        """The request that click's options make; what is not known here is for the API."""
        own = {field.name for field in dataclasses.fields(cls)}
        return cls(
            **{name: value for name, value in options.items() if name in own},
            coding={name: value for name, value in options.items() if name not in own},
        )

    def __post_init__(self) -> None:
        if self.output is not None and self.stdout:
            raise click.UsageError("-o and -c exclude each other")
        if self.to_stdout and (self.remove or self.as_json):
            raise click.UsageError("--rm and --json need an output file, not standard output")
        if self.to_stdout and (self.recursive or self.resume):
            raise click.UsageError("-r and --resume need output files, not standard output")
        if self.is_batch and "-" in self.files:
            raise click.UsageError(
                "standard input has no name for an output: do it alone, or use -c; "
                "./- is a file of that name"
            )
        if self.output is not None and not self.is_batch:
            self._check_output(self.output)

    def _check_output(self, output: str) -> None:
        if output.endswith(os.sep) and not os.path.isdir(output):
            raise click.UsageError(f"{output} is no folder: make it first")
        is_stream = os.path.exists(output) and not os.path.isfile(output)
        if is_stream and (self.remove or self.as_json):
            raise click.UsageError(f"--rm and --json need an output file, which {output} is not")

    @property
    def inputs(self) -> tuple[str, ...]:
        """The files; standard input if there are none."""
        return self.files or ("-",)

    @property
    def is_batch(self) -> bool:
        """Whether there may be several files, whose outputs go into a folder."""
        return not self.to_stdout and (self.recursive or self.resume or len(self.files) > 1)

    @property
    def to_stdout(self) -> bool:
        """Whether some output goes to standard output."""
        return self.stdout or self.output == "-" or (self.output is None and "-" in self.inputs)


@dataclasses.dataclass(frozen=True)
class Direction:
    """Compression or decompression.

    Attributes:
        convert: the function of the API for a stream.
        convert_many: that for many files.
        output_name: name of the output for an input's name, and whether -f was given.
        plain_and_compressed: puts sizes in this order.
    """

    convert: Callable[..., Sizes]
    convert_many: Callable[..., Generator[FileResult, None, None]]
    output_name: Callable[[str, bool], str]
    plain_and_compressed: Callable[[Sizes], tuple[int, int]]


def convert_files(direction: Direction, request: Request) -> None:
    """Convert all files, report each, and end the program with 1 if one failed."""
    failures = Failures(request.verbose)
    records = []
    for name in request.inputs:
        with failures.of(name):
            records.append(_convert_file(direction, name, request))
    if request.as_json:
        click.echo(json.dumps(records + failures.records, indent=2))
    failures.exit_if_any()


@contextlib.contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """A file for reading; - is standard input, which stays open."""
    if name == "-":
        yield standard_input()
    else:
        with open(name, "rb") as file:
            yield file


def size_record(name: str, plain: int, compressed: int) -> dict[str, Any]:
    """The figures of a file as they are printed with --json."""
    return {
        "file": name,
        "plain_bytes": plain,
        "compressed_bytes": compressed,
        "bits_per_byte": bits_per_byte(plain, compressed),
    }


def bits_per_byte(plain: int, compressed: int) -> float | None:
    """Compressed bits for one byte of content; None without content."""
    return round(8 * compressed / plain, 4) if plain else None


def size_line(record: dict[str, Any]) -> str:
    """A :func:`size_record` for people."""
    line = f"{record['plain_bytes']:,} bytes, compressed {record['compressed_bytes']:,}"
    if record["bits_per_byte"] is None:
        return line
    return f"{line} ({record['bits_per_byte']:.3f} bits per byte)"


def _convert_file(direction: Direction, name: str, request: Request) -> dict[str, Any]:
    output = _output(direction, name, request)
    with open_input(name) as source:
        like = _status(source)
        refuse_same_file(name, output)
        with (
            open_output(output, force=request.force, like=like) as sink,
            progress_bar(display_name(name), regular_size(source), request.quiet) as progress,
        ):
            sizes = direction.convert(source, sink, progress=progress, **request.coding)
        if request.remove and like is not None:
            delete_source(name, like)
    record = size_record(name, *direction.plain_and_compressed(sizes))
    if request.verbose:
        click.echo(f"{display_name(name)}: {size_line(record)}", err=True)
    return {**record, "output": output}


def regular_size(source: BinaryIO) -> int | None:
    """Bytes of a regular file; None for everything else."""
    status = _status(source)
    return None if status is None else status.st_size


def _status(source: BinaryIO) -> os.stat_result | None:
    """Permissions and times of a regular file; None for everything else."""
    try:
        status = os.fstat(source.fileno())
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _output(direction: Direction, name: str, request: Request) -> str:
    if request.output is not None:
        return request.output
    if request.stdout or name == "-":
        return "-"
    return direction.output_name(name, request.force)


def refuse_same_file(name: str, output: str) -> None:
    """Refuse an output that is the input.

    Raises:
        UsageError: it is.
    """
    if "-" in (name, output) or not os.path.exists(output):
        return
    if os.path.samefile(name, output) and stat.S_ISREG(os.stat(name).st_mode):
        raise UsageError("input and output are the same file: name another one with -o")

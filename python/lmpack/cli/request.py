"""What the commands compress and decompress were asked to do."""

from __future__ import annotations

import dataclasses
import os
from typing import Literal, TypedDict

import click

from lmpack import Options
from lmpack._files.names import SUFFIX
from lmpack._files.remote.url import is_url
from lmpack._files.shard import Shard
from lmpack.cli.failures import display_name
from lmpack.cli.file_options import checked_files
from lmpack.cli.output import is_stream


class FileArguments(TypedDict):
    """The arguments of both commands that have nothing to do with :class:`Options`."""

    files: tuple[str, ...]
    listed: tuple[str, ...] | None
    output: str | None
    stdout: bool
    suffix: str
    recursive: bool
    exclude: tuple[str, ...]
    resume: bool | Literal["meta"]
    shard: Shard | None
    report_path: str | None
    force: bool
    remove: bool
    quiet: bool
    verbose: int
    as_json: bool


@dataclasses.dataclass(frozen=True)
class FileRequest:
    """What every command about files is asked, those of :class:`FileArguments` and options.

    Attributes:
        options: for the API. The other attributes are options of the command line.
    """

    files: tuple[str, ...]
    listed: tuple[str, ...] | None
    output: str | None
    stdout: bool
    suffix: str
    recursive: bool
    exclude: tuple[str, ...]
    resume: bool | Literal["meta"]
    shard: Shard | None
    report_path: str | None
    force: bool
    remove: bool
    quiet: bool
    verbose: int
    as_json: bool
    options: Options


@dataclasses.dataclass(frozen=True)
class Request(FileRequest):
    """The arguments of a conversion, which fit together; those of :class:`FileRequest` and more.

    Attributes:
        is_compression: whether files are compressed or decompressed.
        exclude_compressed: whether files that are compressed already are left out.
    """

    is_compression: bool
    exclude_compressed: bool = False

    def __post_init__(self) -> None:
        checked_files(self.files, self.listed)
        if (self.exclude or self.exclude_compressed) and not self.recursive:
            raise click.UsageError("--exclude and --exclude-compressed need -r")
        if self.shard is not None and not self.is_batch:
            raise click.UsageError("--shard needs -r or several FILEs, and output files")
        if self.report_path is not None and self.is_streamed:
            raise click.UsageError("--report needs a file that is read and one that is written")
        if self.output is not None and self.stdout:
            raise click.UsageError("-o and -c exclude each other")
        if self.to_stdout and (self.remove or self.as_json):
            raise click.UsageError("--rm and --json need an output file, not standard output")
        if self.to_stdout and (self.recursive or self.resume):
            raise click.UsageError("-r and --resume need output files, not standard output")
        if self.is_batch and "-" in self.inputs:
            raise click.UsageError(
                "standard input has no name for an output: do it alone, or use -c; "
                "./- is a file of that name"
            )
        if (self.remove or self.resume) and not self.is_batch:
            self._check_input(self.inputs[0])
        if self.output is not None:
            self._check_output(self.output)

    def _check_input(self, name: str) -> None:
        if is_stream(name):
            raise click.UsageError(
                f"--rm and --resume need an input file, which {display_name(name)} is not"
            )

    def _check_output(self, output: str) -> None:
        if self.is_batch:
            if is_stream(output):
                raise click.UsageError(f"{output} is no folder: several files can be joined by -c")
            is_named_as_file = self.is_compression and output.endswith((SUFFIX, self.suffix))
            if is_named_as_file and not os.path.lexists(output):
                cause = "-r, --files0-from and several FILEs write into a folder"
                raise click.UsageError(
                    f"{output} is no folder, and {cause}: make it first if it is to be one; "
                    "lmpack compress --tar makes one file of several"
                )
            return
        if is_url(output):
            return
        if output.endswith(os.sep) and not os.path.isdir(output):
            raise click.UsageError(f"{output} is no folder: make it first")
        if is_stream(output) and (self.remove or self.as_json or self.resume):
            raise click.UsageError(
                f"--rm, --json and --resume need an output file, which {output} is not"
            )

    @property
    def inputs(self) -> tuple[str, ...]:
        """The files; standard input if none were named."""
        return self.files or ("-",) if self.listed is None else self.listed

    @property
    def is_batch(self) -> bool:
        """Whether there may be several files, whose outputs go into a folder."""
        is_open = self.recursive or self.listed is not None or len(self.files) > 1
        return is_open and not self.to_stdout

    @property
    def to_stdout(self) -> bool:
        """Whether some output goes to standard output."""
        return self.stdout or self.output == "-" or (self.output is None and "-" in self.inputs)

    @property
    def passes_others_on(self) -> bool:
        """Whether what is no compressed file goes to standard output as it is."""
        return self.force and self.to_stdout and not self.is_compression

    @property
    def is_streamed(self) -> bool:
        """Whether no file with a place of its own is made of one that has a place, too."""
        if self.is_batch:
            return False
        if self.to_stdout or is_stream(self.output):
            return True
        return self.output is not None and is_stream(self.inputs[0])

"""What the commands compress and decompress were asked to do."""

from __future__ import annotations

import dataclasses
import os
from typing import TypedDict

import click

from lmpack import Options
from lmpack.cli.failures import display_name
from lmpack.cli.output import is_stream


class FileArguments(TypedDict):
    """The arguments of both commands that have nothing to do with :class:`Options`."""

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


@dataclasses.dataclass(frozen=True)
class Request:
    """The arguments of a conversion, which fit together.

    Attributes:
        is_compression: whether files are compressed or decompressed.
        options: for the API. The other attributes are options of the command line.
    """

    is_compression: bool
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
    options: Options

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
            return
        if output.endswith(os.sep) and not os.path.isdir(output):
            raise click.UsageError(f"{output} is no folder: make it first")
        if is_stream(output) and (self.remove or self.as_json or self.resume):
            raise click.UsageError(
                f"--rm, --json and --resume need an output file, which {output} is not"
            )

    @property
    def inputs(self) -> tuple[str, ...]:
        """The files; standard input if there are none."""
        return self.files or ("-",)

    @property
    def is_batch(self) -> bool:
        """Whether there may be several files, whose outputs go into a folder."""
        return not self.to_stdout and (self.recursive or len(self.files) > 1)

    @property
    def to_stdout(self) -> bool:
        """Whether some output goes to standard output."""
        return self.stdout or self.output == "-" or (self.output is None and "-" in self.inputs)

    @property
    def is_streamed(self) -> bool:
        """Whether no file with a place of its own is made of one that has a place, too."""
        if self.is_batch:
            return False
        if self.to_stdout or is_stream(self.output):
            return True
        return self.output is not None and is_stream(self.inputs[0])

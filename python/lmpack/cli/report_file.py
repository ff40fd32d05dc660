"""The file of --report: a line of JSON for each file, there as soon as the file is done."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from lmpack._files.kinds import Kind, kind_of
from lmpack.cli.failures import message_of
from lmpack.cli.given_name import Name
from lmpack.cli.report import size_record

if TYPE_CHECKING:
    from lmpack import FileResult

_START = b'{"file": '
"""The start of every line; that of other JSON is hardly ever the same."""

report_option = click.option(
    "--report",
    "report_path",
    type=Name(),
    metavar="LOG",
    help="Append a line of JSON to LOG for each file as soon as it is done.",
)


class ReportFile:
    """Appends lines, each by one write, so that a killed process leaves whole ones.

    Should a system stop in the middle of a line nevertheless, the next process ends it first.

    Args:
        path: of the file, which is made if it is not there.

    Raises:
        OSError: it cannot be written, or holds something else than reports.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, flags, 0o666)
        if (size := os.fstat(self._descriptor).st_size) > 0:
            start = os.read(self._descriptor, len(_START))
            if not _START.startswith(start):  # a system may have stopped in the middle of it
                os.close(self._descriptor)
                raise OSError(errno.EEXIST, "it holds something else than reports", path)
            os.lseek(self._descriptor, size - 1, os.SEEK_SET)
            if os.read(self._descriptor, 1) != b"\n":
                self._append(b"\n")

    def write(self, record: dict[str, Any]) -> None:
        """Append a line.

        Raises:
            OSError: it is not there as a whole, or another file has taken the place of this one.
        """
        import json  # takes longer to load than a small file to be coded

        if not os.path.samestat(os.fstat(self._descriptor), os.stat(self._path)):
            raise OSError(errno.ESTALE, "another file has taken its place", self._path)
        self._append(json.dumps(record).encode() + b"\n")

    def close(self) -> None:
        """Close it; nothing is left to be written."""
        os.close(self._descriptor)

    def _append(self, line: bytes) -> None:
        try:
            if os.write(self._descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            error.filename = self._path
            raise


@contextlib.contextmanager
def report_file(path: str | None) -> Iterator[ReportFile | None]:
    """The file of a path that was given on the command line, if one was.

    Raises:
        click.BadParameter: it is none that can be appended to.
    """
    if path is None:
        yield None
        return
    if kind_of(path) not in (None, Kind.REGULAR):
        raise click.BadParameter(f"{path} is no regular file", param_hint="--report")
    try:
        opened = ReportFile(path)
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror}", param_hint="--report") from error
    with contextlib.closing(opened):
        yield opened


def record_of_result(
    result: FileResult, *, is_compression: bool, level: int | None
) -> dict[str, Any]:
    """The line of a file of a batch.

    Args:
        result: what became of it.
        is_compression: whether the bytes read are content, or those written.
        level: at which it was compressed; None for decompression.
    """
    record: dict[str, Any] = {"file": result.source, "output": result.output, "status": "ok"}
    if result.sizes is not None:
        plain, compressed = result.sizes if is_compression else reversed(result.sizes)
        record |= size_record(plain, compressed)
        record["models"] = [fingerprint.hex() for fingerprint in result.fingerprints]
        if level is not None:
            record["level"] = level
    if result.seconds is not None:
        record["seconds"] = round(result.seconds, 3)
    if result.skipped is not None:
        record |= {"status": "skipped", "skipped": result.skipped}
    if result.error is not None:
        record |= {"status": "failed", "error": message_of(result.error, result.source)}
    if result.warnings:
        record["warnings"] = list(result.warnings)
    return record

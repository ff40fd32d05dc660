"""Many files and folders through one queue, as the commands compress and decompress do it."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import click

from lmpack import FileResult
from lmpack.cli.conversion import Direction, Request, convert_files, size_line, size_record
from lmpack.cli.failures import Failures, display_name
from lmpack.cli.output import exit_on_termination
from lmpack.cli.progress import progress_bar


def convert(direction: Direction, request: Request) -> None:
    """Convert what was asked for, and end the program with 1 if something of it failed."""
    if request.is_batch:
        _convert_batch(direction, request)
    else:
        convert_files(direction, request)


def _convert_batch(direction: Direction, request: Request) -> None:
    started = time.monotonic()
    failures = Failures(request.verbose)
    records: list[dict[str, Any]] = []
    with (
        exit_on_termination(),
        failures.of("the batch"),
        progress_bar("files", None, request.quiet) as progress,
        contextlib.closing(
            direction.convert_many(
                request.files,
                request.output,
                recursive=request.recursive,
                resume=request.resume,
                force=request.force,
                remove=request.remove,
                progress=progress,
                **request.coding,
            )
        ) as results,
    ):
        for result in results:
            with failures.of(result.source):
                if result.error is not None:
                    raise result.error
                records.append(_record(direction, request, result))
    summary = _summary(records, len(failures.records), time.monotonic() - started)
    if request.as_json:
        files = records + failures.records
        click.echo(json.dumps({"summary": summary, "files": files}, indent=2))
    elif request.verbose or (request.recursive and failures.records):
        click.echo(_summary_line(summary), err=True)
    failures.exit_if_any()


def _record(direction: Direction, request: Request, result: FileResult) -> dict[str, Any]:
    name = result.source
    if result.sizes is None:
        if request.verbose:
            click.echo(f"{display_name(name)}: skipped: {result.skipped}", err=True)
        return {"file": name, "output": result.output, "skipped": result.skipped}
    record = size_record(name, *direction.plain_and_compressed(result.sizes))
    if request.verbose:
        click.echo(f"{display_name(name)}: {size_line(record)}", err=True)
    return {**record, "output": result.output}


def _summary(records: list[dict[str, Any]], failed: int, seconds: float) -> dict[str, Any]:
    """Figures of all files together; `bytes_per_second` is of content and wall time."""
    done = [record for record in records if "skipped" not in record]
    plain = sum(record["plain_bytes"] for record in done)
    sizes = size_record("", plain, sum(record["compressed_bytes"] for record in done))
    del sizes["file"]
    return {
        "files": len(done),
        "skipped": len(records) - len(done),
        "failed": failed,
        **sizes,
        "seconds": round(seconds, 3),
        "bytes_per_second": round(plain / seconds),
    }


def _summary_line(summary: dict[str, Any]) -> str:
    counts = f"{summary['files']:,} files, {summary['skipped']:,} skipped"
    return f"{counts}, {summary['failed']:,} failed: {size_line(summary)}"

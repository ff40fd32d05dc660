"""What compress, decompress and test print of the files that they have done."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from lmpack.cli.failures import Failures, display_name
from lmpack.cli.printing import say_error, say_json

if TYPE_CHECKING:
    from lmpack import Damage, Sizes
    from lmpack._files.shard import Shard

Record = dict[str, Any]

MOST_DAMAGE = 100
"""How many faults of a file are listed; the others are counted."""


class Report:
    """Collects the figures of files, and prints them as options of the command line say.

    Attributes:
        failures: of the files.
        device: where models run; None if nobody said so.

    Args:
        is_compression: whether the bytes read are content, or those written.
        verbose: how often -v was given.
        as_json: whether --json was.
        has_result_line: whether a line of result comes at the end, where -v prints none.
        shard: which part of all files these are; None for all of them.
    """

    def __init__(
        self,
        *,
        is_compression: bool,
        verbose: int,
        as_json: bool,
        has_result_line: bool = False,
        shard: Shard | None = None,
    ) -> None:
        self.failures = Failures()
        self.device: str | None = None
        self._is_compression = is_compression
        self._shard = shard
        self._verbose = verbose
        self._as_json = as_json
        self._has_result_line = has_result_line and not verbose and not as_json
        self._records: list[Record] = []
        self._started = time.monotonic()
        self._is_lossy = False

    def done(self, name: str, sizes: Sizes, **more: Any) -> None:
        """Report a file; `more` goes into its record."""
        plain, compressed = sizes if self._is_compression else reversed(sizes)
        record = {"file": name, **size_record(plain, compressed), **more}
        self._records.append(record)
        self._say(f"{display_name(name)}: {_size_line(record)}")

    @property
    def done_files(self) -> int:
        """Files that were reported as done."""
        return sum("skipped" not in record for record in self._records)

    @property
    def has_failed_among_others(self) -> bool:
        """Whether a file failed, and there is more to be said than that."""
        failed = len(self.failures.records)
        return failed > 0 and failed + len(self._records) > 1

    def damaged(self, name: str, damage: Sequence[Damage]) -> None:
        """Report all that is wrong with a file, of which content is lost or not.

        It goes into the record of the file's error, if there is one.
        """
        if not damage:
            return
        lines = [str(one) for one in damage[:MOST_DAMAGE]]
        if len(damage) > MOST_DAMAGE:
            lines.append(f"{len(damage) - MOST_DAMAGE:,} more faults")
        for line in lines:
            say_error(f"lmpack: {display_name(name)}: {' '.join(line.split())}")
        self._is_lossy |= any(one.length != 0 for one in damage)
        record = next(
            one for one in reversed(self._records + self.failures.records) if one["file"] == name
        )
        record["faults"] = len(damage)
        record["damage"] = [dataclasses.asdict(one) for one in damage[:MOST_DAMAGE]]

    def skipped(self, name: str, reason: str | None, output: str | None) -> None:
        """Report a file for which nothing had to be done."""
        self._records.append({"file": name, "output": output, "skipped": reason})
        self._say(f"{display_name(name)}: skipped: {reason}")

    def finish(self) -> None:
        """Print what comes at the end; end the program with 1 if a file failed or lost content."""
        if self._as_json:
            say_json(self._records + self.failures.records)
        elif self._has_result_line and self.done_files:
            self._say_result(display_name(self._records[-1]["file"]))
        self.failures.exit_if_any()
        if self._is_lossy:
            click.get_current_context().exit(1)

    def finish_batch(self, *, with_summary: bool) -> None:
        """The same for many files, of which there is a summary, maybe only with -v or --json."""
        summary = self._summary()
        if self._as_json:
            files = self._records + self.failures.records
            say_json({"summary": summary, "files": files})
        elif self._verbose or with_summary:
            where = f", on the device {self.device}" if self._verbose and self.device else ""
            say_error(_summary_line(summary) + where)
        elif self._has_result_line and not self.failures.records:
            skipped = f", {summary['skipped']:,} skipped" if summary["skipped"] else ""
            self._say_result(count_of_files(summary["files"]) + skipped)
        self.failures.exit_if_any()

    def _say(self, line: str) -> None:
        if self._verbose:
            say_error(line)

    def _say_result(self, name: str) -> None:
        """One line: what was read, what was written, what it took."""
        summary = self._summary()
        plain, compressed = summary["plain_bytes"], summary["compressed_bytes"]
        sizes = (plain, compressed) if self._is_compression else (compressed, plain)
        line = f"{name}: {sizes[0]:,} -> {sizes[1]:,} bytes"
        say_error(f"{line}{_percent_in_brackets(plain, compressed)}, {summary['seconds']:.1f} s")

    def _summary(self) -> Record:
        """Figures of all files together; `bytes_per_second` is of content and wall time."""
        done = [record for record in self._records if "skipped" not in record]
        plain = sum(record["plain_bytes"] for record in done)
        seconds = time.monotonic() - self._started
        return {
            "files": self.done_files,
            "skipped": len(self._records) - len(done),
            "failed": len(self.failures.records),
            **({} if self._shard is None else {"shard": "{}/{}".format(*self._shard)}),
            **({} if self.device is None else {"device": self.device}),
            **size_record(plain, sum(record["compressed_bytes"] for record in done)),
            "seconds": round(seconds, 3),
            "bytes_per_second": round(plain / seconds),
        }


def bits_per_byte(plain: int, compressed: int) -> float | None:
    """Compressed bits for one byte of content; None without content."""
    return round(8 * compressed / plain, 4) if plain else None


def count_of_files(count: int) -> str:
    """A number of files, to be printed."""
    return f"{count:,} file{'s' * (count != 1)}"


def percent(plain: int, compressed: int) -> str | None:
    """Compressed size as a share of the content, to be printed; None without content."""
    return f"{100 * compressed / plain:.1f} %" if plain else None


def _percent_in_brackets(plain: int, compressed: int) -> str:
    share = percent(plain, compressed)
    return "" if share is None else f" ({share})"


def size_record(plain: int, compressed: int) -> Record:
    """Sizes in bytes as JSON has them."""
    return {
        "plain_bytes": plain,
        "compressed_bytes": compressed,
        "bits_per_byte": bits_per_byte(plain, compressed),
    }


def _size_line(record: Record) -> str:
    line = f"{record['plain_bytes']:,} bytes, compressed {record['compressed_bytes']:,}"
    if record["bits_per_byte"] is None:
        return line
    return f"{line} ({record['bits_per_byte']:.3f} bits per byte)"


def _summary_line(summary: Record) -> str:
    counts = f"{count_of_files(summary['files'])}, {summary['skipped']:,} skipped"
    line = f"{counts}, {summary['failed']:,} failed: {_size_line(summary)}"
    return f"shard {summary['shard']}: {line}" if "shard" in summary else line

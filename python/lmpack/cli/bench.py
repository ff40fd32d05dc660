"""The command `lmpack bench`."""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lmpack import Options
from lmpack._blocks.levels import LEVELS
from lmpack._container import ByteReader
from lmpack._files.replacement import refuse_existing, refuse_same
from lmpack._files.sinks import CountingSink
from lmpack.cli.failures import Failures, display_name
from lmpack.cli.given_name import Name
from lmpack.cli.numbers import Integer
from lmpack.cli.options import (
    ModelArguments,
    device_option,
    json_option,
    model_option,
    threads_option,
    traceback_option,
)
from lmpack.cli.output import open_output
from lmpack.cli.printing import say, say_json
from lmpack.cli.standard import open_input
from lmpack.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from lmpack._blocks.speed import Speed
    from lmpack.evaluation.rivals import Measured

DEVICES_SIZE = 1 << 17
LEVELS_SIZE = 1_000_000
MOST_SIZE = 1 << 24


@click.command()
@click.argument("file", required=False, type=Name())
@click.option(
    "--levels",
    metavar="LIST",
    default=f"{min(LEVELS)}-{max(LEVELS)}",
    show_default=True,
    callback=lambda context, parameter, value: _levels(value),
    help="Which levels, such as 1,6-9.",
)
@click.option(
    "--bytes",
    "size",
    type=Integer(min=1, max=MOST_SIZE),
    metavar="N",
    help=f"How much of FILE to use, at most. [default: {LEVELS_SIZE}; of devices {DEVICES_SIZE}]",
)
@click.option(
    "--plot",
    metavar="OUT.png",
    type=Name(),
    help="Draw size and speed of the levels as a picture, too; needs matplotlib.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite an existing OUT.png.")
@click.option(
    "--devices", "of_devices", is_flag=True, help="Measure the model on every device instead."
)
@model_option
@device_option
@threads_option
@json_option
@traceback_option
def bench(
    file: str | None,
    levels: tuple[int, ...],
    size: int | None,
    plot: str | None,
    force: bool,
    of_devices: bool,
    as_json: bool,
    **coding: Unpack[ModelArguments],
) -> None:
    """Measure which level suits FILE: sizes, speeds and memory beside other compressors.

    The start of FILE is compressed at each level, decompressed and compared. The same is done with
    zlib and lzma of Python, and with zstd, brotli and bzip3 if they are installed. Each has a
    process of its own, whose start takes no part in the speeds, except for programs that are not in
    Python. lmpack uses all cores or those that -T says, the others one. The memory is the peak of
    that process. With all levels a megabyte takes some minutes.

    Without FILE, and with --devices, --model or --device, it is the model alone that is measured,
    without mixing, on one block of FILE or of a text that comes with Python. The share is that of
    the 8-bit products that the processor could do at most in the same time.
    """
    failures = Failures()
    is_of_model = file is None or of_devices or coding["model"] or coding["device"] != "auto"
    if is_of_model:
        if plot is not None:
            raise click.UsageError("--plot draws levels: give a FILE, and no --devices or --model")
        with failures.of(file or "bench"):
            _bench_devices(file, size or DEVICES_SIZE, as_json, Options(**coding))
    else:
        assert file is not None
        with failures.of(file):
            data = _start_of(file, size or LEVELS_SIZE)
            if plot is not None:
                _check_plot(plot, file, force)
            if not data:
                raise UsageError("there is nothing to measure with: give a file that is not empty")
            rows = _bench_levels(display_name(file), data, levels, as_json, coding["threads"])
            if plot is not None:
                from lmpack.evaluation.rivals import picture

                content = picture(rows, Path(plot).suffix.removeprefix("."))
                warn = functools.partial(failures.warn, plot)
                with open_output(plot, force=force, like=None, warn=warn) as sink:
                    CountingSink(sink).write(content)
    failures.exit_if_any()


def _levels(text: str) -> tuple[int, ...]:
    """The levels of a list such as 1,6-9, each once, in order."""
    chosen: set[int] = set()
    for part in text.split(","):
        ends = re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", part.strip())
        if ends is None:
            raise click.BadParameter(f"{text!r} is no list of levels: give one such as 1,6-9")
        levels = range(int(ends[1]), int(ends[2] or ends[1]) + 1)
        if not levels or not LEVELS.keys() >= set(levels):
            raise click.BadParameter(f"{text!r}: levels are {min(LEVELS)} to {max(LEVELS)}")
        chosen.update(levels)
    return tuple(sorted(chosen))


def _bench_levels(
    name: str,
    data: bytes,
    levels: tuple[int, ...],
    as_json: bool,
    threads: int | None,
) -> list[Measured]:
    import tempfile

    from lmpack.evaluation.rivals import contestants, measure

    rows = []
    if not as_json:
        say(f"{name}: {len(data):,} bytes")
        say(_table_line("", "bytes", "ratio", "KB/s in", "KB/s out", "MiB"))
    with tempfile.TemporaryDirectory(prefix="lmpack-bench-") as folder:
        path = Path(folder) / "content"
        path.write_bytes(data)
        for contestant in contestants(levels):
            row = measure(contestant, path, threads)
            rows.append(row)
            if not as_json:
                say(_row_line(row))
    if as_json:
        say_json([row._asdict() for row in rows])
    return rows


def _check_plot(plot: str, file: str, force: bool) -> None:
    """What cannot be drawn is said before minutes of measuring."""
    from lmpack.evaluation.rivals import picture_kinds

    kind = Path(plot).suffix.removeprefix(".").lower()
    if kind not in picture_kinds():
        raise UsageError(f"{plot} is no name of a picture: let it end in .png, .svg or .pdf")
    if not Path(plot).parent.is_dir():
        raise UsageError(f"{plot}: its folder is not there: make it first")
    if os.path.isfile(file):
        refuse_same(os.stat(file), Path(plot))
    refuse_existing(Path(plot), force)


def _row_line(row: Measured) -> str:
    return _table_line(
        row.name,
        f"{row.compressed_bytes:,}",
        f"{100 * row.compressed_bytes / row.plain_bytes:.1f} %",
        f"{row.encode_kb_per_s:,.0f}",
        f"{row.decode_kb_per_s:,.0f}",
        "-" if row.peak_bytes is None else f"{row.peak_bytes / 2**20:,.0f}",
    )


def _table_line(name: str, *cells: str) -> str:
    return name.ljust(14) + "".join(cell.rjust(12) for cell in cells)


def _bench_devices(file: str | None, size: int, as_json: bool, options: Options) -> None:
    from lmpack._blocks.speed import manual_text, measure_speeds

    data = manual_text(size) if file is None else _start_of(file, size)
    speeds = []
    for speed in measure_speeds(data, options):
        speeds.append(speed._asdict())
        if not as_json:
            say(_device_line(speed))
    if as_json:
        say_json(speeds)


def _start_of(file: str, size: int) -> bytes:
    with open_input(file) as opened:
        return ByteReader(opened).at_most(size)


def _device_line(speed: Speed) -> str:
    return (
        f"{speed.device} {speed.version}, {speed.threads} thread{'s' * (speed.threads > 1)}: "
        f"{speed.bytes:,} to {speed.payload:,} bytes, "
        f"encode {_rate(speed.encode_kb_per_s, speed.encode_share)}, "
        f"decode {_rate(speed.decode_kb_per_s, speed.decode_share)}"
    )


def _rate(kb_per_s: float, share: float | None) -> str:
    return f"{kb_per_s:,.1f} KB/s" + ("" if share is None else f" ({share:.0%} of the peak)")

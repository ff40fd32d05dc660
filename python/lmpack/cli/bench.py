"""The command `lmpack bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lmpack import Options
from lmpack._container import ByteReader
from lmpack.cli.failures import Failures
from lmpack.cli.options import (
    ModelArguments,
    device_option,
    json_option,
    model_option,
    threads_option,
    traceback_option,
)
from lmpack.cli.printing import say, say_json
from lmpack.cli.standard import open_input

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from lmpack._blocks.speed import Speed

DEFAULT_SIZE = 1 << 17


@click.command()
@click.argument("file", required=False)
@click.option(
    "--bytes",
    "size",
    type=click.IntRange(min=1, max=1 << 24),
    default=DEFAULT_SIZE,
    show_default=True,
    help="How much of FILE to use.",
)
@model_option
@device_option
@threads_option
@json_option
@traceback_option
def bench(file: str | None, size: int, as_json: bool, **coding: Unpack[ModelArguments]) -> None:
    """Measure how fast each device codes the start of FILE, as one block, on this machine.

    It is the model alone that is measured, without mixing. Without FILE it uses a text that comes
    with Python. The share is that of the 8-bit products that the processor could do at most in the
    same time.
    """
    from lmpack._blocks.speed import manual_text, measure_speeds

    failures = Failures()
    with failures.of(file or "bench"):
        data = manual_text(size) if file is None else _start_of(file, size)
        speeds = []
        for speed in measure_speeds(data, Options(**coding)):
            speeds.append(speed._asdict())
            if not as_json:
                say(_line(speed))
        if as_json:
            say_json(speeds)
    failures.exit_if_any()


def _start_of(file: str, size: int) -> bytes:
    with open_input(file) as opened:
        return ByteReader(opened).at_most(size)


def _line(speed: Speed) -> str:
    return (
        f"{speed.device} {speed.version}, {speed.threads} thread{'s' * (speed.threads > 1)}: "
        f"{speed.bytes:,} to {speed.payload:,} bytes, "
        f"encode {_rate(speed.encode_kb_per_s, speed.encode_share)}, "
        f"decode {_rate(speed.decode_kb_per_s, speed.decode_share)}"
    )


def _rate(kb_per_s: float, share: float | None) -> str:
    return f"{kb_per_s:,.1f} KB/s" + ("" if share is None else f" ({share:.0%} of the peak)")

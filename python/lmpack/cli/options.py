"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from lmpack import Options, Prefix, UsageError
from lmpack._blocks.levels import DEFAULT_LEVEL, LEVELS
from lmpack._blocks.options import DEFAULT_MAX_MEMORY, check_block_size
from lmpack._executors import DEVICES, MOST_THREADS
from lmpack.cli.failures import keep_verbosity
from lmpack.cli.given_name import Name
from lmpack.cli.level_option import LevelOption
from lmpack.cli.numbers import Integer
from lmpack.cli.prefix_option import prefix_of
from lmpack.cli.sizes import limit_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

Command = TypeVar("Command", bound=Callable[..., Any])


def _block_size_of(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> int | None:
    """The number of bytes, or None; arguments are those of a callback of click."""
    size = limit_of(context, parameter, value)
    try:
        check_block_size(size)
    except UsageError as error:
        raise click.BadParameter(
            f"{size:,} bytes are no size of a block: give 4KiB to 16MiB, or leave the option out"
        ) from error
    return size


json_option = click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
verbose_option = click.option(
    "-v",
    "--verbose",
    count=True,
    callback=keep_verbosity,
    help="Print more; twice: also tracebacks of errors.",
)
traceback_option = click.option(
    "-v",
    "--verbose",
    count=True,
    callback=keep_verbosity,
    expose_value=False,
    help="Twice: print tracebacks of errors.",
)
"""For commands that have nothing more to print."""
quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="No progress bar, and no line of result."
)
threads_option = click.option(
    "-T",
    "--threads",
    type=Integer(0, MOST_THREADS),
    callback=lambda context, parameter, value: value or None,
    metavar="N",
    envvar="LMPACK_THREADS",
    show_envvar=True,
    help="Worker threads; 0, the default, for all cores.",
)
max_memory_option = click.option(
    "-M",
    "--max-memory",
    default=str(DEFAULT_MAX_MEMORY),
    callback=limit_of,
    metavar="SIZE",
    help="Memory that coding may need, such as 500MiB or 2G; fewer blocks are coded side by side, "
    "or none if one does not fit. 0 or none for no limit; by default 2 GiB, or a quarter of the "
    "machine's memory.",
)
max_size_option = click.option(
    "--max-size",
    callback=limit_of,
    metavar="SIZE",
    help="Refuse a FILE.lmp with more content than this. 0 or none for no limit (default).",
)
model_option = click.option(
    "--model",
    multiple=True,
    callback=lambda context, parameter, value: value or None,
    metavar="NAME|PATH",
    help="Model: built in, of the folder of models (lmpack models), or the folder of a bundle. "
    "Give it twice for two models of bytes that predict together.",
)
prefix_option = click.option(
    "-D",
    "--prefix",
    "--patch-from",
    "prefix",
    multiple=True,
    type=Name(),
    callback=prefix_of,
    metavar="FILE",
    help="A local file that stands before the content and is not stored: a dictionary of small "
    "files, or the earlier version of a file. Decompressing needs the same FILE.",
)
device_option = click.option(
    "--device",
    type=click.Choice(DEVICES),
    default="auto",
    show_default=True,
    help="What runs the model; the bytes are the same with any. auto is the CPU, except for a "
    "batch that keeps a GPU busy.",
)


class ModelArguments(TypedDict):
    """The arguments that say how a model runs; fields of :class:`Options`."""

    model: tuple[str, ...] | None
    device: str
    threads: int | None


class DecodingArguments(ModelArguments):
    """The arguments from :func:`coding_options` that are fields of :class:`Options`."""

    max_size: int | None
    max_memory: int | None
    prefix: Prefix | None


def encoding_choice(
    *,
    level: int,
    mixing: bool,
    verify: bool | None,
    block_size: int | None,
    **coding: Unpack[DecodingArguments],
) -> Options:
    """What a command line chose. No parameter has a default, so that no command forgets one."""
    return Options(level=level, mixing=mixing, verify=verify, block_size=block_size, **coding)


def decoding_choice(**arguments: Unpack[DecodingArguments]) -> Options:
    """The same for commands that only decompress."""
    return encoding_choice(
        level=DEFAULT_LEVEL, mixing=True, verify=None, block_size=None, **arguments
    )


def level_options(command: Command) -> Command:
    """Options of compression: -1 to -9 with their long forms, and how they are coded."""
    options = (
        click.option(
            "--level",
            cls=LevelOption,
            type=Integer(min(LEVELS), max(LEVELS)),
            metavar="N",
            default=DEFAULT_LEVEL,
            show_default=True,
            envvar="LMPACK_LEVEL",
            show_envvar=True,
            help="1, the fastest, to 9, the smallest; also as -1 to -9, --fast and --best.",
        ),
        click.option(
            "--mixing/--no-mixing",
            default=True,
            help="Learn from the data while coding (default), or let the model alone predict.",
        ),
        click.option(
            "--block-size",
            callback=_block_size_of,
            metavar="SIZE",
            help="Content in a block, 4KiB to 16MiB; 0 or none for that of the level (default). "
            "Small blocks are read sooner in the middle of a file, and less is lost with a damaged "
            "one; large ones make the file smaller.",
        ),
        click.option(
            "--verify/--no-verify",
            default=None,
            help="Decompress each block again before it is written; without either only with --rm.",
        ),
    )
    return apply_all(options, command)


def coding_options(command: Command) -> Command:
    """Options of commands that run a model."""
    options = (
        model_option,
        prefix_option,
        device_option,
        threads_option,
        max_memory_option,
        max_size_option,
        quiet_option,
        verbose_option,
        json_option,
    )
    return apply_all(options, command)


def apply_all(options: tuple[Callable[[Command], Command], ...], command: Command) -> Command:
    """A command with options, which its help has in this order."""
    for option in reversed(options):
        command = option(command)
    return command

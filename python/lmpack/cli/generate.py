"""The commands `lmpack generate ...`."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lmpack._files.kinds import require_regular
from lmpack._files.replacement import refuse_existing, refuse_same
from lmpack._files.sinks import CountingSink
from lmpack.cli.failures import Failures
from lmpack.cli.given_name import Name
from lmpack.cli.numbers import Integer, Number
from lmpack.cli.options import traceback_option
from lmpack.cli.output import is_stream, open_output
from lmpack.cli.standard import last_bytes, open_input

if TYPE_CHECKING:
    from lmpack.evaluation.prompts import Continue

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT = "base"
"""The model that draws if none is named."""

_FILE = Name(dir_okay=False, path_type=Path)


def _one_model(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> str | None:
    """Symbols are drawn from what one model predicts: two only meet in the mixing of bits."""
    if len(value) > 1:
        raise click.BadParameter("one model draws, not two: choose one, or --with level:9")
    return value[0] if value else None


_MODEL = click.option(
    "--model",
    multiple=True,
    callback=_one_model,
    metavar="NAME|PATH",
    help="A model: built in, of the folder of models, or the folder of a bundle.",
)


@click.group()
@_MODEL
@click.pass_context
def generate(context: click.Context, model: str | None) -> None:
    """Let a model, or any compressor, continue a text, a picture or a recording.

    A byte that costs few bits is probable, so the next byte is drawn with a probability
    proportional to 2 to the power of minus the bits that it would cost. A pretrained language model
    draws tokens.
    """
    # For the command that follows, which has the same option.
    chosen = None if model is None else (model,)
    context.default_map = {name: {"model": chosen} for name in generate.commands}


def _common_options(command: Command) -> Command:
    for option in (
        click.option("-f", "--force", is_flag=True, help="Overwrite an existing file."),
        click.option(
            "-o", "--output", default="-", metavar="OUT", help="- (default) is standard output."
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Of the drawing."),
        click.option(
            "--candidates",
            type=Integer(min=1),
            default=1,
            show_default=True,
            help="Draw so many and take the one that compresses best.",
        ),
        click.option(
            "--temperature",
            type=Number(0, 1000),
            default=1.0,
            show_default=True,
            help="Below 1 prefers what is probable; 0 takes the most probable.",
        ),
        click.option(
            "--with",
            "source",
            metavar="NAME",
            help="A compressor, as for `lmpack eval`. [default: model:base]",
        ),
        _MODEL,
        traceback_option,
    ):
        command = option(command)
    return command


@generate.command()
@click.argument("file", default="-", type=Name())
@click.option("--bytes", "count", type=Integer(min=0), default=100, show_default=True)
@_common_options
def text(file: str, count: int, output: str, force: bool, **drawing: Any) -> None:
    """Continue the text in FILE, going by its last 1948 bytes; - is standard input."""
    from lmpack.evaluation.prompts import TEXT_PROMPT, continue_text

    def make() -> list[bytes]:
        with open_input(file) as opened:
            text = last_bytes(opened, TEXT_PROMPT)
            return [continue_text(text, count, _extender(**drawing))]

    _write(file, [output], make, force)


@generate.command()
@click.argument("file", type=_FILE)
@_common_options
def image(file: Path, output: str, force: bool, **drawing: Any) -> None:
    """Draw the right half of the picture FILE again, in grey, each row from its left half.

    The output is a PNG file.
    """
    from lmpack.evaluation.images import png, read_grey_image
    from lmpack.evaluation.prompts import continue_image

    def make() -> list[bytes]:
        require_regular(file)
        return [png(continue_image(read_grey_image(file), _extender(**drawing)))]

    _write(str(file), [output], make, force)


@generate.command()
@click.argument("file", type=_FILE)
@click.option(
    "--seconds",
    type=Number(0, 86_400, min_open=True),
    default=4.0,
    show_default=True,
    help="How much of FILE is taken.",
)
@click.option("--spectrograms", "picture", metavar="PNG", help="Picture of before and after.")
@_common_options
def audio(
    file: Path, seconds: float, picture: str | None, output: str, force: bool, **drawing: Any
) -> None:
    """Draw the second half of the start of the recording FILE again, in 8 bits and 16 kHz.

    The output is a WAV file.
    """
    from lmpack.evaluation.audio import read_audio, wav
    from lmpack.evaluation.pictures import spectrograms
    from lmpack.evaluation.prompts import continue_audio

    def make() -> list[bytes]:
        require_regular(file)
        samples = read_audio(file, seconds)
        drawn = continue_audio(samples, _extender(**drawing))
        made = [wav(drawn)]
        if picture is not None:
            made.append(spectrograms({"recorded": samples, "second half drawn": drawn}))
        return made

    outputs = [output] if picture is None else [output, picture]
    _write(str(file), outputs, make, force)


def _write(name: str, outputs: list[str], make: Callable[[], list[bytes]], force: bool) -> None:
    """Write what is made of a file; nothing before all of it is there."""
    if len(set(map(os.path.realpath, outputs))) < len(outputs):
        raise click.UsageError(f"{outputs[0]} cannot hold both outputs: name another one")
    failures = Failures()
    with failures.of(name):
        for output in outputs:
            _check_output(output, name, force)
        for output, content in zip(outputs, make(), strict=True):
            warn = functools.partial(failures.warn, output)
            with open_output(output, force=force, like=None, warn=warn) as sink:
                CountingSink(sink).write(content)
    failures.exit_if_any()


def _check_output(output: str, source: str, force: bool) -> None:
    """Refuse what would only fail when everything is drawn, and to overwrite the source."""
    if not is_stream(output):
        if source != "-":
            refuse_same(os.stat(source), Path(output))
        refuse_existing(Path(output), force)


def _extender(
    source: str | None, model: str | None, seed: int, temperature: float, candidates: int
) -> Continue:
    """Draws continuations; of several candidates, which take the seeds from `seed` on, the best."""
    from tqdm import tqdm

    from lmpack.evaluation.generation import best_continuations, continue_prompts

    if source is not None and model is not None:
        raise click.UsageError("--with and --model exclude each other")
    name = source or f"model:{model or DEFAULT}"

    def drawn(prompts: Sequence[bytes], count: int, number: int, bar: tqdm[Any]) -> list[bytes]:
        return continue_prompts(
            name,
            prompts,
            count,
            seed=seed + number,
            temperature=temperature,
            progress=lambda done: bar.update(number * count + done - bar.n),
        )

    def extend(prompts: Sequence[bytes], count: int) -> list[bytes]:
        # On a terminal only.
        with tqdm(
            total=candidates * count, desc="generating", unit="B", disable=None, leave=False
        ) as bar:
            all_drawn = [drawn(prompts, count, number, bar) for number in range(candidates)]
        if candidates == 1:
            return all_drawn[0]
        return best_continuations(name, prompts, all_drawn)

    return extend

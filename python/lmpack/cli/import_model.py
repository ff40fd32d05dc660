"""The command `lmpack import`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from lmpack._files.kinds import require_regular
from lmpack.cli.failures import Failures
from lmpack.cli.given_name import Name
from lmpack.cli.numbers import Integer
from lmpack.cli.options import quiet_option, traceback_option
from lmpack.cli.printing import one_line, say, say_error
from lmpack.cli.required_extra import required_extra
from lmpack.cli.signals import SignalEnd
from lmpack.cli.standard import is_terminal

PACKAGES = ("gguf", "onnx", "safetensors", "sentencepiece", "tokenizers", "torch")
"""Of the extra [import]."""


@click.command("import")
@click.argument("source", type=Name(path_type=Path))
@click.argument("bundle", type=Name(path_type=Path))
@click.option("--name", help="Name of the model; by default what the SOURCE calls itself.")
@click.option(
    "--context",
    type=Integer(1),
    metavar="N",
    help="Positions after which the model starts afresh; by default what it was trained with, at "
    "most 4096.",
)
@click.option(
    "--text",
    "texts",
    type=Name(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="File on which the loss is measured, beside the built-in sample; may be given again.",
)
@click.option("--licence", help="Licence of the weights, if the SOURCE does not say it.")
@click.option("--force", is_flag=True, help="Keep a model that loses more than 1 %.")
@quiet_option
@traceback_option
def import_command(
    source: Path,
    bundle: Path,
    name: str | None,
    context: int | None,
    texts: tuple[Path, ...],
    licence: str | None,
    force: bool,
    quiet: bool,
) -> None:
    """Make a bundle of a pretrained language model.

    SOURCE is a folder as on Hugging Face, with safetensors, a GGUF file, or a .bin file of
    llama2.c: Llama, Mistral, Qwen 2 and 3, Gemma 3, GPT-2, and what shares their shape. BUNDLE is a
    new folder. Files that are packed with it open on every machine that has it.
    """
    failures = Failures()
    with failures.of(str(source)), required_extra("import", "importing", PACKAGES):
        from lmpack.importing.import_model import ImportOptions, import_model

        options = ImportOptions(
            name=name,
            context=context,
            texts={str(text): _content(text) for text in texts},
            licence=licence,
            force=force,
        )
        with _stages(quiet) as report, _says_what_stays(bundle):
            made = import_model(source, bundle, options, report)
        total = made.manifest["import"]["total"]
        say(
            f"{one_line(str(bundle))}: {made.size:,} bytes, "
            f"{total['exact_bits_per_byte']:.3f} bits a byte on {total['bytes']:,} bytes of text; "
            f"in floats {total['float_bits_per_byte']:.3f} "
            f"(loss {total['loss_percent']} %, divergence {total['divergence_percent']} %)"
        )
    failures.exit_if_any()


def _content(text: Path) -> bytes:
    require_regular(text)  # a device may have no end
    return text.read_bytes()


@contextlib.contextmanager
def _stages(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A function that draws a bar on a terminal for each thing that is done."""
    if quiet or not is_terminal(sys.stderr):
        yield lambda stage, done, total: None
        return
    from tqdm import tqdm

    with contextlib.ExitStack() as bars:
        drawn: dict[str, tqdm] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in drawn:
                bars.close()
                drawn[stage] = bars.enter_context(
                    tqdm(total=total, desc=stage, unit="", unit_scale=True, leave=False)
                )
            drawn[stage].update(done - drawn[stage].n)

        yield show


@contextlib.contextmanager
def _says_what_stays(bundle: Path) -> Iterator[None]:
    from lmpack.importing.partial import folder_of

    try:
        yield
    except (KeyboardInterrupt, SignalEnd):
        folder = folder_of(bundle)
        if folder.exists():
            say_error(
                f"lmpack: what is done stays in {one_line(str(folder))}: the same command goes on "
                "from there"
            )
        raise

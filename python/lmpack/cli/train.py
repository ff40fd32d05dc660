"""The command `lmpack train`."""

from __future__ import annotations

import json
from pathlib import Path

import click

import lmpack.training
from lmpack._models.bundle import load_byte_model
from lmpack._models.tokenization import PLAIN
from lmpack.cli.failures import Failures
from lmpack.cli.given_name import Name
from lmpack.cli.numbers import Integer, Number
from lmpack.cli.options import threads_option, traceback_option
from lmpack.cli.printing import say
from lmpack.cli.required_extra import training_extra
from lmpack.training.config import PRODUCTS, read_recipe, with_batch
from lmpack.training.presets import shape_names

RECIPES = Path(lmpack.training.__file__).parent / "recipes"
"""Folder of the built-in recipes, NAME.json."""

_RUN = Name(path_type=Path, file_okay=False, exists=True)
_FOLDER = Name(path_type=Path, file_okay=False)


@click.command()
@click.argument("recipe", type=Name())
@click.option("--data", type=_FOLDER, required=True, help="Folder with the recipe's sources.")
@click.option("--output", type=_FOLDER, required=True, help="Folder of the run; it can be resumed.")
@click.option("--preset", type=click.Choice(shape_names()), help="Shape, in place of the recipe's.")
@click.option(
    "--tokenizer",
    metavar="KIND",
    help=f"What makes symbols: {PLAIN}, ascii, or bpe:N with N symbols, learned from the sources.",
)
@click.option("--symbols", type=Integer(1), help="Length, in place of the recipe's.")
@click.option(
    "--seconds",
    type=Number(1),
    help="Train for so long in all, interruptions left out, in place of a number of symbols.",
)
@click.option(
    "--branch",
    type=_RUN,
    help="Let the rates fall now, from the newest state of this RUN before its own fall.",
)
@click.option(
    "--start-from",
    metavar="NAME|PATH",
    help="Begin with the weights of a bundle, whose shape the recipe has to have. Its tables may "
    "get a multiple of their rows; hidden units that never fire learn again.",
)
@click.option(
    "--batch",
    type=Integer(1),
    help="Sequences in a step, in place of the recipe's; the rates change with its root.",
)
@click.option(
    "--seed",
    type=Integer(0),
    help="Of first weights and order of the data, in place of the recipe's. A run that begins with "
    "a bundle sees other sequences than the bundle did only with another seed.",
)
@click.option(
    "--products",
    type=click.Choice(PRODUCTS),
    help="Operands of matrix products; bfloat16 pays on a GPU, or a CPU with instructions for it.",
)
@click.option("--compile", "compile_model", is_flag=True, help="Compile the model with torch.")
@click.option(
    "--device",
    type=click.Choice(("auto", "cpu", "cuda")),
    default="auto",
    show_default=True,
    help="Where to train: on a GPU if torch finds one, or as told.",
)
@threads_option
@traceback_option
def train(
    recipe: str,
    data: Path,
    output: Path,
    preset: str | None,
    tokenizer: str | None,
    symbols: int | None,
    seconds: float | None,
    branch: Path | None,
    start_from: str | None,
    batch: int | None,
    seed: int | None,
    products: str | None,
    compile_model: bool,
    device: str,
    threads: int | None,
) -> None:
    """Train a model by RECIPE, a JSON file or the name of a built-in recipe.

    A run that was interrupted goes on where its state was last saved, with the same command. One
    that ended goes on, from where its rates began to fall, if it is told to be longer.
    """
    failures = Failures()
    with failures.of(recipe), training_extra():
        changes = {
            "architecture": preset,
            "tokenizer": tokenizer,
            "symbols": symbols,
            "seconds": seconds,
            "seed": seed,
            "products": products,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        config = read_recipe(_recipe_path(recipe), **given)
        if batch is not None:
            config = with_batch(config, batch)
        import torch

        from lmpack.training.train import Trainer

        if threads is not None:
            torch.set_num_threads(threads)
        trainer = Trainer(
            config,
            data,
            output,
            compile_model,
            device,
            branch_of=branch,
            start_from=None if start_from is None else load_byte_model(start_from),
        )
        trainer.run(reported=lambda line: say(json.dumps(line)))
    failures.exit_if_any()


def _recipe_path(recipe: str) -> Path:
    built_in = RECIPES / f"{recipe}.json"
    return built_in if built_in.is_file() else Path(recipe)

"""The command `lmpack export`."""

from __future__ import annotations

from pathlib import Path

import click

from lmpack.cli.failures import Failures
from lmpack.cli.given_name import Name
from lmpack.cli.options import traceback_option
from lmpack.cli.printing import say_error
from lmpack.cli.required_extra import training_extra


@click.command()
@click.argument("run", type=Name(path_type=Path, exists=True, file_okay=False))
@click.argument("output", type=Name(path_type=Path, file_okay=False))
@click.option("--name", help="Name of the model; by default that of the OUTPUT folder.")
@click.option(
    "--data",
    type=Name(path_type=Path, exists=True, file_okay=False),
    help="Folder with the recipe's validation sources, to state bits per byte.",
)
@click.option("--licence", default="not stated", help="Licence of the weights, e.g. Apache-2.0.")
@traceback_option
def export(run: Path, output: Path, name: str | None, data: Path | None, licence: str) -> None:
    """Write the model of a training RUN as a bundle into the folder OUTPUT."""
    failures = Failures()
    with failures.of(str(run)), training_extra():
        from lmpack.training.run_export import export_run

        name = name or output.resolve().name
        for warning in export_run(run, output, name=name, data=data, licence=licence):
            say_error(f"lmpack: {run}: warning: {warning}")
    failures.exit_if_any()

"""Pack what a machine with a GPU needs beside the checkout, in uploads of limited size.

    python -m benchmarks.gpu.pack --extension FILE --onnxruntime FILE --data FOLDER --output FOLDER
        [--recipe NAME] [--resume FOLDER] [--uploads 2] [--upload-mib 64]

Training sources are taken in the order of their weights, as long as the uploads hold them; which
ones are left out is said. OUTPUT, which git must ignore, gets a folder 1, 2, ... for each upload,
and recipe.json: the recipe with the sources that are there. Each upload also carries the checkout.
On the machine benchmarks.gpu.unpack makes files of it again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from benchmarks.gpu.packing import Packing
from benchmarks.gpu.parts import MIB, PartsError, whole
from benchmarks.gpu.results import ROOT, write_json
from benchmarks.gpu.training import kept_state
from benchmarks.gpu.upload_folder import check_uploads, clear_uploads

EXTENSION, ONNXRUNTIME, RECIPE = "extension.so", "onnxruntime.tar.xz", "recipe.json"
SOURCE = "source--"
"""Names of what is packed; a source is named by its path in the data folder."""
SEPARATOR = "--"
"""In place of the slashes of a path."""


def source_name(path: str) -> str:
    """Name of a packed source."""
    return SOURCE + path.replace("/", SEPARATOR)


def source_path(name: str) -> str:
    """Inverse of :func:`source_name`."""
    return name.removeprefix(SOURCE).replace(SEPARATOR, "/")


def checkout_size() -> int:
    """Bytes of the files that git knows or does not ignore: what travels with each upload."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = (ROOT / name for name in names if name)
    return sum(path.stat().st_size for path in paths if path.is_file())


def extension(given: Path, folder: Path) -> Path:
    """The extension module, out of a wheel if it is one.

    Raises:
        ValueError: the wheel has none.
    """
    if given.suffix != ".whl":
        return given
    with zipfile.ZipFile(given) as wheel:
        for name in wheel.namelist():
            if "/_native." in name:
                return Path(wheel.extract(name, folder))
    raise ValueError(f"{given} has no extension module: give a wheel of lmpack")


def read_recipe_json(name: str) -> dict[str, Any]:
    """The fields of a recipe, by the name of a built-in one or a path."""
    from lmpack.cli.train import RECIPES

    built_in = RECIPES / f"{name}.json"
    fields: dict[str, Any] = json.loads(
        (built_in if built_in.is_file() else Path(name)).read_text()
    )
    return fields


def add_sources(packing: Packing, recipe: dict[str, Any], data: Path) -> list[str]:
    """Add all validation sources, and training sources by weight; the paths left out.

    Raises:
        ValueError: a validation source does not fit, or no training source does.
    """
    for source in recipe.get("valid", ()):
        packing.need(source_name(source["path"]), data / source["path"])
    by_weight = sorted(recipe["train"], key=lambda source: -source.get("weight", 1.0))
    paths = [source["path"] for source in by_weight]
    left_out = [path for path in paths if not packing.add(source_name(path), data / path)]
    if len(left_out) == len(paths):
        raise ValueError("no training source fits into the uploads: allow more")
    return left_out


def pack(options: argparse.Namespace, packing: Packing, folder: Path) -> list[str]:
    """Make parts of all that is needed; the paths of the sources that are left out.

    Args:
        options: of the command.
        packing: gets the parts.
        folder: for temporary files, and the recipe with the sources that are there.

    Raises:
        OSError: a file is not there.
        ValueError: something that has to be there does not fit, the output has something else in
            it, or the wheel no extension module.
        PartsError: there is no state to go on from, or not all of it.
    """
    check_uploads(options.output, also=(RECIPE,))
    recipe = read_recipe_json(options.recipe)
    # With all sources first, so that there is room for it whichever will be left.
    write_json(folder / RECIPE, recipe)
    packing.need(RECIPE, folder / RECIPE)
    packing.need(EXTENSION, extension(options.extension, folder))
    packing.need(ONNXRUNTIME, options.onnxruntime)
    resume = options.resume
    state = [] if resume is None else whole(resume, kept_state(resume))
    packing.need_parts(state, "the state of the run")
    left_out = add_sources(packing, recipe, options.data)
    if left_out and state:
        raise ValueError(
            f"a run goes on with all its sources, but {', '.join(left_out)} do not fit: "
            f"allow more uploads, or give the {RECIPE} that the run began with"
        )
    recipe["train"] = [source for source in recipe["train"] if source["path"] not in left_out]
    write_json(folder / RECIPE, recipe)
    packing.replace(folder / RECIPE)
    return left_out


def write_uploads(groups: list[list[Path]], recipe: Path, output: Path) -> None:
    """Write the folders 1, 2, ... and the recipe."""
    for number, group in enumerate(groups, 1):
        target = output / str(number)
        target.mkdir(parents=True)
        size = sum(shutil.copyfile(path, target / path.name).stat().st_size for path in group)
        print(f"{target}: {size / MIB:.1f} MiB")
    shutil.copyfile(recipe, output / RECIPE)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    wheel = "extension module for that machine's Python, or a wheel that has it"
    add("--extension", type=Path, required=True, help=wheel)
    add("--onnxruntime", type=Path, required=True, help="archive of benchmarks.gpu.slim")
    add("--data", type=Path, required=True, help="folder with the sources of the recipe")
    add("--output", type=Path, required=True, help="folder for the uploads, replaced")
    add("--recipe", default="general", help="name or path of the recipe (default: general)")
    add("--resume", type=Path, help="folder with the parts of a run's state")
    add("--uploads", type=int, default=2, help="how many there may be (default: 2)")
    add("--upload-mib", type=int, default=64, help="size of an upload (default: 64)")
    options = parser.parse_args(arguments)
    checkout = checkout_size()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        room = options.upload_mib * MIB - checkout
        packing = Packing(folder / "parts", room, options.uploads)
        try:
            left_out = pack(options, packing, folder)
        except (OSError, ValueError, PartsError) as error:
            sys.exit(f"error: {error}")
        clear_uploads(options.output)
        write_uploads(packing.groups, folder / RECIPE, options.output)
    for path in left_out:
        print(f"left out: {path}, {(options.data / path).stat().st_size / MIB:.1f} MiB")
    print(f"checkout: {checkout / MIB:.1f} MiB in each upload")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Pack what a machine with a GPU needs beside the checkout, in uploads of limited size.

    python -m benchmarks.gpu.pack --extension FILE --onnxruntime FILE --data FOLDER --output FOLDER
        [--recipe NAME] [--resume FOLDER] [--upload-mib 64]

FILE is the extension module for that machine's Python, or a wheel that has it, and the archive of
benchmarks.gpu.slim. The sources of the recipe come from the data folder. In OUTPUT, which git must
ignore, there is then a folder 1, 2, ... for each upload, and each upload also carries the checkout
without benchmarks/models. On the machine benchmarks.gpu.unpack makes files of it again.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gpu.parts import MIB, PartsError, split, whole
from benchmarks.gpu.results import ROOT
from benchmarks.gpu.training import kept_state
from benchmarks.gpu.upload_folder import check_uploads, clear_uploads

PART = 8 * MIB
ASIDE = "benchmarks/models/"
"""Folder that is to be moved aside while the checkout is uploaded."""
EXTENSION, ONNXRUNTIME, SOURCE = "extension.so", "onnxruntime.tar.xz", "source--"
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
    """Bytes of the files that git knows or does not ignore, without those that move aside."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = (ROOT / name for name in names if name and not name.startswith(ASIDE))
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


def uploads(files: list[Path], room: int) -> list[list[Path]]:
    """The files in their order, cut into uploads of at most `room` bytes.

    Raises:
        ValueError: a file is larger than that.
    """
    groups: list[list[Path]] = [[]]
    left = room
    for path in files:
        size = path.stat().st_size
        if size > room:
            raise ValueError(f"{path.name} does not fit beside the checkout: {size} > {room} bytes")
        if size > left:
            groups.append([])
            left = room
        groups[-1].append(path)
        left -= size
    return groups


def wanted(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of what is packed, what is needed first at the front."""
    yield EXTENSION, extension(options.extension, folder)
    yield ONNXRUNTIME, options.onnxruntime
    from lmpack.cli.train import RECIPES
    from lmpack.training.config import read_recipe

    built_in = RECIPES / f"{options.recipe}.json"
    config = read_recipe(built_in if built_in.is_file() else Path(options.recipe))
    for source in (*config.valid, *config.train):
        yield source_name(source.path), options.data / source.path


def pack(options: argparse.Namespace, folder: Path) -> list[Path]:
    """All parts, most of them in a folder; the output is only looked at.

    Raises:
        OSError: a file is not there.
        ValueError: the output has something else in it, or the wheel no extension module.
        PartsError: there is no state to go on from, or not all of it.
    """
    check_uploads(options.output)
    resume = options.resume
    state = [] if resume is None else whole(resume, kept_state(resume))
    parts: list[Path] = []
    for name, path in wanted(options, folder):
        named = Path(shutil.copyfile(path, folder / name))
        parts += split(named, folder / "parts", PART)
    return parts + state


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("extension", "onnxruntime", "data", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--recipe", default="general")
    parser.add_argument("--resume", type=Path, help="folder with the parts of a run's state")
    parser.add_argument("--upload-mib", type=int, default=64)
    options = parser.parse_args(arguments)
    room = options.upload_mib * MIB - checkout_size()
    with tempfile.TemporaryDirectory() as temporary:
        try:
            groups = uploads(pack(options, Path(temporary)), room)
        except (OSError, ValueError, PartsError) as error:
            sys.exit(f"error: {error}")
        clear_uploads(options.output)
        for number, group in enumerate(groups, 1):
            target = options.output / str(number)
            target.mkdir(parents=True)
            size = sum(shutil.copyfile(path, target / path.name).stat().st_size for path in group)
            print(f"{target}: {size / MIB:.1f} MiB")
    print(f"checkout without {ASIDE}: {options.upload_mib - room / MIB:.1f} MiB in each upload")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""On the machine with the GPU: make files of what benchmarks.gpu.pack made.

    python -m benchmarks.gpu.unpack FOLDER

FOLDER has the folders of all uploads. Afterwards FOLDER/site is to be first on PYTHONPATH, the
sources are in FOLDER/data, and FOLDER/recipe.json is the recipe that they fit.
"""

from __future__ import annotations

import sys
import sysconfig
import tarfile
from pathlib import Path

from benchmarks.gpu.pack import EXTENSION, ONNXRUNTIME, RECIPE, SOURCE, source_path
from benchmarks.gpu.parts import PartsError, join, names

PACKAGE = Path(__file__).resolve().parents[2] / "python" / "lmpack"


def unpack(folder: Path, package: Path) -> None:
    """Join all parts and put each file in its place.

    Raises:
        PartsError: a part is missing or has changed.
    """
    for name in names(folder):
        if name == EXTENSION:
            join(folder, name, package / f"_native{sysconfig.get_config_var('EXT_SUFFIX')}")
        elif name == ONNXRUNTIME:
            join(folder, name, folder / name)
            with tarfile.open(folder / name) as archive:
                archive.extractall(folder / "site", filter="data")
        elif name == RECIPE:
            join(folder, name, folder / name)
        elif name.startswith(SOURCE):
            join(folder, name, folder / "data" / source_path(name))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.exit(str(__doc__))
    try:
        unpack(Path(arguments[0]), PACKAGE)
    except PartsError as error:
        sys.exit(f"error: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

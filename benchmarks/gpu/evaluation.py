"""Export the model of a run, with its bits per byte, and bring out the weights.

python -m benchmarks.gpu.evaluation --run FOLDER --data FOLDER --output FOLDER [--result FILE]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from benchmarks.gpu.results import stage_parser, write_json

WEIGHTS = "model.tar"
EXPORT = (sys.executable, "-m", "lmpack", "export")


def main(arguments: list[str]) -> int:
    parser = stage_parser(__doc__, "gpu_evaluation")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--data", type=Path, required=True, help="folder of the sources")
    parser.add_argument("--output", type=Path, required=True, help="folder of the bundle")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        bundle = Path(temporary) / "model"
        command = [*EXPORT, options.run, bundle, "--data", options.data]
        subprocess.run(list(map(str, command)), check=True)
        with tarfile.open(options.output / WEIGHTS, "w") as archive:
            archive.add(bundle, arcname=bundle.name)
        manifest = json.loads((bundle / "manifest.json").read_text())
    manifest.pop("conformance")
    write_json(options.result, manifest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

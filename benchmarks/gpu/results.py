"""What all stages share: where the checkout is, and how results are written."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from lmpack.evaluation.environment import environment as lmpack_environment

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"


def environment() -> dict[str, Any]:
    """Versions, CPU and commit."""
    packages = ("lmpack", "numpy", "torch", "onnxruntime", "onnxruntime-gpu")
    return lmpack_environment(packages, ROOT)


def write_json(path: Path, result: Any) -> None:
    """Write a result so that whoever reads meanwhile sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(result, indent=1) + "\n")
    os.replace(temporary, path)


def stage_parser(doc: str | None, name: str) -> argparse.ArgumentParser:
    """The arguments that every stage has."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = RESULTS / f"{name}.json"
    parser.add_argument("--result", type=Path, default=default, help="JSON file that is written")
    return parser

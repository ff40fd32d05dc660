"""Write the graphs again: that of the package, and those of bundles whose tensors stay.

    python -m lmpack.training.write_graphs [FOLDER...]

FOLDERs are bundles; without any, the built-in ones. To be run after a change of the modules that
make the graphs. The fingerprint of a model does not depend on its graphs.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx

from lmpack._executors.intervals import INTERVALS
from lmpack._models.architecture import Architecture
from lmpack._models.bundle import BUILT_IN, GRAPHS, MANIFEST, TENSORS
from lmpack.training.graph import build_graph
from lmpack.training.graph_builder import TensorFile
from lmpack.training.intervals_graph import intervals_graph


def serialized(graph: onnx.ModelProto) -> bytes:
    """The bytes of a graph that was checked; the same ones each time."""
    onnx.checker.check_model(graph)
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


def graphs_of(folder: Path) -> dict[str, bytes]:
    """The content of each graph of the bundle in a folder, made from its manifest and tensors."""
    architecture = Architecture.from_json(_manifest(folder)["architecture"])
    tensors = TensorFile(folder / TENSORS)
    return {
        name: build_graph(architecture, tensors, name.removesuffix(".onnx")).SerializeToString(
            deterministic=True
        )
        for name in GRAPHS
    }


def rewrite(folder: Path) -> None:
    """Put the graphs of a bundle and their digests in the place of those that are there."""
    manifest = _manifest(folder)
    graphs = graphs_of(folder)
    for name, content in graphs.items():
        (folder / name).write_bytes(content)
        onnx.checker.check_model(str(folder / name))
    manifest["graphs"] = digests(graphs)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")


def digests(graphs: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 (hex) of each graph, as a manifest states it."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in graphs.items()}


def main(arguments: list[str]) -> int:
    """Write them."""
    INTERVALS.write_bytes(serialized(intervals_graph()))
    built_in = sorted(path.parent for path in BUILT_IN.glob(f"*/{MANIFEST}"))
    for folder in [Path(argument) for argument in arguments] or built_in:
        rewrite(folder)
        print(f"{folder}: {', '.join(GRAPHS)}")
    return 0


def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    return manifest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

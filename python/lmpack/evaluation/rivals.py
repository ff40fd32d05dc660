"""lmpack's levels beside other compressors on one file: what `lmpack bench FILE` measures."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lmpack.errors import EvaluationError

LEVEL_NAME = "lmpack "
"""What the names of lmpack's levels begin with, before -1 to -9."""


class Program(NamedTuple):
    """A program that others have written, which reads standard input and writes standard output.

    Attributes:
        title: its name and level, as in tables.
        package: the module that measures the same in Python, if it is installed; None if there is
            none.
        compress: its arguments.
        decompress: its arguments for the way back.
    """

    title: str
    package: str | None
    compress: tuple[str, ...]
    decompress: tuple[str, ...]


PROGRAMS: Mapping[str, Program] = {
    "zstd": Program("zstd -19", "zstandard", ("-19", "-q", "-c"), ("-d", "-q", "-c")),
    "brotli": Program("brotli -q 11", "brotli", ("-q", "11", "-c"), ("-d", "-c")),
    "bzip3": Program("bzip3", None, ("-e", "-c"), ("-d", "-c")),
}
"""By the name of the file that is run."""


class Measured(NamedTuple):
    """What a compressor made of a file, which came back.

    Attributes:
        name: of the compressor, with its level.
        plain_bytes: of the file.
        compressed_bytes: of its compressed form.
        encode_kb_per_s: 1000 bytes of content a second of wall time.
        decode_kb_per_s: the same for the way back.
        peak_bytes: memory of the process that did both, Python's own included; None if the system
            does not say.
    """

    name: str
    plain_bytes: int
    compressed_bytes: int
    encode_kb_per_s: float
    decode_kb_per_s: float
    peak_bytes: int | None


def contestants(levels: Iterable[int]) -> list[str]:
    """The names for :func:`measure`: levels, and what there is of others on this machine."""
    names = [f"level:{level}" for level in levels]
    names += ["gzip", "lzma2"]  # their modules come with Python
    for package in ("zstandard", "brotli"):
        if importlib.util.find_spec(package) is not None:
            names.append("zstd" if package == "zstandard" else package)
    for name, program in PROGRAMS.items():
        is_measured = program.package is not None and importlib.util.find_spec(program.package)
        if not is_measured and shutil.which(name) is not None:
            names.append(f"program:{name}")
    return names


def measure(name: str, path: Path, threads: int | None) -> Measured:
    """Compress and decompress a file in a process of its own, whose memory can be told.

    Args:
        name: one of :func:`contestants`.
        path: of the file.
        threads: of lmpack's levels, None for all cores; the others have one.

    Raises:
        EvaluationError: it failed, or did not give the bytes back.
    """
    command = [sys.executable, "-m", "lmpack.evaluation.rival_process"]
    command += [name, str(path), str(threads or 0)]
    # Names of modules in the folder where somebody works are no modules of Python.
    environ = {**os.environ, "PYTHONSAFEPATH": "1"}
    result = subprocess.run(command, capture_output=True, text=True, env=environ)
    if result.returncode:
        lines = result.stderr.strip().splitlines() or [f"it ended with {result.returncode}"]
        raise EvaluationError(f"{name} could not be measured: {lines[-1]}")
    return Measured(**json.loads(result.stdout))


def picture_kinds() -> frozenset[str]:
    """What :func:`picture` can draw: ends of names such as png.

    Raises:
        EvaluationError: matplotlib is not installed.
    """
    from lmpack._extras import import_extra

    import_extra("matplotlib", "matplotlib")
    bases = import_extra("matplotlib.backend_bases", "matplotlib")
    return frozenset(bases.FigureCanvasBase.get_supported_filetypes())


def picture(rows: Sequence[Measured], kind: str) -> bytes:
    """A picture of size against speed of decompression, of one of :func:`picture_kinds`.

    Raises:
        EvaluationError: matplotlib is not installed.
    """
    from lmpack._extras import import_extra

    import_extra("matplotlib", "matplotlib").use("agg")
    pyplot = import_extra("matplotlib.pyplot", "matplotlib")
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    points = [(row.decode_kb_per_s, 100 * row.compressed_bytes / row.plain_bytes) for row in rows]
    levels = [row.name.startswith(LEVEL_NAME) for row in rows]
    line = [point for point, is_level in zip(points, levels, strict=True) if is_level]
    if line:
        axes.plot(*zip(*line, strict=True), "o-", label=LEVEL_NAME)
        axes.legend()
    for number, (row, point, is_level) in enumerate(zip(rows, points, levels, strict=True)):
        if not is_level:
            axes.plot(*point, "o", color="tab:gray")
        # Neighbours often are at nearly the same place.
        shift = (-6, (8, -14)[number % 2]) if is_level else (6, 4)
        name = row.name.removeprefix(LEVEL_NAME)
        axes.annotate(name, point, xytext=shift, textcoords="offset points", fontsize=8)
    axes.margins(x=0.12, y=0.1)
    axes.set_xscale("log")
    axes.set_xlabel("KB/s decompressing")
    axes.set_ylabel("size in per cent of the content")
    axes.grid(alpha=0.3)
    content = io.BytesIO()
    try:
        figure.savefig(content, format=kind, dpi=150)
    finally:
        pyplot.close(figure)
    return content.getvalue()

"""What tells one version of a compressor from another one."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
from pathlib import Path

import lmpack
from benchmarks.measure.programs import Program

ASKS_FOR_VERSION = {"gzip", "xz", "zstd", "brotli", "bzip3", "lrzip"}
"""Programs that know --version. The others say theirs in the first line of their help."""


@functools.cache
def version_of(program: Program) -> str:
    """The version of a program, such as "1.12"; of lmpack itself :func:`installation`.

    Of a program that does not say its version it is the start of a digest over it.

    Raises:
        OSError: the program cannot be run.
    """
    if program.program == "lmpack":
        return installation()
    if program.program == sys.executable:
        return f"pyppmd {importlib.metadata.version('pyppmd')}"
    command = [program.program]
    command += ["--version"] if Path(program.program).name in ASKS_FOR_VERSION else []
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    found = re.search(r"\bv(\d[\w.]*)|\b(\d+\.\d[\w.]*)", said.stdout + said.stderr)
    if found is None:
        return _digest(Path(shutil.which(program.program) or program.program).read_bytes())
    return found[1] or found[2]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def installation() -> str:
    """The start of a digest over all files of the package, its models and compiled module too."""
    folder = Path(lmpack.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".py", ".so", ".json", ".onnx", ".safetensors"}:
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

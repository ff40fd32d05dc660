"""What is there: cards, driver, libraries, packages.

python -m benchmarks.gpu.look [--result FILE]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.gpu.results import environment, stage_parser, write_json
from lmpack._native import kernel_names


def asked(question: Callable[[], Any]) -> Any:
    """The answer, or why there is none: one missing thing must not hide the others."""
    try:
        return question()
    except Exception as error:
        return f"not known: {error!r}"


def cards() -> list[str]:
    """Name, memory and driver of each card."""
    fields = "name,memory.total,driver_version,clocks.max.sm"
    command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
    return output.splitlines()


def of_onnxruntime() -> dict[str, Any]:
    """Version and providers, and the libraries that were loaded for CUDA."""
    import onnxruntime

    from lmpack._executors.cuda_libraries import load_cuda_libraries
    from lmpack._executors.hardware import loaded_cuda_libraries

    return {
        "version": onnxruntime.__version__,
        "folder": str(Path(onnxruntime.__file__).parent),
        "providers": onnxruntime.get_available_providers(),
        "missing libraries": load_cuda_libraries(),
        "libraries": loaded_cuda_libraries().split(),
    }


def of_torch() -> dict[str, Any]:
    """Versions, and what torch sees of the card."""
    import torch

    seen: dict[str, Any] = {"version": str(torch.__version__), "cuda": torch.version.cuda}
    if torch.cuda.is_available():
        seen["card"] = torch.cuda.get_device_name()
        seen["capability"] = torch.cuda.get_device_capability()
    return seen


def main(arguments: list[str]) -> int:
    """Ask, and write the answers."""
    options = stage_parser(__doc__, "look").parse_args(arguments)
    result = {
        "environment": environment(),
        "cores": os.cpu_count(),
        "disk": asked(lambda: shutil.disk_usage(".")._asdict()),
        "kernels": asked(kernel_names),
        "cards": asked(cards),
        "nvcc": shutil.which("nvcc"),
        "torch": asked(of_torch),
        "onnxruntime": asked(of_onnxruntime),
    }
    write_json(options.result, result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

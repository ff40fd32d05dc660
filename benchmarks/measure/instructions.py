"""Instructions of a fixed piece of work, counted by valgrind: a slow-down shows on any machine.

    cmake --preset release && cmake --build --preset release
    scripts/bench instructions [--check]

Counted is what 16 lanes of a model of the shape small cost per symbol to encode and decode: the
difference between two runs of different lengths, without the start of the program. Valgrind knows
no AVX-512. The counts that were recorded before are kept with the new ones. With --check nothing is
written: it fails if a count is more than 3 % above the recorded one, made with the same compiler;
another compiler counts otherwise.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

from benchmarks.places import RESULTS, ROOT
from benchmarks.record import environment, write_result

PROGRAM = ROOT / "build" / "release" / "cpp" / "tests" / "lmpack_fixed_work"
NAME = "instructions"
KERNELS = ("avx2", "portable")
LANES = 16
STEPS = (8, 24)
TOLERANCE = 1.03


def count_instructions(kernels: str, steps: int) -> int:
    """Instructions of one run of the program."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [str(PROGRAM), kernels, str(steps)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    found = re.search(r"Collected : (\d+)", output)
    if found is None:
        sys.exit(f"valgrind did not say how many instructions there were:\n{output}")
    return int(found[1])


def compiler() -> str:
    """The compiler that built the program, as its build folder says."""
    cache = (PROGRAM.parents[2] / "CMakeCache.txt").read_text()
    path = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.+)$", cache, re.MULTILINE)
    command = [path[1] if path else "c++", "--version"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")[0]


def main(arguments: list[str]) -> int:
    if not PROGRAM.exists():
        sys.exit(f"{PROGRAM} is not built: see the top of this file")
    counts = {}
    for kernels in KERNELS:
        short, long = (count_instructions(kernels, steps) for steps in STEPS)
        counts[kernels] = round((long - short) / (STEPS[1] - STEPS[0]) / LANES)
    print(counts)
    recorded = json.loads((RESULTS / f"{NAME}.json").read_text())
    if "--check" not in arguments:
        result = {"environment": environment(), "compiler": compiler(), "per_symbol": counts}
        before = {
            "commit": recorded["environment"]["commit"],
            "compiler": recorded["compiler"],
            "per_symbol": recorded["per_symbol"],
        }
        write_result(NAME, {**result, "earlier": [*recorded.get("earlier", []), before]})
        return 0
    if recorded["compiler"] != compiler():
        print(f"not compared: recorded with {recorded['compiler']}, this is {compiler()}")
        return 0
    for kernels, before in recorded["per_symbol"].items():
        if counts[kernels] > TOLERANCE * before:
            print(f"{kernels}: {counts[kernels]} instructions a symbol, recorded are {before}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

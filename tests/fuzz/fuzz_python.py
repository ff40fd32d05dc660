"""Runs a target with atheris, which is guided by coverage (extra `fuzz`).

PYTHONPATH=tests/support python tests/fuzz/fuzz_python.py TARGET [OPTION OF LIBFUZZER | FOLDER]...
"""

from __future__ import annotations

import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("fuzzing Python needs atheris: pip install -e '.[fuzz]'")

# Instrumented while they are imported, so everything of lmpack is imported in here.
with atheris.instrument_imports(include=["lmpack"]):
    from targets import TARGETS


def main(arguments: list[str]) -> int:
    """Does not return: libFuzzer ends the process."""
    program, name, *options = arguments
    if name not in TARGETS:
        print(f"{Path(program).name}: there is no target {name}", file=sys.stderr)
        return 2
    atheris.Setup([program, *options], TARGETS[name].run)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

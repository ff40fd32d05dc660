"""The program `lmpack`, also as `python -m lmpack`."""

import atexit
import gc
import sys
from typing import NoReturn


def run() -> NoReturn:
    """Run the command line and end the program."""
    # What is loaded at the start stays to the end, so looking for garbage in it again and again
    # finds none. At the end all goes with the process.
    gc.set_threshold(20_000, 10, 10)
    atexit.register(gc.freeze)
    from lmpack.cli.main import main

    sys.exit(main())


if __name__ == "__main__":
    run()

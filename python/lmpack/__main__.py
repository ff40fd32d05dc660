"""The program `lmpack`, also as `python -m lmpack`."""

import atexit
import gc
import signal
import sys
import warnings
from collections.abc import Callable
from typing import Any, NoReturn


def run() -> NoReturn:
    """Run the command line and end the program."""
    # What is loaded at the start stays to the end, so looking for garbage in it again and again
    # finds none. At the end all goes with the process.
    gc.set_threshold(20_000, 10, 10)
    atexit.register(gc.freeze)
    main = _load_program()
    warnings.showwarning = _show_warning
    sys.exit(main())


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """As other messages of the program, in place of a path and a line of Python."""
    from lmpack.cli.printing import say_error

    say_error(f"lmpack: warning: {message}")


def _load_program() -> Callable[[], Any]:
    """What runs the command line. Ctrl-C ends the program at once meanwhile, as nothing is begun.

    An error would be printed with a trace of what was being loaded.
    """
    is_raised = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_raised:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from lmpack.cli.main import main

    if is_raised:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return main


if __name__ == "__main__":
    run()

"""What `lmpack --version` prints."""

from __future__ import annotations

from lmpack.cli.printing import say


def say_version() -> None:
    """Print the version of lmpack, and what codes here."""
    import platform

    import lmpack
    from lmpack._container import VERSION
    from lmpack._executors.native import chosen_kernel
    from lmpack._native import mixing_kernels

    say(
        f"lmpack {lmpack.__version__}",
        f"kernels: {chosen_kernel(None)} for models, {mixing_kernels()[0]} for mixing",
        f"file format: {VERSION}; Python {platform.python_version()}",
    )

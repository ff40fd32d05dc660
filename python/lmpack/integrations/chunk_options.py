"""How chunks of arrays are coded: what stands in the metadata of an array."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lmpack._blocks.options import Options
from lmpack.errors import UsageError

_STORED = ("level", "mixing", "model")


def chunk_options(configuration: Mapping[str, Any]) -> Options:
    """Options for chunks, of which the caller codes several side by side: each has one thread.

    Args:
        configuration: fields `level`, `mixing` and `model` of :class:`lmpack.Options`, as Python or
            JSON has them; those that are left out have their defaults.

    Raises:
        UsageError: an option is out of range or unknown.
    """
    unknown = configuration.keys() - set(_STORED)
    if unknown:
        raise UsageError(
            f"the codec lmpack has no option {', '.join(sorted(map(str, unknown)))}: "
            f"there are {', '.join(_STORED)}"
        )
    model = configuration.get("model")
    fields = {**configuration, "model": tuple(model) if isinstance(model, list) else model}
    return Options(**fields, threads=1)


def stored_configuration(options: Options) -> dict[str, Any]:
    """What :func:`chunk_options` makes the same options of, as JSON has it."""
    stored: dict[str, Any] = {"level": options.level, "mixing": options.mixing}
    names = [os.fspath(model) for model in options.models]
    if names:
        stored["model"] = names if isinstance(options.model, tuple) else names[0]
    return stored

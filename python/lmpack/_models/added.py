"""The folder of models that users add: where it is, what is in it, and how one is looked up.

A model is a folder in it that holds a bundle, or a link to one; its name there is the name of the
model. Anything else may lie there, too. Looking up reads manifests alone, and what has none that
can be read is stepped over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lmpack._models.manifest import MANIFEST, read_entries
from lmpack.errors import BundleError, ModelError, UsageError

VARIABLE = "LMPACK_MODELS"
"""Of the environment: names the folder."""

HIDDEN = "."
"""Names that begin so are of no models: what is being added has such a name."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")


class Candidate(NamedTuple):
    """A model of the folder, of which only the manifest was read.

    Attributes:
        name: its name in the folder.
        path: its folder.
        entries: of its manifest.
    """

    name: str
    path: Path
    entries: Mapping[str, Any]


def models_folder() -> Path:
    """The folder, which need not be there.

    LMPACK_MODELS names it; otherwise it is lmpack/models in the folder for data of the user:
    LOCALAPPDATA on Windows, XDG_DATA_HOME or ~/.local/share elsewhere.
    """
    if given := os.environ.get(VARIABLE):
        return Path(os.path.expanduser(given))
    data = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_DATA_HOME", "")
    if not os.path.isabs(data):  # as the XDG specification wants it
        data = os.path.expanduser(os.path.join("~", ".local", "share"))
    return Path(data, "lmpack", "models")


def added_names() -> list[str]:
    """The names of everything in the folder that may be a model, in order; none without a folder.

    Raises:
        ModelError: the folder cannot be read.
    """
    folder = models_folder()
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith(HIDDEN))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ModelError(
            f"the folder of models {folder} cannot be read: {error.strerror}: repair it, or name "
            f"another one by {VARIABLE}"
        ) from error


def path_of_added(name: str) -> Path | None:
    """The folder of the model of a name; None if there is none."""
    is_plain = os.path.basename(name) == name and not name.startswith(HIDDEN)
    path = models_folder() / name
    # Never raises, whatever the name is.
    return path if name and is_plain and os.path.isfile(path / MANIFEST) else None


def candidates(fingerprint: bytes) -> Iterator[Candidate]:
    """The models whose manifests claim a fingerprint that starts with these bytes, in order.

    Raises:
        ModelError: the folder cannot be read.
    """
    for name in added_names():
        path = models_folder() / name
        try:
            entries = read_entries(path)
        except BundleError:
            continue
        if str(entries.get("fingerprint")).startswith(fingerprint.hex()):
            yield Candidate(name, path, entries)


def require_name(name: str) -> None:
    """Refuse a name that a model in the folder must not have.

    Raises:
        UsageError: it is one.
    """
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"{name!r} cannot be the name of a model in the folder: choose one of at most 100 "
            "letters, digits and _ . + -, without . + - as the first"
        )


def source_of(entries: Mapping[str, Any]) -> str | None:
    """What a manifest says that the model was imported from; None if it says nothing."""
    source = entries.get("source")
    name = source.get("name") if isinstance(source, dict) else None
    return name if isinstance(name, str) else None

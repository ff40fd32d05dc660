"""Adding bundles to the folder of models, and removing them: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lmpack._files.disk import system
from lmpack._files.disk.folder import Folder
from lmpack._files.disk.temporary import is_temporary, temporary_name
from lmpack._models.added import added_names, models_folder, require_name
from lmpack._models.bundle import (
    GRAPHS,
    TENSORS,
    TOKENIZER,
    AnyBundle,
    built_in_names,
    load_bundle,
)
from lmpack._models.files import map_file
from lmpack._models.listing import (
    BUNDLE_FILES,
    AddedModel,
    describe_added,
    verified_tokenizer,
)
from lmpack._models.manifest import MANIFEST
from lmpack.errors import BundleError, ModelError, UsageError

PIECE = 1 << 24
"""Bytes that are copied at once."""


def add_model(bundle: str | os.PathLike[str], *, name: str | None = None) -> AddedModel:
    """Copy a bundle into the folder of models, where it is found by its name and fingerprint.

    It is verified first, and appears in the folder when all of it is there.

    Args:
        bundle: its folder.
        name: that it gets in the folder; None for that of its own folder.

    Raises:
        UsageError: the name cannot be one, or is taken.
        ModelError: there is no bundle, or it is incomplete, damaged or of a newer kind.
        OSError: it cannot be copied.
    """
    source = load_bundle(Path(bundle))
    chosen = Path(os.path.abspath(bundle)).name if name is None else name
    require_name(chosen)
    if chosen in built_in_names():
        raise UsageError(f"{chosen} is the name of a built-in model: give this one another name")
    models = models_folder()
    models.mkdir(parents=True, exist_ok=True)
    with Folder(models) as folder:
        _require_free(folder, chosen)
        _remove_leftovers(folder)
        with _temporary_folder(folder) as temporary:
            _copy(source, temporary)
            if load_bundle(source.path).content_digest != source.content_digest:
                raise BundleError(f"{source.path} was changed while it was copied: try again")
            _require_free(folder, chosen)
            folder.rename(temporary.path.name, chosen)
            folder.sync()
    return describe_added(chosen)


def remove_model(name: str) -> None:
    """Delete a model from the folder of models; of a link to a bundle, the link alone.

    Args:
        name: as in the folder.

    Raises:
        ModelError: there is none of that name.
        UsageError: it is no folder, or holds what is no part of a bundle: nothing was deleted.
        OSError: it cannot be deleted.
    """
    models = models_folder()
    if name not in added_names():
        raise ModelError(f"there is no model {name!r} in {models}: lmpack models lists them")
    with Folder(models) as folder:
        mode = folder.status(name).st_mode
        if stat.S_ISLNK(mode):
            folder.delete(name)
        elif stat.S_ISDIR(mode):
            _require_bundle(models / name)
            hidden = temporary_name()
            folder.rename(name, hidden)  # so that it is gone at once, also if this is interrupted
            _delete(models / hidden)
        else:
            raise UsageError(f"{models / name} is no folder of a model: delete it yourself")
        folder.sync()


def _require_free(folder: Folder, name: str) -> None:
    if folder.find(name) is not None:
        raise UsageError(
            f"there is a model {name!r} in {folder.path}: remove it first, or give this one "
            "another name"
        )


def _copy(source: AnyBundle, target: Folder) -> None:
    """Copy the files of a verified bundle, and have them on the disk.

    No other file is: what is named like one of a bundle may be a link to a secret of the user.

    Raises:
        BundleError: the file of the tokenizer is not what the manifest says.
    """
    graphs = source.manifest["graphs"]
    for name in (MANIFEST, TENSORS, *(name for name in GRAPHS if name in graphs)):
        path = source.path / name
        with map_file(path, path.stat().st_size) as content:
            _write(memoryview(content), target, name)
    tokenizer = verified_tokenizer(source.path, source.manifest)
    if tokenizer is not None:
        _write(tokenizer, target, TOKENIZER)
    target.sync()


def _write(content: bytes | memoryview, target: Folder, name: str) -> None:
    with open(target.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
        for first in range(0, len(content), PIECE):
            file.write(content[first : first + PIECE])
        file.flush()
        system.sync(file.fileno())


@contextlib.contextmanager
def _temporary_folder(folder: Folder) -> Iterator[Folder]:
    """A new folder in a folder, locked so that nobody takes it for a leftover.

    It is deleted at the end, unless it has got another name.
    """
    name = temporary_name()
    path = folder.path / name
    try:
        folder.make(name, 0o777)
        with Folder(path) as made:
            if made.descriptor is not None:
                system.lock(made.descriptor)
            yield made
    finally:
        if path.exists():
            _delete(path)


def _remove_leftovers(folder: Folder) -> None:
    """Delete what killed processes have left of models that they were adding or removing."""
    for name in filter(is_temporary, folder.names()):
        path = folder.path / name
        # Others may be deleting it at this moment.
        with contextlib.suppress(OSError, UsageError), Folder(path, top=folder.path) as left:
            if left.descriptor is not None and system.lock(left.descriptor):
                _require_bundle(path)
                _delete(path)


def _require_bundle(path: Path) -> None:
    """Refuse to delete a folder that holds more than a bundle."""
    with os.scandir(path) as entries:
        others = [
            entry.name
            for entry in entries
            if entry.name not in BUNDLE_FILES or entry.is_dir(follow_symlinks=False)
        ]
    if others:
        raise UsageError(
            f"{path} holds {others[0]!r}, which is no part of a bundle: nothing was deleted"
        )


def _delete(path: Path) -> None:
    """Delete a folder that holds nothing but files of a bundle."""
    for name in BUNDLE_FILES:
        (path / name).unlink(missing_ok=True)
    path.rmdir()
